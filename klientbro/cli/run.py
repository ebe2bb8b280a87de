"""`klientbro run`: the whole product on one machine, in the foreground."""

from __future__ import annotations

import json
import os
import ssl
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httpx
import psycopg

from klientbro.cli.command import Command
from klientbro.cli.house import House, close_connections, open_house
from klientbro.cli.ports import require_free
from klientbro.cli.simulator import PROJECT, simulator_command
from klientbro.cli.static_files import collect_static_files
from klientbro.cli.supervisor import Child, Supervisor, say
from klientbro.database.locks import FileLock
from klientbro.database.opening import Database
from klientbro.lib.errors import ConfigurationError
from klientbro.lib.loopback import is_loopback_host
from klientbro.lib.outgoing import Peers, client
from klientbro.settings.environment import Environment, load_environment, prepare_home
from klientbro.settings.transport import Certificate

_READY_SECONDS = 60.0
_DATABASE_SECONDS = 180.0
_POWEROFFICE = "KLIENTBRO_POWEROFFICE_"


def run(arguments: Namespace) -> int:
    """Start everything, tell where it is, look after it, and stop it all on Ctrl-C."""
    environment = load_environment()
    prepare_home(environment.home)
    only = _only_one(environment)
    require_free(environment.host, environment.port, "KLIENTBRO_PORT")
    supervisor = Supervisor(say)
    try:
        with supervisor.signals():
            _run_under(supervisor, environment)
    finally:
        supervisor.stop()
        only.close()
    say("Klientbro has stopped.")
    return 0


def _run_under(supervisor: Supervisor, environment: Environment) -> None:
    simulator = None if environment.poweroffice.is_configured else Simulator(environment)
    if simulator:
        require_free("127.0.0.1", environment.simulator_port, "KLIENTBRO_SIMULATOR_PORT")
        supervisor.start(simulator.child)
    with open_house(migrate=True) as house:
        try:
            link = _prepare(house)
            if simulator:
                simulator.wait_until_ready(supervisor)
                os.environ.update(simulator.settings)
            parts = [Child(name, _our_command(name)) for name in ("web", "worker")]
            for part in parts:
                if not supervisor.is_stopping:
                    supervisor.start(part)
            if supervisor.wait_for(lambda: _answers(environment), _READY_SECONDS):
                say(welcome(environment, link, simulator))
            elif not supervisor.is_stopping:
                say(f"The portal does not answer at {environment.public_url} yet; see above.")
            keeper = DatabaseKeeper(house.database)
            supervisor.look_after(lambda: _every_round(keeper, supervisor, simulator, parts))
        finally:
            # Before the database, which would otherwise be pulled away under them.
            supervisor.stop()


def _prepare(house: House) -> str | None:
    """What must be there before the first page: files, and somebody who can sign in."""
    from klientbro.tenants.services import ensure_first_user

    collect_static_files(house)
    path = ensure_first_user(is_trial=is_trial(house.environment))
    close_connections()
    return path


def is_trial(environment: Environment) -> bool:
    """The stand-in's invented books, seen from this machine alone: no second factor is asked for.

    Whoever comes here for the first time is at work in a minute; there is nothing to protect yet.
    """
    here = urlsplit(environment.public_url)
    return (
        not environment.poweroffice.is_configured
        and here.scheme == "http"
        and is_loopback_host(environment.host)
        and is_loopback_host(here.hostname or "")
    )


@dataclass
class DatabaseKeeper:
    """Starts an embedded database that died again, also one that dies while it starts."""

    database: Database
    tell: Callable[[str], object] = say
    clock: Callable[[], float] = time.monotonic
    _away_since: float | None = None

    def look(self) -> None:
        """ConfigurationError when it has not come up for minutes: then whoever started us knows."""
        try:
            if self.database.ensure_running():
                self.tell("The database had stopped and was started again.")
        except (psycopg.Error, ConfigurationError) as error:
            if self._away_since is None:
                self._away_since = self.clock()
                self.tell(f"The database has stopped and is not up yet; trying again. {error}")
            elif self.clock() - self._away_since > _DATABASE_SECONDS:
                raise ConfigurationError(
                    f"The database did not come up again in {_DATABASE_SECONDS:.0f} s. {error}"
                ) from error
        else:
            self._away_since = None


