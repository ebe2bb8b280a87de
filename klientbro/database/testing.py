"""One embedded server for the tests of a checkout, shared by all their processes and runs.

It is made once (a second), started in a tenth of that, and stopped when the last test process
leaves. It forgets everything on a power cut, which is what makes it fast.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql

from klientbro.database.binaries import find_binaries
from klientbro.database.embedded import EmbeddedServer
from klientbro.database.locks import exclusive
from klientbro.database.paths import ServerPaths
from klientbro.database.urls import DATABASE_NAME, OWNER_ROLE
from klientbro.lib.errors import ConfigurationError

_KEPT_DATABASES = {"postgres", "template0", "template1", DATABASE_NAME}
_PROJECT = Path(__file__).resolve().parents[2]
# What the tables come from: all the code, for a migration may import any of it, and the libraries.
_SOURCES = ("conftest.py", "klientbro/**/*.py", "klientbro/**/*.sql", "requirements/*.txt")


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


def make_database(server: EmbeddedServer, name: str, migrate: Callable[[str], None]) -> None:
    """A database as `migrate` leaves an empty one, copied from one made once for this code.

    `migrate` is given the name of an empty database, and must leave no connection to it open.
    """
    template = f"kept_{digest_of_the_code()}"
    with (
        exclusive(server.paths.root / "template.lock"),
        psycopg.connect(server.superuser_url, autocommit=True) as connection,
    ):

        def execute(statement: str, **names: str) -> None:
            composed = {key: sql.Identifier(value) for key, value in names.items()}
            # rule sql: statements of this module, for tests alone
            connection.execute(sql.SQL(statement).format(**composed))

        found = connection.execute("select datname from pg_database where datname like 'kept\\_%'")
        kept = {row[0] for row in found}
        if template not in kept:
            for outdated in kept:
                execute("drop database {old} with (force)", old=outdated)
            begun = f"{name}_begun"
            execute("drop database if exists {new} with (force)", new=begun)
            execute("create database {new} owner {owner}", new=begun, owner=OWNER_ROLE)
            migrate(begun)
            execute("alter database {new} rename to {kept}", new=begun, kept=template)
            # nobody may connect, autovacuum neither: a database in use cannot be copied
            execute("alter database {kept} allow_connections false", kept=template)
        execute("drop database if exists {new} with (force)", new=name)
        execute(
            "create database {new} owner {owner} template {kept}",
            new=name,
            owner=OWNER_ROLE,
            kept=template,
        )


def furnish(home: Path) -> None:
    """Gives a home the database that `klientbro migrate` makes in an empty one; nothing else.

    For tests of what comes afterwards: making it takes more than most of them do. It is made once
    for this code, by that command.
    """
    kept = _shared_home() / f"furnished-{digest_of_the_code()}"
    with exclusive(_shared_home() / "furnished.lock"):
        if not kept.exists():
            for outdated in _shared_home().glob("furnished-*"):
                shutil.rmtree(outdated, ignore_errors=True)
            begun = _shared_home() / "furnished-begun"
            subprocess.run(
                [sys.executable, "-m", "klientbro.cli.main", "migrate"],
                cwd=_PROJECT,
                env={name: value for name, value in os.environ.items() if name[:10] != "KLIENTBRO_"}
                | {"KLIENTBRO_HOME": str(begun)},
                stdout=subprocess.DEVNULL,
                check=True,
                timeout=300,
            )
            begun.rename(kept)
        # with the lock held: a test of changed code throws this one away
        ServerPaths.of_home(home).make_root()
        source, target = ServerPaths.of_home(kept).root, ServerPaths.of_home(home).root
        # cp keeps the owner, which is not ours where the server may not run as root
        subprocess.run(["cp", "-a", f"{source}/.", str(target)], check=True)  # noqa: S603, S607


def digest_of_the_code() -> str:
    """Changes with the code, the libraries, and the start of the machine (see the top)."""
    if known := os.environ.get("KLIENTBRO_TESTS_DIGEST"):
        return known  # the mutation drill: a line was altered that the tables do not come from
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _SOURCES for path in _PROJECT.glob(pattern)):
        if "tests" not in path.relative_to(_PROJECT).parts:
            digest.update(f"{path}\0".encode() + path.read_bytes())
    with suppress(FileNotFoundError):
        digest.update(Path("/proc/sys/kernel/random/boot_id").read_bytes())
    return digest.hexdigest()[:16]


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
    kept = {*_KEPT_DATABASES, f"kept_{digest_of_the_code()}"}
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        for (name,) in connection.execute("select datname from pg_database").fetchall():
            if name not in kept:
                connection.execute(
                    sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
                )
