"""One embedded server for the tests of a checkout, shared by all their processes and runs.

It is made once (a second), started in a tenth of that, and stopped when the last test process
leaves. It forgets everything on a power cut, which is what makes it fast.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from klientbro.database.binaries import find_binaries
from klientbro.database.embedded import EmbeddedServer
from klientbro.database.locks import exclusive
from klientbro.database.urls import DATABASE_NAME
from klientbro.lib.errors import ConfigurationError

_KEPT_DATABASES = {"postgres", "template0", "template1", DATABASE_NAME}


@contextmanager
def server_for_tests(home: Path | None = None) -> Iterator[EmbeddedServer]:
    """Start or adopt the tests' server. Its owner role may create databases."""
    home = home or _shared_home()
    home.mkdir(parents=True, exist_ok=True)
    with exclusive(home / "tests.lock"):
        server = _acquire(home)
        if not server.adopted:
            _drop_leftovers(server)
    try:
        yield server
    finally:
        server.release()


def database_name_for_tests() -> str:
    """A database name of this process's own, so that parallel workers and runs never meet."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")[:8] or str(os.getpid())
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    return re.sub(r"\W", "", f"test_{run}_{worker}")


def _shared_home() -> Path:
    """A folder for this user, checkout and set of PostgreSQL programs."""
    told_apart = f"{find_binaries()}|{Path(__file__).resolve()}"
    digest = hashlib.sha256(told_apart.encode()).hexdigest()[:10]
    home = Path(tempfile.gettempdir()) / f"klientbro-tests-{os.geteuid()}-{digest}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != os.geteuid():
        raise ConfigurationError(f"{home} belongs to somebody else; remove it and try again.")
    return home


def _acquire(home: Path) -> EmbeddedServer:
    try:
        return EmbeddedServer.acquire(home, durable=False)
    except ConfigurationError:
        # Written without fsync, so a power cut may have spoilt it. Nothing in it is worth saving.
        shutil.rmtree(home / "postgres", ignore_errors=True)
        return EmbeddedServer.acquire(home, durable=False)


def _drop_leftovers(server: EmbeddedServer) -> None:
    """Drop the databases of test runs that were killed before they could."""
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        for (name,) in connection.execute("select datname from pg_database").fetchall():
            if name not in _KEPT_DATABASES:
                connection.execute(
                    sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
                )
