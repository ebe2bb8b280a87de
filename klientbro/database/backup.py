"""Takes a backup of one moment, and puts one into a fresh database that then takes the old's place.

The manifest's figures and the dump are of the same snapshot, whatever the workers do meanwhile.
"""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql

from klientbro.database.backup_file import BackupFile, Manifest, write_backup
from klientbro.database.backup_tools import (
    Server,
    complaint_of,
    find_dump_tools,
    start,
)
from klientbro.database.roles import let_backup_connect
from klientbro.database.urls import (
    APP_ROLE,
    DatabaseUrls,
    connection_parameters,
    url_from_parameters,
)
from klientbro.lib.errors import ConfigurationError

SETTING = "KLIENTBRO_BACKUP_DATABASE_URL"
# Their rows stay out of the file, each for its reason; the tables themselves are in it.
LEFT_OUT: dict[str, str] = {
    "identity_session": "a session ends with the database it stands in; people sign in again",
    "sync_accesstoken": "short-lived keys of the accounting system; asked for anew",
    "sync_budgetwait": "who waited at that moment",
    "tenants_datakey": "firms' keys, kept in a file of their own so that they can be destroyed",
}
_CHUNK = 1024 * 1024
_UNFINISHED, _BEFORE = "_restoring_", "_before_"

Connection = psycopg.Connection[tuple[object, ...]]
Totals = Callable[[Connection], Manifest]


def backup_url(urls: DatabaseUrls) -> str:
    """The backup role's address; ConfigurationError tells how to make one."""
    if urls.backup is None:
        raise ConfigurationError(
            f"A backup needs a role of its own that sees every firm: set {SETTING} "
            "(docs/howto/backup.md shows the statements that make it)."
        )
    return urls.backup


def take_backup(
    urls: DatabaseUrls, path: Path, totals: Totals, binaries: Path | None = None
) -> Manifest:
    """Write the backup; `totals` adds up what a restore must find again. Gives the manifest."""
    url = backup_url(urls)
    with _connect(url) as connection:
        if complaint := complaint_about_backup_role(connection):
            raise ConfigurationError(
                f"The role in {SETTING} {complaint}; docs/howto/backup.md shows how to make it."
            )
        tools = find_dump_tools(server_of(connection), binaries)
        # pg_dump works beside this transaction, however long it takes
        connection.execute("set idle_in_transaction_session_timeout = 0")
        with tools.way_to(url) as way, connection.transaction():
            connection.execute("set transaction isolation level repeatable read read only")
            taken_at = datetime.now(UTC)
            row = connection.execute("select pg_export_snapshot()").fetchone()
            command, environment = tools.command(
                "pg_dump",
                way,
                "--format=custom",
                "--compress=gzip:3",
                "--no-owner",
                f"--snapshot={row[0] if row else ''}",
                *(f"--exclude-table-data=public.{table}" for table in LEFT_OUT),
            )
            return write_backup(
                path,
                _output_of(command, environment),
                lambda: {"taken_at": taken_at.isoformat(), **totals(connection)},
            )


def complaint_about_backup_role(connection: Connection) -> str | None:
    """What is wrong with the role of this connection; None when it is as it must be."""
    row = connection.execute(
        """
        select not rolbypassrls and not rolsuper,
               rolsuper,
               not pg_has_role(oid, 'pg_read_all_data', 'usage'),
               exists (select from pg_class c join pg_namespace n on n.oid = relnamespace
                       where nspname = 'public' and relkind in ('r', 'p')
                         and has_table_privilege(r.oid, c.oid, 'insert,update,delete,truncate'))
        from pg_roles r where rolname = current_user
        """
    ).fetchone()
    complaints = (
        "is bound by row-level security, so the backup would lack every firm",
        "is a superuser; it needs only to read",
        "may not read every table (it is not in pg_read_all_data)",
        "may write; a backup needs only to read",
    )
    return next((text for wrong, text in zip(row or (), complaints, strict=False) if wrong), None)