def _every_round(
    keeper: DatabaseKeeper,
    supervisor: Supervisor,
    simulator: Simulator | None,
    parts: list[Child],
) -> None:
    keeper.look()
    if simulator and simulator.settings_changed():
        os.environ.update(simulator.settings)
        for part in parts:
            supervisor.restart(part)


def welcome(environment: Environment, link: str | None, simulator: Simulator | None) -> str:
    """What a newcomer needs to know, in Norwegian and English."""
    address = environment.public_url.rstrip("/")
    lines = ["", f"  {environment.brand} kjører / is running:  {address}/"]
    if link:
        lines.append(f"  Logg inn (én gang) / sign in (once):  {address}{link}")
    if simulator and simulator.page:
        lines.append(f"  PowerOffice Go (etterligning / stand-in):  {simulator.page}")
    lines += ["  Ctrl-C stopper / stops.", ""]
    return "\n".join(lines)


@dataclass
class Simulator:
    """The stand-in for PowerOffice Go, when nobody gave keys for the real one."""

    environment: Environment
    page: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    child: Child = field(init=False)
    _settings_seen: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        remembered = self.environment.home / "simulator"
        command = simulator_command(
            self.environment.simulator_port, "--json", f"--state={remembered}"
        )
        path = os.pathsep.join(filter(None, (str(PROJECT), os.environ.get("PYTHONPATH"))))
        self.child = Child(
            "simulator", command, {"PYTHONPATH": path}, on_line=self._read_line, has_secrets=False
        )

    def wait_until_ready(self, supervisor: Supervisor) -> None:
        """Wait for its keys; raises when it ended instead."""
        supervisor.wait_for(lambda: bool(self.settings) or self.child.has_died(), _READY_SECONDS)
        if not self.settings and not supervisor.is_stopping:
            raise ConfigurationError(
                "The PowerOffice Go stand-in did not start (see above). To do without it, set "
                f"{_POWEROFFICE}APPLICATION_KEY and {_POWEROFFICE}SUBSCRIPTION_KEY."
            )
        self._settings_seen = dict(self.settings)

    def settings_changed(self) -> bool:
        """Whether it came back with other keys or addresses since last asked."""
        if self.settings == self._settings_seen:
            return False
        self._settings_seen = dict(self.settings)
        return True

    def _read_line(self, line: str) -> None:
        """The first line is its keys; the rest is for the terminal."""
        if not line.startswith('{"'):
            say(f"simulator: {line}")
            return
        told = json.loads(line)
        self.page = str(told.get("ui_url") or told["api_url"].removesuffix("v2"))
        self.settings = {
            "KLIENTBRO_SIMULATOR_URL": self.page,
            f"{_POWEROFFICE}API_URL": str(told["api_url"]),
            f"{_POWEROFFICE}TOKEN_URL": str(told["token_url"]),
            f"{_POWEROFFICE}APPLICATION_KEY": str(told["application_key"]),
            f"{_POWEROFFICE}SUBSCRIPTION_KEY": str(told["subscription_key"]),
        }


def _only_one(environment: Environment) -> FileLock:
    """One `klientbro run` for each home; the lock falls with the process."""
    path = environment.home / "run.lock"
    lock = FileLock(path)
    if not lock.try_seize():
        lock.close()
        raise ConfigurationError(
            f"Klientbro already runs with the folder {environment.home}: "
            f"{path.read_text().strip()}. "
            "Stop that one first, or choose another folder with KLIENTBRO_HOME."
        )
    lock.write(f"process {os.getpid()}, {environment.public_url}\n")
    return lock


def _our_command(name: str) -> list[str]:
    return [sys.executable, "-m", "klientbro.cli.main", name]


def _answers(environment: Environment) -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(environment.host, environment.host)  # noqa: S104
    address = f"[{host}]" if ":" in host else host
    certificate = environment.certificate
    origin = f"{'https' if certificate else 'http'}://{address}:{environment.port}"
    ours = Peers(origins=Peers.at(origin).origins, inside=True)
    try:
        with client(ours, timeout=2, certificates=_our_own(certificate)) as opened:
            opened.get(f"{origin}/helse/")
    except (httpx.HTTPError, OSError):
        return False
    return True


def _our_own(certificate: Certificate | None) -> ssl.SSLContext | None:
    """Trusts the certificate of our own web alone, under whichever name we ask this machine."""
    if certificate is None:
        return None
    context = ssl.create_default_context(cafile=str(certificate.chain))
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


COMMAND = Command(
    "run", "everything on one machine, in the foreground; Ctrl-C stops it", run, place=10
)
