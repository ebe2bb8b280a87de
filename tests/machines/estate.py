"""Several machines with homes of their own on one external database, to be cut off and killed."""

from __future__ import annotations

import base64
import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections

from klientbro.database.urls import url_from_parameters
from klientbro.lib.tests.ports import free_port
from tests.machines.relay import Relay

PROJECT = Path(__file__).resolve().parents[2]
WORKERS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
WEBS = ("127.0.0.5", "127.0.0.6")
# Work moves in about eight seconds: three beats of two without a sign of life, and a look every two
# at who is dead. How long it took is printed; a busy machine is no reason to fail.
PATIENCE_SECONDS = 45.0
PAGE_SIZE = 60
IDLE_SECONDS = 6
SLOWER = 4  # so many times slower may the machine be than one on which nothing else runs

# Who landed what: written by the database itself, so that no part of the product is believed.
WITNESS = """
create table if not exists witness (
  id bigint generated always as identity primary key, at timestamptz default clock_timestamp(),
  machine text, connection_id bigint, run bigint, number int);
create or replace function witness_landing() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into witness (machine, connection_id, run, number)
  values (current_setting('application_name'), new.connection_id, new.run, new.number);
  return new;
end $$;
drop trigger if exists witness on ledger_landing;
create trigger witness after insert on ledger_landing
  for each row execute function witness_landing();
truncate witness;
"""


@dataclass
class Machine:
    """One address with one service, its home, and its log."""

    host: str
    home: Path
    environment: dict[str, str]
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    is_wanted: bool = False
    restarts: int = 0

    @property
    def log(self) -> str:
        path = self.home.with_suffix(".log")
        return path.read_text(errors="replace") if path.exists() else ""

    def start(self) -> None:
        self.is_wanted = True
        with self.home.with_suffix(".log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=PROJECT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """As when the power goes."""
        self.is_wanted = False
        if self.process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # a web has processes of its own
            self.process.wait()

    def stop(self, seconds: float) -> int:
        """As the service manager stops it; its exit code."""
        self.is_wanted = False
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=seconds)


@dataclass
class Estate:
    """The machines, the way to their database, and a witness of what each of them writes."""

    folder: Path
    superuser_url: str
    relay: Relay
    machines: dict[str, Machine] = field(default_factory=dict)
    web_port: int = 0

    @classmethod
    def build(cls, folder: Path, superuser_url: str, server_socket: Path) -> Estate:
        built = cls(folder, superuser_url, Relay([*WORKERS, *WEBS], server_socket))
        built.web_port = free_port(*WEBS)
        built.as_superuser(WITNESS)
        return built

    # ---- machines

    def start_worker(self, host: str, *words: str) -> Machine:
        return self._start(host, "worker", "--concurrency", "2", *words)

    def start_web(self, host: str) -> Machine:
        return self._start(host, "web", "--processes", "1")

    def _start(self, host: str, *command: str) -> Machine:
        home = self.folder / f"home-{host.rpartition('.')[2]}"
        machine = Machine(
            host,
            home,
            self.environment(host, home),
            [
                sys.executable,
                "-m",
                "tests.machines.machine",
                str(PAGE_SIZE),
                str(IDLE_SECONDS),
                *command,
            ],
        )
        self.machines[host] = machine
        machine.start()
        return machine

    def environment(self, host: str, home: Path) -> dict[str, str]:
        """What a settings file of that machine would say."""
        source = settings.ENVIRONMENT.poweroffice
        secret = settings.ENVIRONMENT.secret_keys[0]
        given = {
            "HOME": str(home),
            "DATABASE_URL": self.url(host, "owner"),
            "APP_DATABASE_URL": self.url(host, "default"),
            "HOST": host,
            "PORT": str(self.web_port),
            "PUBLIC_URL": f"http://{host}:{self.web_port}",
            "SECRET_KEYS": f"{secret.id}:{base64.b64encode(secret.key).decode()}",
            "DJANGO_SECRET": settings.SECRET_KEY,
            "POWEROFFICE_APPLICATION_KEY": source.application_key,
            "POWEROFFICE_SUBSCRIPTION_KEY": source.subscription_key,
            "POWEROFFICE_API_URL": source.api_url,
            "POWEROFFICE_TOKEN_URL": source.token_url,
            "POWEROFFICE_REQUESTS_PER_SECOND": str(source.requests_per_second),
            "SIMULATOR_URL": source.api_url,
        }
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KLIENTBRO_", "DJANGO_"))}
        return kept | {f"KLIENTBRO_{name}": value for name, value in given.items()}

    def url(self, host: str, alias: str) -> str:
        """The database's address as seen from a machine, by its name for the witness."""
        parameters = connections[alias].get_connection_params()
        return url_from_parameters(
            {
                "user": str(parameters["user"]),
                "password": str(parameters["password"]),
                "dbname": str(parameters["dbname"]),
                "host": host,
                "port": str(self.relay.port),
                "application_name": host,
            }
        )

    def wait_for(self, happened: Callable[[], object], seconds: float, what: str) -> float:
        """Wait until it has happened, as the service managers look on; gives how long it took."""
        began = time.monotonic()
        while not happened():
            if time.monotonic() - began > seconds * SLOWER:
                raise AssertionError(f"{what} did not happen in {seconds * SLOWER:g} s")
            for machine in self.machines.values():
                if machine.is_wanted and not machine.is_running:
                    machine.restarts += 1
                    machine.start()
            time.sleep(0.05)
        return time.monotonic() - began

    def wait_until_working(self, *hosts: str, seconds: float = 60) -> None:
        self.wait_for(lambda: self.beating() >= set(hosts), seconds, f"{', '.join(hosts)} working")

    def beating(self) -> set[str]:
        """The machines that have a line to the database now."""
        rows = self.as_superuser(
            "select distinct application_name from pg_stat_activity where datname = "
            "current_database() and application_name like '127.%'"
        )
        return {str(row[0]) for row in rows}

    def get(self, host: str, path: str, cookie: str = "") -> str:
        """A page of a web, as a browser on it would get it."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(
            f"http://{host}:{self.web_port}{path}", headers={"Cookie": cookie} if cookie else {}
        )
        with opener.open(request, timeout=60) as answer:
            return answer.read().decode()

    def answers(self, host: str) -> bool:
        try:
            self.get(host, "/helse/klar/")
        except OSError:
            return False
        return True

    def close(self) -> None:
        for machine in self.machines.values():
            machine.kill()
        self.relay.close()
        self.as_superuser(
            "drop trigger if exists witness on ledger_landing; drop table if exists witness; "
            "drop function if exists witness_landing()"
        )

    # ---- the witness

    def as_superuser(self, query: str) -> list[tuple[object, ...]]:
        name = connections["default"].settings_dict["NAME"]
        with psycopg.connect(self.superuser_url, dbname=name, autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def landed(self, connection_id: int | None = None) -> list[tuple[str, int, int]]:
        """Machine, run and number of every landing, in the order of their commits' writes."""
        narrowed = f"where connection_id = {connection_id}" if connection_id else ""
        return [
            (str(machine), int(str(run)), int(str(number)))
            for machine, run, number in self.as_superuser(
                f"select machine, run, number from witness {narrowed} order by id"
            )
        ]

    def last_writer(self, connection_id: int) -> str:
        found = self.landed(connection_id)
        return found[-1][0] if found else ""