def server_of(connection: Connection) -> Server:
    """What the dump programs must fit."""
    return Server(connection.info.server_version // 10000, connection.pgconn.ssl_in_use)


# How long a connection may take to go away after it was closed.
LEAVING_SECONDS = (0.1, 0.4, 1.0, 2.0)


class Restoring:
    """A restore under way: a fresh database beside the one that is to be replaced."""

    def __init__(self, urls: DatabaseUrls, administrator_url: str) -> None:
        self.name = connection_parameters(urls.owner)["dbname"]
        self.fresh = f"{self.name}{_UNFINISHED}{datetime.now(UTC):%Y%m%d_%H%M%S_%f}"
        self.before = self.fresh.replace(_UNFINISHED, _BEFORE)
        self.urls = DatabaseUrls(
            owner=_in_database(urls.owner, self.fresh),
            app=_in_database(urls.app, self.fresh),
            backup=_in_database(backup_url(urls), self.fresh),
        )
        self._present_owner = urls.owner
        self._administrator_url = administrator_url
        self._administrator: Connection | None = None

    @contextmanager
    def open(self) -> Iterator[Restoring]:
        """One restore at a time; a fresh database that was not swapped in is gone afterwards."""
        with _connect(self._administrator_url) as administrator:
            self._administrator = administrator
            row = administrator.execute(
                "select pg_try_advisory_lock(hashtextextended(%s, 11))", (f"restore {self.name}",)
            ).fetchone()
            if not row or not row[0]:
                raise ConfigurationError(f"Another restore of {self.name} is under way.")
            self._drop_unfinished()
            try:
                yield self
            finally:
                self._drop_unfinished()

    def is_present_in_use(self) -> bool:
        """Whether the present database holds any table, so that replacing it needs a yes."""
        with _connect(self._present_owner) as connection:
            row = connection.execute(
                "select exists (select from pg_class c join pg_namespace n on n.oid = relnamespace "
                "where nspname = 'public' and relkind in ('r', 'p'))"
            ).fetchone()
        return bool(row and row[0])

    def refuse_while_used(self) -> None:
        """Raise while a web, a worker or anybody else is connected to the present database.

        A connection that has just been closed stands there a moment longer: it is waited for.
        """
        for wait in (*LEAVING_SECONDS, 0.0):
            rows = self._tell(
                "select usename::text, count(*) from pg_stat_activity where datname = %s "
                "and backend_type = 'client backend' group by 1 order by 1",
                (self.name,),
            )
            if not rows:
                break
            time.sleep(wait)
        if rows:
            who = ", ".join(f"{role} ({count})" for role, count in rows)
            raise ConfigurationError(
                f"The database {self.name} is in use by {who}. Stop every `klientbro run`, `web` "
                "and `worker` first, on all machines."
            )

    def fill(self, backup: BackupFile, binaries: Path | None = None) -> None:
        """Make the fresh database from the backup's dump."""
        owner, app = (
            connection_parameters(url)["user"] for url in (self.urls.owner, self.urls.app)
        )
        database = sql.Identifier(self.fresh)
        try:
            self._order(
                sql.SQL("create database {} owner {} template template0 encoding 'UTF8'").format(
                    database, sql.Identifier(owner)
                )
            )
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigurationError(
                f"The role {owner} may not create databases, which a restore needs: the backup "
                "goes into a fresh one first. As the server's administrator: "
                f"alter role {owner} createdb; (and nocreatedb again afterwards)."
            ) from error
        with _connect(self.urls.owner) as connection:
            for statement in (
                "revoke all on database {database} from public",
                "grant connect, temporary on database {database} to {app}",
            ):
                connection.execute(
                    # rule sql: one of the statements written above
                    sql.SQL(statement).format(
                        database=database, app=sql.Identifier(app or APP_ROLE)
                    )
                )
            if self.urls.backup:
                role = connection_parameters(self.urls.backup)["user"]
                let_backup_connect(connection, self.fresh, role)
            tools = find_dump_tools(server_of(connection), binaries)
        with tools.way_to(self.urls.owner) as way:
            command, environment = tools.command("pg_restore", way, "--no-owner", "--exit-on-error")
            _feed(command, environment, backup.dump())
        with _connect(self.urls.owner) as connection:
            connection.execute("analyze")

    def swap(self, *, keep_before: bool) -> None:
        """The fresh database takes the name of the present one, in one transaction."""
        self.refuse_while_used()
        names = {
            "present": sql.Identifier(self.name),
            "before": sql.Identifier(self.before),
            "fresh": sql.Identifier(self.fresh),
        }
        administrator = self._connection
        try:
            with administrator.transaction():
                for statement in (
                    "alter database {present} rename to {before}",
                    "alter database {fresh} rename to {present}",
                ):
                    # rule sql: one of the statements written above
                    administrator.execute(sql.SQL(statement).format(**names))
        except psycopg.errors.ObjectInUse as error:
            raise ConfigurationError(
                f"Somebody connected to {self.name} while it was being restored; nothing was "
                "changed. Stop every part of Klientbro and run the restore again."
            ) from error
        if not keep_before:
            self._order(sql.SQL("drop database {before}").format(**names))

    @property
    def _connection(self) -> Connection:
        if self._administrator is None:
            raise LookupError("the restore is not open")
        return self._administrator

    def _order(self, statement: sql.Composed) -> None:
        self._connection.execute(statement)

    def _tell(
        self, query: LiteralString, parameters: tuple[object, ...]
    ) -> list[tuple[object, ...]]:
        return self._connection.execute(query, parameters).fetchall()

    def _drop_unfinished(self) -> None:
        """What restores that were killed left behind; under the lock it can be nobody else's."""
        pattern = f"{self.name}{_UNFINISHED}".replace("_", r"\_") + "%"
        for (name,) in self._tell(
            "select datname from pg_database where datname like %s", (pattern,)
        ):
            self._order(sql.SQL("drop database {} with (force)").format(sql.Identifier(str(name))))


def administrator_url_of(owner_url: str) -> str:
    """On an external server the owner makes the fresh database, from the server's own one."""
    return _in_database(owner_url, "postgres")


def _in_database(url: str, name: str) -> str:
    return url_from_parameters(connection_parameters(url) | {"dbname": name})


def _connect(url: str) -> Connection:
    try:
        return psycopg.connect(url, connect_timeout=10, autocommit=True)
    except psycopg.OperationalError as error:
        user = connection_parameters(url).get("user", "")
        reason = str(error).strip().splitlines()[-1]
        raise ConfigurationError(
            f"The database does not let the role {user} in: {reason}. Correct its address "
            f"(for backups {SETTING}); docs/howto/backup.md."
        ) from error


def _output_of(command: list[str], environment: dict[str, str]) -> Iterator[bytes]:
    """What a program prints; ConfigurationError when it fails, after what it had printed."""
    process = start(command, environment, stdout=subprocess.PIPE)
    complaints = _Complaints(process)
    try:
        while process.stdout and (piece := process.stdout.read(_CHUNK)):
            yield piece
        if process.wait() != 0:
            raise ConfigurationError(f"The backup failed: {complaints.told()}")
    finally:
        _end(process)


def _feed(command: list[str], environment: dict[str, str], pieces: Iterator[bytes]) -> None:
    process = start(command, environment, stdin=subprocess.PIPE)
    complaints = _Complaints(process)
    try:
        try:
            for piece in pieces:
                if process.stdin:
                    process.stdin.write(piece)
            if process.stdin:
                process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended, and says why
        if process.wait() != 0:
            raise ConfigurationError(
                f"The restore failed and nothing was changed: {complaints.told()}"
            )
    finally:
        _end(process)


class _Complaints:
    """Reads a program's complaints beside its output, so that neither pipe can fill up."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._printed = b""
        self._process = process
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def told(self) -> str:
        self._reader.join(timeout=5)
        return complaint_of(self._printed)

    def _read(self) -> None:
        if self._process.stderr:
            with self._process.stderr as lines:
                self._printed = lines.read()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Whatever happened, the program runs no longer than we."""
    if process.poll() is None:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream and not stream.closed:
            try:
                stream.close()
            except BrokenPipeError:
                continue
