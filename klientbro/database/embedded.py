"""The embedded PostgreSQL of one KLIENTBRO_HOME: started by its first user, stopped by its last.

Every process that uses the server holds a shared lock for as long as it lives. The kernel drops
the lock of a killed process, so whoever comes next adopts the running server, and the last one
to leave stops it. When the last one is killed instead, the watchdog stops it some seconds later.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType

import psycopg

from klientbro.database import postmaster
from klientbro.database.binaries import find_binaries
from klientbro.database.locks import FileLock, exclusive
from klientbro.database.passwords import SUPERUSER, ensure_passwords
from klientbro.database.paths import ServerPaths
from klientbro.database.processes import wait_until
from klientbro.database.roles import ensure_roles_and_database
from klientbro.database.tuning import server_settings
from klientbro.database.unprivileged import RunAs
from klientbro.database.urls import (
    APP_ROLE,
    BACKUP_ROLE,
    DATABASE_NAME,
    OWNER_ROLE,
    DatabaseUrls,
    socket_url,
)
from klientbro.lib.errors import ConfigurationError
from klientbro.lib.secret_settings import without_secrets

# Processes that outlive our hold on the server. Forgetting them would leave zombies unexplained.
_left_running: list[subprocess.Popen[bytes]] = []

_WATCHDOG_MOMENT_SECONDS = 0.05
_START_SECONDS = 120.0  # replaying the log of a killed server may take its time


class EmbeddedServer:
    """A hold on the embedded server. Get one by `acquire`, give it back by `release`."""

    def __init__(self, home: Path, *, binaries: Path | None = None, durable: bool = True) -> None:
        self.paths = ServerPaths.of_home(home)
        self.durable = durable
        self.adopted = False
        self._configured_binaries = binaries
        self._owners: FileLock | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._watchdog: subprocess.Popen[bytes] | None = None

    @classmethod
    def acquire(
        cls, home: Path, *, binaries: Path | None = None, durable: bool = True
    ) -> EmbeddedServer:
        """Start the server of `home`, or adopt it when it already runs."""
        server = cls(home, binaries=binaries, durable=durable)
        server.paths.make_root()
        try:
            with exclusive(server.paths.start_lock):
                server._owners = FileLock(server.paths.owners_lock)
                server._owners.share()
                server._bring_up()
        except BaseException:
            server.release()
            raise
        return server

    @property
    def urls(self) -> DatabaseUrls:
        """The addresses of the roles, passwords included: for our own processes only."""
        return DatabaseUrls(
            owner=self._url(OWNER_ROLE), app=self._url(APP_ROLE), backup=self._url(BACKUP_ROLE)
        )

    @property
    def superuser_url(self) -> str:
        """For the tests, a restore and repairs by hand; no running part connects as superuser."""
        return self._url(SUPERUSER, "postgres")

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return postmaster.running_pid(self.paths)

    def ensure_running(self) -> bool:
        """Start the server again if it died under us; tells whether that was needed."""
        if self._child is not None:
            self._child.poll()
        if self._watchdog is not None:
            self._watchdog.poll()
        if self.pid is not None:
            return False
        with exclusive(self.paths.start_lock):
            self._bring_up()
        return not self.adopted

    def release(self) -> None:
        """Give up the server; the last one to do so stops it. Safe to call twice."""
        if self._owners is None:
            return
        with exclusive(self.paths.start_lock):
            # The watchdog waits for the same lock and may get it for a moment before us.
            if wait_until(self._owners.try_seize, _WATCHDOG_MOMENT_SECONDS, pause=0.005):
                postmaster.stop(self.paths, self._child)
            self._owners.close()
            self._owners = None
        if self._watchdog is not None and self.pid is None:
            # It sees our lock fall and a server gone, and ends; waiting only reaps it.
            wait_until(lambda: self._watchdog is None or self._watchdog.poll() is not None, 5.0)
        for process in (self._child, self._watchdog):
            if process is not None and process.poll() is None:
                _left_running.append(process)

    def __enter__(self) -> EmbeddedServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def _url(self, role: str, database: str = DATABASE_NAME) -> str:
        password = ensure_passwords(self.paths.passfile)[role]
        return socket_url(role, self.paths.sockets, database, password=password)

    def _bring_up(self) -> None:
        """With the start lock held: adopt a server that answers, else start one."""
        fresh = not (self.paths.data / "PG_VERSION").exists()
        if not fresh and not self.paths.passfile.exists():
            raise ConfigurationError(
                f"The passwords of the database in {self.paths.data} are gone: "
                f"{self.paths.passfile} is missing. Put it back, or move the folder "
                f"{self.paths.root} away to begin with an empty database."
            )
        passwords = ensure_passwords(self.paths.passfile)
        self.adopted = self.pid is not None
        if not self.adopted:
            self._start(fresh=fresh, password=passwords[SUPERUSER])
        self._wait_until_it_answers()
        ensure_roles_and_database(
            self.superuser_url, passwords, owner_may_create_databases=not self.durable
        )
        self._ensure_watchdog()

    def _start(self, *, fresh: bool, password: str) -> None:
        binaries = find_binaries(self._configured_binaries)
        way: RunAs | None = None
        if fresh:
            way = postmaster.initialise(self.paths, binaries, password, durable=self.durable)
        else:
            postmaster.clear_remains(self.paths)
        settings = server_settings(durable=self.durable)
        if self._child is not None and self._child.poll() is None:
            _left_running.append(self._child)  # killed this moment, and not yet gone
        self._child = postmaster.start(self.paths, binaries, settings, way)

    def _wait_until_it_answers(self) -> None:
        if not wait_until(lambda: self._has_ended() or self._answers(), _START_SECONDS):
            raise self._failure("does not answer")
        if self._has_ended():
            raise self._failure("did not start")

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.superuser_url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def _has_ended(self) -> bool:
        if self._child is not None and not self.adopted:
            return self._child.poll() is not None
        return self.pid is None

    def _failure(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"The embedded PostgreSQL in {self.paths.data} {what}. Its last lines, from "
            f"{self.paths.log}:\n{postmaster.last_words(self.paths)}"
        )

    def _ensure_watchdog(self) -> None:
        """Have one process ready that stops the server when all owners were killed."""
        if self._watchdog is not None and self._watchdog.poll() is None:
            return
        lock = FileLock(self.paths.watchdog_lock)
        is_missing = lock.try_seize()
        lock.close()
        if is_missing:
            self._watchdog = subprocess.Popen(  # noqa: S603 (our own module)
                [sys.executable, "-m", "klientbro.database.watchdog", str(self.paths.home)],
                cwd=Path(__file__).resolve().parents[2],
                env=without_secrets(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
