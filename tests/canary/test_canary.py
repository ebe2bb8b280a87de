"""Secrets and personal numbers are planted, every flow is run, and every sink is searched."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from klientbro.database import EmbeddedServer
from klientbro.database.testing import furnish
from simulators.poweroffice_go.testing import Simulator, start_simulator
from tests.machines.test_backup_drill import in_plain_text

from .drill import LETTERS, METRICS, PAGES, POSTED, SYSTEM, TYPED, Drill
from .file_addresses import addresses_of_files
from .flows import (
    clients_are_connected,
    everything_fails_once,
    number_is_shown,
    people_come_in,
    source_fails,
)
from .house import Browser, House, secrets_of
from .products import overview_is_worked_with, products_are_worked_with
from .sinks import Planted, guises, hits, processes_of, tables_of
from .surroundings import collector, post_office

COMMANDS = """
import sys
from datetime import timedelta
from klientbro.cli.house import open_house
from klientbro.cli.main import main
with open_house():
    from django.utils import timezone
    from klientbro.operations.tasks import tell_people_now
    tell_people_now(timezone.now() + timedelta(hours=30))
company, firm, backup, month_end = sys.argv[1:]
for words in ("doctor --json", "keys status --json", "client list --json", "audit verify",
              "firm list", "firm certificates", "sign-on list",
              f"trial-balance {company} --date {month_end} --format csv",
              f"trial-balance {company} --date {month_end} --format json"):
    assert main(words.split()) == 0, words
assert main(["firm", "destroy", firm]) == 0
assert main(["backup", "--to", backup]) == 0
"""
# Every address that gives a file is asked for it. One that is not stands here with why.
NOT_ASKED: dict[str, str] = {}
# Where what stands in the books stands too: it is the customer's own, shown and exported.
BOOKS = ("database:ledger_", "database:reconciliation_statementline", f"{PAGES}:", "export:",
         "backup:")  # fmt: skip


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with start_simulator(scale=0.05, seed=3) as running:
        yield running


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="kb-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.timeout(1500)
def test_no_secret_and_no_personal_number_is_found_in_any_sink(
    home: Path, simulator: Simulator
) -> None:
    furnish(home)
    drill = Drill(home, simulator)
    with post_office() as office, collector() as (traces, received):
        house = House(home, drill.settings(office.port, traces))
        try:
            house.start()
            with EmbeddedServer.acquire(home) as server:
                drill.database_url = make_conninfo(server.superuser_url, dbname="klientbro")
                browser = people_come_in(drill, house, office)
                clients_are_connected(drill, browser)
                everything_fails_once(drill, browser)
                person = number_is_shown(drill, browser)
                ((company,),) = drill.ask(
                    "select public_id::text from clients_client where orgnr is not null and exists "
                    "(select from ledger_books b where b.client_id = clients_client.id)"
                )
                products_are_worked_with(drill, browser, str(company), person)
                overview_is_worked_with(drill, browser, str(company))
                told = operators_look_in(drill, house, browser, str(company))
                tables = tables_of(drill.database_url)
        finally:
            print("".join(house.printed[-60:]))  # pytest shows it when the test failed
            house.stop()
            drill.source.stop()

    pages = {f"{n} {name}": content for n, one in enumerate(house.browsers)
             for name, content in one.pages.items()}  # fmt: skip
    sinks = {
        **tables,
        **told,
        "log:printed": "".join(house.printed).encode(),
        "log:database": (home / "postgres" / "server.log").read_bytes(),
        "traces:": b"\n".join(received),
        **{f"{LETTERS}:{n}": one for n, one in enumerate((*office.letters, *office.refused))},
        **{
            f"shown:{name}" if "shown" in name else f"{PAGES}:{name}": content
            for name, content in pages.items()
        },
        **drill.files,
    }
    disk = b"\n".join(one.read_bytes() for one in (home / "postgres").rglob("*") if one.is_file())
    for name in ("postgres", "secrets.json"):
        path = home / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    sinks |= {f"home:{one}": one.read_bytes() for one in home.rglob("*") if one.is_file()}
    sinks["names:home"] = "\n".join(map(str, home.rglob("*"))).encode()

    # the search itself finds what is there, and the flows have been where they should
    assert drill.source.echoed >= 3
    assert received
    assert len(office.letters) >= 3
    assert len(office.refused) >= 1
    assert len(tables) > 80
    assert drill.visited == addresses_of_files() - set(NOT_ASKED)
    for guise in guises(TYPED):
        assert hits([Planted("typed", TYPED)], {"x": b"before " + guise + b" after"})
    shown = [one for one in pages if "fodselsnummer" in one]
    number = drill.planted_number
    assert any(guise in pages[one] for one in shown for guise in guises(number))
    assert POSTED.encode() in tables["database:ledger_posting"]
    assert POSTED.encode() in disk
    exported = [name for name, content in sinks.items()
                if name.startswith("export:") and POSTED.encode() in content]  # fmt: skip
    assert {one.rpartition(".")[2][:3] for one in exported} >= {"csv", "xls"}

    assert hits(drill.planted, sinks) == []
    # tables, indexes and the log ahead of them, deleted rows and all: as they lie on the disk
    assert [one.name for one in drill.planted if one.value.encode() in disk] == []
    others = {name: content for name, content in sinks.items() if not name.startswith(BOOKS)}
    assert hits([Planted("in a posting", POSTED)], others) == []


def operators_look_in(
    drill: Drill, house: House, browser: Browser, company: str
) -> dict[str, bytes]:
    """Alerts, commands, metrics, a backup, what runs, and what the database is asked just then."""
    backup = drill.home / "backups" / "b.tar"
    ((row,),) = drill.ask(
        "select k.public_id::text from clients_connection k join clients_client c "
        f"on c.id = k.client_id where c.public_id = '{company}'"
    )
    source_fails(drill, browser, f"{SYSTEM}{row}/")  # and people are told of it
    ((firm,),) = drill.ask("select name from tenants_firm")
    ((orgnr,),) = drill.ask(f"select orgnr from clients_client where public_id = '{company}'")
    month_end = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    # one process: starting one takes seconds
    house.command(code=COMMANDS, words=[str(orgnr), str(firm), str(backup), f"{month_end}"])
    drill.files["backup:tar"] = backup.read_bytes()
    drill.files["backup:sql"] = in_plain_text(backup)
    drill.files |= {f"backup:{one.name}": one.read_bytes() for one in backup.parent.iterdir()
                    if one != backup}  # fmt: skip
    for name, text in secrets_of(drill.home).items():
        drill.plant(f"{name} of the home", text.rpartition(":")[2])
    answer = browser.lines.get("/metrics", headers={"authorization": f"Bearer {METRICS}"})
    assert answer.status_code == 200
    asked = drill.ask("select string_agg(query, E'\\n') from pg_stat_activity")
    assert house.process is not None
    return {
        "metrics:": answer.content,
        "activity:": str(asked).encode(),
        **processes_of(house.process.pid, drill.home),
    }
