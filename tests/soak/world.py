"""One machine for all seeds: an embedded PostgreSQL, the simulator, and a warm process to fork."""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from klientbro.database.embedded import EmbeddedServer
from klientbro.database.processes import wait_until
from simulators.poweroffice_go.testing import Simulator, start_simulator

SECONDS_A_WORKER = 60.0


class World:
    """What seeds share. Use as `with World() as world`."""

    def __enter__(self) -> World:
        self.home = Path(tempfile.mkdtemp(prefix="kb-soak-"))
        self.simulator: Simulator = start_simulator(
            companies=1, scale=0.01, requests_per_second=0, slow_seconds=0.05
        )
        # without fsync: commits reach the kernel, which survives what is killed here
        self.server = EmbeddedServer.acquire(self.home, durable=False)
        self._warm_up()
        return self

    def __exit__(self, *exc: object) -> None:
        from django.db import connections

        connections.close_all()
        self.simulator.stop()
        self.server.release()
        shutil.rmtree(self.home, ignore_errors=True)

    def _warm_up(self) -> None:
        simulator = self.simulator
        given = {
            "HOME": str(self.home),
            "RUNTIME_APP_URL": self.server.urls.app,
            "RUNTIME_OWNER_URL": self.server.urls.owner,
            "SECRET_KEYS": "soak:" + base64.b64encode(b"s" * 32).decode(),
            "DJANGO_SECRET": "only for the soak",
            "POWEROFFICE_APPLICATION_KEY": simulator.application_key,
            "POWEROFFICE_SUBSCRIPTION_KEY": simulator.subscription_key,
            "POWEROFFICE_API_URL": simulator.api_url,
            "POWEROFFICE_TOKEN_URL": simulator.token_url,
            "POWEROFFICE_REQUESTS_PER_SECOND": "1000",
            "WORKER_CONCURRENCY": "1",
        }
        for name in [name for name in os.environ if name.startswith("KLIENTBRO_")]:
            del os.environ[name]
        os.environ.update({f"KLIENTBRO_{name}": value for name, value in given.items()})
        os.environ["DJANGO_SETTINGS_MODULE"] = "klientbro.settings.django"
        import logging

        import django
        from django.core.management import call_command

        django.setup()
        logging.disable(logging.CRITICAL)  # the faults are meant to be there
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        worker = importlib.import_module("tests.soak.worker")
        worker.shorten_waits()
        self._import_what_a_worker_imports()
        gc.freeze()

    def _import_what_a_worker_imports(self) -> None:
        """A first child tells which modules a sync loads, so that later ones find them loaded."""
        from klientbro.connectors import http
        from tests.soak.schedule import Schedule
        from tests.soak.seed import Client

        http._certificates()
        told = self.home / "modules"
        for is_by_queue in (False, True):
            client = Client(self, Schedule(-1 - is_by_queue, 120, 1, 90, is_by_queue, ()), Tally())
            client.ask("first")
            client.run(None, 1, finally_=lambda: told.write_text("\n".join(sys.modules)))
            for name in told.read_text().splitlines():
                if name not in sys.modules:
                    with contextlib.suppress(Exception):
                        importlib.import_module(name)

    # ---- processes

    def fork(self, work: Callable[[], None]) -> int:
        """A child of the warm process. No thread and no connection of ours may be open here."""
        from django.db import connections

        connections.close_all()
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        try:
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(1)

    def wait(self, pids: list[int]) -> list[int]:
        """Waits for workers; gives their exit codes, negative for a signal."""
        deadline = time.monotonic() + SECONDS_A_WORKER
        look_at = 0.0
        codes = []
        for pid in pids:
            while True:
                ended, status = os.waitpid(pid, os.WNOHANG)
                if ended:
                    codes.append(os.waitstatus_to_exitcode(status))
                    break
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                    raise AssertionError(f"a worker did not end in {SECONDS_A_WORKER:.0f} s")
                if time.monotonic() > look_at:
                    self.bring_up()  # one of two may have rebooted the host under the other
                    look_at = time.monotonic() + 0.2
                time.sleep(0.002)
        return codes

    def bring_up(self) -> None:
        """What `klientbro run` does twice a second: the database is started when it has died."""
        if self.server.pid is None:
            self.server.ensure_running()

    def bring_up_after_a_reboot(self) -> None:
        """The killed processes may take a moment to be gone."""
        self.bring_up()
        if not wait_until(self._answers, 30.0, pause=0.01):
            raise AssertionError("the database did not come up again")

    def _answers(self) -> bool:
        try:
            self.bring_up()
            self.operator().close()
        except psycopg.OperationalError:
            return False
        return True

    def operator(self) -> psycopg.Connection[Any]:
        """Reads what is there, past row-level security."""
        return psycopg.connect(self.server.superuser_url, dbname="klientbro", autocommit=True)

    # ---- a client

    def make_client(self, seed: int, postings: int, years: int) -> tuple[Any, Any, int]:
        """A firm and an active connection to a company of the seed's own."""
        from klientbro.clients.models import Client, Connection, Integration
        from klientbro.domain.identifier import IdentifierKind
        from klientbro.tenants.context import firm as in_firm
        from klientbro.tenants.services import create_firm, firm_envelopes

        number = self.simulator.add_company(seed, postings=postings, years=years)
        about = self.simulator.company(number)
        key = self.simulator.install(number)
        firm = create_firm(f"Byrå {seed} AS")
        with in_firm(firm.id):
            envelopes = firm_envelopes()
            shared = {
                "firm": firm,
                "name": about["name"],
                "sort_key": about["name"].lower(),
                "identifier_kind": IdentifierKind.ORGNR,
                "orgnr": about["orgnr"],
                "identifier_hash": envelopes.equality_hash("identifier", about["orgnr"]),
            }
            connection = Connection.objects.create(
                **shared,
                integration=Integration.objects.create(firm=firm, system="poweroffice"),
                client=Client.objects.create(**shared),
                key_sealed=envelopes.seal("client_key", key),
                key_hash=envelopes.equality_hash("client_key", key),
                is_active=True,
                api_active=True,
            )
        return firm, connection, number


class Tally:
    """How often each fault struck, and what came of it; kept in a file over several runs."""

    def __init__(self) -> None:
        self.seeds = 0
        self.lost = 0
        self.doubled = 0
        self.difference = Decimal(0)
        self.results: dict[str, Counter[str]] = {}

    def add(self, other: Tally) -> None:
        self.seeds += other.seeds
        self.lost += other.lost
        self.doubled += other.doubled
        self.difference += other.difference
        for what, results in other.results.items():
            for result, times in results.items():
                self.count(what, result, times)

    def count(self, what: str, result: str, times: int = 1) -> None:
        self.results.setdefault(what, Counter())[result] += times
