"""The database server itself dies and is stopped in the middle of a sync of `klientbro run`."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from klientbro.cli.tests.test_run import PROJECT, Running
from klientbro.database.embedded import EmbeddedServer
from klientbro.database.paths import ServerPaths
from klientbro.database.postmaster import running_pid, stop
from klientbro.database.processes import wait_until
from simulators.poweroffice_go.environment import PRODUCTION, Environment
from simulators.poweroffice_go.keys import made_up_hex
from simulators.poweroffice_go.testing import Simulator
from tests.soak.check import Check

COMPANY = 21  # a dental practice with some 4,200 postings over four years
SEED = 1  # the stand-in's own, as `klientbro run` starts it


class House:
    """`klientbro run` from outside: its commands, its database, its simulator."""

    def __init__(self, home: Path) -> None:
        self.running = Running(home, furnished=True)
        self.running.wait_until_ready()
        self.paths = ServerPaths.of_home(home)
        self._server = EmbeddedServer(home)
        base = f"http://127.0.0.1:{self.running.environment['KLIENTBRO_SIMULATOR_PORT']}"
        subscription_key = made_up_hex("subscription", SEED, "primary")
        said = {
            "api_url": f"{base}/v2",
            "token_url": f"{base}/OAuth/Token",
            "ui_url": f"{base}/",
            "control_url": f"{base}/control/",
            "application_key": Environment(PRODUCTION, SEED, 1200).application_key,
            "subscription_key": subscription_key,
            "control_key": made_up_hex("control", SEED),
            "demo": {},
            "companies": [],
        }
        self.simulator = Simulator(self.running.process, said, io.StringIO())  # type: ignore[arg-type]

    def klientbro(self, *words: str, given: str = "") -> None:
        subprocess.run(
            self.running.command(*words),
            env=self.running.environment,
            cwd=PROJECT,
            input=given,
            text=True,
            capture_output=True,
            timeout=120,
            check=True,
        )

    def database(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._server.superuser_url, dbname="klientbro", autocommit=True)

    def value(self, query: str) -> Any:
        """One figure; None while the database is away."""
        try:
            with self.database() as database:
                row = database.execute(query).fetchone()
        except psycopg.OperationalError:
            return None
        return row[0] if row else None

    def landings(self) -> int:
        return int(self.value("select count(*) from ledger_landing") or 0)

    def is_done(self) -> bool:
        return bool(
            self.value(
                "select last_success_at is not null and not exists (select from sync_step) "
                "from sync_state"
            )
        )

    def wait_for_landings(self, count: int) -> None:
        assert wait_until(lambda: self.landings() >= count, 60), self.running.text()

    def end_server(self, how: signal.Signals) -> None:
        """Ends the server while the sync is under way, and waits until another runs."""
        assert not self.is_done(), "it was to happen in the middle of the sync"
        first = running_pid(self.paths)
        assert first is not None
        os.kill(first, how)
        found = wait_until(lambda: running_pid(self.paths) not in {None, first}, 60)
        assert found, self.running.text()
        assert wait_until(lambda: self.value("select 1") == 1, 60), self.running.text()

    def stop(self) -> None:
        self.simulator.http.close()
        self.running.process.kill()
        self.running.process.wait()
        stop(self.paths, None)
        wait_until(lambda: not self.running.family(), 10)


@pytest.fixture
def house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="kb-", dir="/tmp", ignore_cleanup_errors=True) as name:
        made = House(Path(name) / "home")
        yield made
        made.stop()


def test_database_killed_and_stopped_in_the_middle_of_a_sync_loses_and_doubles_nothing(
    house: House,
) -> None:
    about = house.simulator.company(COMPANY)
    key = house.simulator.install(COMPANY)
    named = ("--orgnr", about["orgnr"], "--name", about["name"], "--key-stdin")
    house.klientbro("client", "add", "--system", "poweroffice", *named, given=key)
    house.klientbro("client", "activate", about["orgnr"])

    house.wait_for_landings(2)
    before = house.landings()
    house.end_server(signal.SIGKILL)
    assert house.landings() >= before, "a landing that was committed is gone"
    house.wait_for_landings(before + 1)
    house.end_server(signal.SIGINT)  # an orderly, fast stop: clients are cut off
    assert wait_until(house.is_done, 120), house.running.text()

    assert house.running.text().count("The database had stopped and was started again.") == 2
    assert house.value("select cause from sync_state") == ""
    assert house.value("select count(*) from procrastinate_jobs where status = 'failed'") == 0
    house.simulator.settings(requests_per_second=0)
    connection_id = house.value("select id from clients_connection")
    with house.database() as database:
        verdict = Check(database, connection_id, house.simulator, COMPANY).verdict()
    assert verdict.is_good, str(verdict)
    assert house.running.answers()
