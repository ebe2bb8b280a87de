"""One machine for seeds: an embedded PostgreSQL, a simulator, and a warm process to fork."""

from __future__ import annotations

import base64
import contextlib
import gc
import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from klientbro.database.embedded import EmbeddedServer
from klientbro.database.paths import ServerPaths
from klientbro.database.processes import wait_until
from klientbro.database.testing import furnish
from klientbro.lib.errors import ConfigurationError
from simulators.poweroffice_go.testing import Simulator, start_simulator
from tests.soak.schedule import Death
from tests.soak.tally import Tally

SECONDS_A_WORKER = 60.0


class World:
    """What seeds share that are played one after the other. Use as `with World(home) as world`.

    The first one of a process makes everything ready, which takes seconds. Others begin from a
    copy of its database (`copy_to`), so that several can be played beside each other, each with a
    server that may be killed and a simulator of its own.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self._operator: psycopg.Connection[Any] | None = None
        self._inherited: list[object] = []

    def __enter__(self) -> World:
        self.home.mkdir(exist_ok=True)
        is_copy = ServerPaths.of_home(self.home).data.exists()
        if not is_copy:
            furnish(self.home)
        self.simulator: Simulator = start_simulator(
            companies=1, scale=0.01, requests_per_second=0, slow_seconds=0.05
        )
        # without fsync: commits reach the kernel, which survives what is killed here
        self.server = EmbeddedServer.acquire(self.home, durable=False)
        self._point_here()
        if not is_copy:
            self._make_ready()
        gc.collect()
        gc.freeze()
        return self

    def __exit__(self, *exc: object) -> None:
        self.forget_connections()
        self.simulator.stop()
        self.server.release()

    def copy_to(self, home: Path) -> None:
        """A home beginning with this one's database; only when this world has ended."""
        home.mkdir()
        kept, copied = ServerPaths.of_home(self.home).root, ServerPaths.of_home(home).root
        # cp keeps the owner, which is not ours where the server may not run as root
        subprocess.run(["cp", "-a", str(kept), str(copied)], check=True)
        shutil.rmtree(ServerPaths.of_home(home).sockets, ignore_errors=True)

    # ---- getting ready

    def _point_here(self) -> None:
        """This process works on this world's database and asks this world's simulator."""
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
        from django.conf import settings
        from django.db import connections

        if not settings.configured:
            django.setup()
            logging.disable(logging.CRITICAL)  # the faults are meant to be there
            return
        fresh = importlib.reload(importlib.import_module("klientbro.settings.django"))
        settings.ENVIRONMENT = fresh.ENVIRONMENT
        for alias, database in fresh.DATABASES.items():
            connections.settings[alias].update(database)

    def _make_ready(self) -> None:
        """Quick ways into the database, and every module a worker needs in memory."""
        # Passwords are proved elsewhere; here they would be a third of what a connection costs.
        hba = ServerPaths.of_home(self.home).data / "pg_hba.conf"
        hba.write_text("local all all trust\n")
        self.operator().execute("select pg_reload_conf()")
        worker = importlib.import_module("tests.soak.worker")
        worker.shorten_waits()
        self._import_what_a_worker_imports()

    def _import_what_a_worker_imports(self) -> None:
        """A first child tells which modules a sync loads, so that later ones find them loaded."""
        from klientbro.lib.outgoing import trusted
        from tests.soak.schedule import Schedule
        from tests.soak.seed import Client

        trusted()
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
        """A child of the warm process. No thread of ours may run here."""
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        try:
            self._leave_the_parents_connections()
            gc.disable()  # it lives for a moment, and a collection would copy pages of the parent
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

    def _leave_the_parents_connections(self) -> None:
        """In a child: kept unclosed, for the lines are still the parent's; new ones are opened."""
        from django.db import connections

        self._inherited += [self._operator, *(one.connection for one in connections.all())]
        self._operator = None
        for one in connections.all():
            one.connection = None

    def after(self, fell: list[str]) -> None:
        """Puts right what a death took along with the worker."""
        if Death.REBOOT.value in fell:
            self.bring_up_after_a_reboot()
        elif Death.CUT.value in fell:
            self.forget_connections()

    def bring_up(self) -> None:
        """What `klientbro run` does twice a second: the database is started when it has died."""
        if self.server.pid is None:
            with contextlib.suppress(psycopg.OperationalError, ConfigurationError):
                self.server.ensure_running()  # the other worker may strike while it starts
            self.forget_connections()

    def forget_connections(self) -> None:
        """The driver's own connections are opened anew when next used."""
        from django.db import connections

        connections.close_all()
        if self._operator is not None:
            self._operator.close()
            self._operator = None

    def bring_up_after_a_reboot(self) -> None:
        """The killed processes may take a moment to be gone."""
        if not wait_until(self._answers, 30.0, pause=0.01):
            raise AssertionError("the database did not come up again")

    def _answers(self) -> bool:
        self.forget_connections()
        try:
            self.bring_up()
            self.operator().execute("select 1")
        except psycopg.OperationalError:
            return False
        return True

    def operator(self) -> psycopg.Connection[Any]:
        """Reads what is there, past row-level security; one connection, not to be closed."""
        if self._operator is None:
            self._operator = psycopg.connect(
                self.server.superuser_url, dbname="klientbro", autocommit=True
            )
        return self._operator

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
