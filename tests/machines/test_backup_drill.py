"""The drill: books are loaded, backed up while a worker syncs, destroyed, restored, and go on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from klientbro.database import EmbeddedServer
from klientbro.database.backup_file import read_backup
from klientbro.database.backup_tools import Server, find_dump_tools
from klientbro.database.paths import ServerPaths
from klientbro.database.postmaster import stop
from klientbro.database.testing import furnish
from simulators.poweroffice_go.testing import Simulator

KEYS = "klientbro-keys.json"
PROJECT = Path(__file__).resolve().parents[2]
DENTISTS, ILLUSTRATOR = 21, 4  # a company, and a person whose identifier is a personal number


class Installation:
    """A home of its own, and the commands of `klientbro` on it."""

    def __init__(self, folder: Path, simulator: Simulator) -> None:
        self.folder = folder
        self.home = folder / "home"
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KLIENTBRO_", "DJANGO_"))}
        prefix = "KLIENTBRO_POWEROFFICE_"
        self.environment = kept | {
            "KLIENTBRO_HOME": str(self.home),
            "KLIENTBRO_SIMULATOR_URL": simulator.api_url,
            f"{prefix}APPLICATION_KEY": simulator.application_key,
            f"{prefix}SUBSCRIPTION_KEY": simulator.subscription_key,
            f"{prefix}API_URL": simulator.api_url,
            f"{prefix}TOKEN_URL": simulator.token_url,
            f"{prefix}REQUESTS_PER_SECOND": "500",
        }
        self.worker: subprocess.Popen[bytes] | None = None

    def klientbro(self, *words: str, stdin: str = "", code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "klientbro.cli.main", *words],
            env=self.environment,
            cwd=PROJECT,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start_worker(self) -> None:
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                [sys.executable, "-m", "klientbro.cli.main", "worker"],
                env=self.environment,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def stop_worker(self) -> None:
        if self.worker:
            self.worker.send_signal(signal.SIGTERM)
            self.worker.wait(timeout=120)
            self.worker = None

    def destroy(self) -> None:
        """As when the machine burns: everything is gone."""
        if self.worker:
            self.worker.kill()
            self.worker.wait()
            self.worker = None
        stop(ServerPaths.of_home(self.home), None)
        shutil.rmtree(self.home, ignore_errors=True)

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Asks the database past every policy."""
        with (
            EmbeddedServer.acquire(self.home) as server,
            psycopg.connect(server.superuser_url, dbname="klientbro") as connection,
        ):
            return connection.execute(query).fetchall()  # type: ignore[arg-type]


@pytest.fixture
def here(simulator: Simulator) -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="kb-", dir="/tmp", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        made = Installation(Path(name), simulator)
        furnish(made.home)
        yield made
        made.destroy()
        print((Path(name) / "worker.log").read_text())  # pytest shows it when the test failed


def posted(simulator: Simulator, number: int, amount: str) -> None:
    lines = [
        {"account_no": 6800, "amount": amount},
        {"account_no": 1920, "amount": str(-Decimal(amount))},
    ]
    simulator.do(number, "post_voucher", lines=lines)


def amounts_in_source(simulator: Simulator, number: int) -> dict[str, Decimal]:
    token = simulator.token(simulator.install(number))
    found: dict[str, Decimal] = {}
    for year in range(2021, 2029):
        rows = simulator.get(
            "/AccountTransactions",
            token,
            fromDate=f"{year}-01-01",
            toDate=f"{year}-12-31",
            PageSize=20_000,
            Fields="Id,Amount",
        )
        for row in rows.json() if rows.content else []:
            found[str(row["Id"])] = Decimal(str(row["Amount"]))
    return found


def test_books_come_back_equal_and_the_sync_goes_on(
    here: Installation, simulator: Simulator
) -> None:
    # 1. an office with two clients, loaded
    here.klientbro("migrate")
    here.klientbro("user", "create", "ola@byra.example", "--firm", "Byrået AS")
    here.start_worker()
    keys = []
    for number in (DENTISTS, ILLUSTRATOR):
        about, key = simulator.company(number), simulator.install(number)
        keys.append(key)
        words = ("client", "add", "--system", "poweroffice", "--name", about["name"], "--key-stdin")
        if len(about["orgnr"]) == 9:
            here.klientbro(*words, "--orgnr", about["orgnr"], stdin=f"{key}\n")
        else:
            here.klientbro(*words, stdin=f"{key}\n{about['orgnr']}\n")
    person = simulator.company(ILLUSTRATOR)["orgnr"]
    here.klientbro("client", "activate", "--all")
    here.klientbro("sync", "--all", "--wait")

    # 2. a backup while a worker syncs
    posted(simulator, DENTISTS, "1234.50")
    here.klientbro("sync", "--all")
    told = json.loads(here.klientbro("backup", "--to", f"{here.folder}/copies/", "--json"))
    here.klientbro("sync", "--all", "--wait")
    file = Path(told["file"])
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sorted(entry.name for entry in file.parent.iterdir()) == [file.name, KEYS]
    assert stat.S_IMODE((file.parent / KEYS).stat().st_mode) == 0o600
    assert int(told["postings"]) > 4000
    assert Decimal(told["debit"]) == -Decimal(told["credit"]) > 0

    # 3. nothing in it opens anything
    secrets = json.loads((here.home / "secrets.json").read_text())
    plain = in_plain_text(file)
    for secret in (
        *keys,
        person,
        simulator.application_key,
        secrets["django_secret"],
        secrets["secret_keys"].partition(":")[2],
    ):
        assert secret.encode() not in plain
        assert secret.encode() not in file.read_bytes()
    assert b"COPY public.ledger_posting" in plain  # it is the dump that was searched

    # 4. the machine burns; the keys were kept somewhere else
    kept_keys = (here.home / "secrets.json").read_bytes()
    here.destroy()
    refused = here.klientbro("restore", str(file), code=2)
    assert "cannot open the clients' keys of 1 firm(s)" in refused
    assert "put back the secrets.json" in refused
    (here.home / "secrets.json").write_bytes(kept_keys)
    restored = here.klientbro("restore", str(file))
    assert "equal those of the backup" in restored
    assert f"{told['postings']} postings, debit {told['debit']}" in restored

    # 5. a second time needs a yes, and keeps what was there
    assert "is not empty" in here.klientbro("restore", str(file), code=2)

    # 6. the sync goes on: what is new since the backup, nothing from the start, nothing twice
    posted(simulator, DENTISTS, "777.25")
    simulator.reset_requests()
    here.start_worker()
    here.klientbro("sync", "--all", "--wait")
    asked = [
        line
        for line in simulator.requests(limit=1000)
        if "accounttransactions" in str(line).lower()
    ]
    assert asked
    assert len(asked) <= 6, asked
    here.stop_worker()
    source = amounts_in_source(simulator, DENTISTS) | amounts_in_source(simulator, ILLUSTRATOR)
    held = here.ask("select source_id, amount from ledger_posting where known_to = 2147483647")
    assert len(held) == len(source)
    assert dict(held) == source


def in_plain_text(file: Path) -> bytes:
    """The dump as SQL, unpacked."""
    tools = find_dump_tools(Server(18, has_tls=False))
    with tempfile.NamedTemporaryFile() as dump:
        for piece in read_backup(file).dump():
            dump.write(piece)
        dump.flush()
        return subprocess.run(
            [str(tools.folder / "pg_restore"), "--file=-", dump.name],
            capture_output=True,
            check=True,
        ).stdout
