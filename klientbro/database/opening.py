"""Opens the database that the settings ask for, embedded or external, with one call."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from klientbro.database.embedded import EmbeddedServer
from klientbro.database.external import prepare_external
from klientbro.database.paths import ServerPaths
from klientbro.database.urls import APP_ROLE, DatabaseUrls, socket_url, without_password


@dataclass
class Database:
    """An open database: its addresses, and the embedded server when it is ours."""

    urls: DatabaseUrls
    server: EmbeddedServer | None = None

    def ensure_running(self) -> bool:
        """Start an embedded server again if it died; tells whether that was needed."""
        return self.server.ensure_running() if self.server else False

    def release(self) -> None:
        """Give it up; the last user of an embedded server stops it."""
        if self.server:
            self.server.release()

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def open_database(
    home: Path,
    *,
    database_url: str | None = None,
    app_database_url: str | None = None,
    backup_database_url: str | None = None,
    binaries: Path | None = None,
) -> Database:
    """Start or adopt the embedded server of `home`, or check the external one."""
    if database_url:
        return Database(prepare_external(home, database_url, app_database_url, backup_database_url))
    server = EmbeddedServer.acquire(home, binaries=binaries)
    return Database(server.urls, server)


def address_without_password(home: Path, database_url: str | None = None) -> str:
    """The application's address to show to a person; starts nothing.

    For the embedded server it names the file with the password, so that `psql` takes it as it is
    for whoever may read KLIENTBRO_HOME.
    """
    if database_url:
        return without_password(database_url)
    paths = ServerPaths.of_home(home)
    return socket_url(APP_ROLE, paths.sockets, passfile=paths.passfile)
