"""Backups: whole or absent, of one moment, by a role that only reads; restores lose nothing."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from klientbro.database import EmbeddedServer
from klientbro.database.backup import (
    Restoring,
    complaint_about_backup_role,
    take_backup,
)
from klientbro.database.backup_file import BackupFile, file_for, read_backup, write_backup
from klientbro.database.backup_tools import Server, find_dump_tools
from klientbro.database.passwords import ensure_passwords
from klientbro.database.roles import ensure_roles_and_database
from klientbro.database.urls import connection_parameters, url_from_parameters
from klientbro.lib.errors import ConfigurationError

AT = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)


def pieces(*given: bytes) -> Iterator[bytes]:
    yield from given


def count(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, object]:
    row = connection.execute("select count(*) from books").fetchone()
    return {"rows": row[0] if row else None}


@pytest.fixture(scope="module")
def shared() -> Iterator[EmbeddedServer]:
    """One server for the tests of this module."""
    with tempfile.TemporaryDirectory(prefix="kb-", dir="/tmp", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        with EmbeddedServer.acquire(Path(name) / "home", durable=False) as running:
            yield running


@pytest.fixture
def filled(shared: EmbeddedServer) -> EmbeddedServer:
    """A table of the owner's whose rows only its firm sees, and one of sessions; all made anew."""
    with psycopg.connect(shared.superuser_url, autocommit=True) as connection:
        for name in databases(shared) - {"postgres"}:
            connection.execute(f'drop database "{name}" with (force)')
        connection.execute("alter role klientbro_backup nosuperuser bypassrls")
        connection.execute("grant pg_read_all_data to klientbro_backup")
    ensure_roles_and_database(shared.superuser_url, ensure_passwords(shared.paths.passfile))
    with psycopg.connect(shared.urls.owner) as connection:
        connection.execute(
            "create table books (firm text, amount numeric);"
            "insert into books values ('one', 100.25), ('two', -100.25);"
            "alter table books enable row level security;"
            "alter table books force row level security;"
            "create policy firm_only on books"
            " using (firm = current_setting('klientbro.firm', true));"
            "grant select on books to klientbro_app;"
            "create table identity_session (session_key text); "
            "insert into identity_session values ('whoever has this is signed in');"
        )
    return shared


def ask(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(query).fetchall()  # type: ignore[arg-type]


@pytest.fixture
def restore(filled: EmbeddedServer) -> Callable[..., Restoring]:
    def do(backup: BackupFile, *, swap: bool = True) -> Restoring:
        restoring = Restoring(filled.urls, filled.superuser_url)
        with restoring.open():
            restoring.fill(backup)
            if swap:
                restoring.swap(keep_before=True)
        return restoring

    return do


def databases(server: EmbeddedServer) -> set[str]:
    found = ask(server.superuser_url, "select datname from pg_database where not datistemplate")
    return {str(row[0]) for row in found}


# ---- the file


def test_file_is_an_ordinary_tar_with_checksums_that_only_its_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "copies" / "copy.tar"
    write_backup(path, pieces(b"dump" * 1000, b"more"), lambda: {"rows": 2})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with tarfile.open(path) as members:
        assert members.getnames() == ["database.dump", "manifest.json", "SHA256SUMS"]
        dump = members.extractfile("database.dump").read()  # type: ignore[union-attr]
        sums = members.extractfile("SHA256SUMS").read().decode()  # type: ignore[union-attr]
    assert dump == b"dump" * 1000 + b"more"
    assert f"{hashlib.sha256(dump).hexdigest()}  database.dump" in sums
    opened = read_backup(path)
    assert b"".join(opened.dump()) == dump
    assert opened.manifest == {"format": 1, "rows": 2}


def test_backup_that_fails_half_way_leaves_no_file(tmp_path: Path) -> None:
    def breaks() -> Iterator[bytes]:
        yield b"half"
        raise ConfigurationError("the server went away")

    with pytest.raises(ConfigurationError, match="went away"):
        write_backup(tmp_path / "copy.tar", breaks(), dict)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_backup_left_is_removed_by_the_next(tmp_path: Path) -> None:
    dead = tmp_path / ".copy.tar.4194304.unfinished"  # over the largest process id
    alive = tmp_path / f".other.tar.{os.getpid()}.unfinished"
    for leftover in (dead, alive):
        leftover.write_bytes(b"half")
    write_backup(tmp_path / "copy.tar", pieces(b"dump"), dict)
    assert {entry.name for entry in tmp_path.iterdir()} == {"copy.tar", alive.name}


def test_existing_file_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "copy.tar").write_text("mine")
    with pytest.raises(ConfigurationError, match="exists already"):
        write_backup(tmp_path / "copy.tar", pieces(b"dump"), dict)
    assert (tmp_path / "copy.tar").read_text() == "mine"


@pytest.mark.parametrize("place", [600, 1100])
def test_changed_byte_is_found(place: int, tmp_path: Path) -> None:
    path = tmp_path / "copy.tar"
    write_backup(path, pieces(b"d" * 512), lambda: {"rows": 2})
    body = bytearray(path.read_bytes())
    body[place] ^= 1
    path.write_bytes(body)
    with pytest.raises(ConfigurationError, match=r"damaged|not a whole backup"):
        read_backup(path)


def test_cut_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "copy.tar"
    write_backup(path, pieces(b"d" * 5000), lambda: {"rows": 2})
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ConfigurationError, match="not a whole backup"):
        read_backup(path)


def test_folder_gets_a_name_with_the_time(tmp_path: Path) -> None:
    named = tmp_path / "klientbro-20260331T123000Z.tar"
    assert file_for(str(tmp_path), AT) == named
    assert file_for(f"{tmp_path}/new/", AT) == tmp_path / "new" / named.name
    assert file_for(f"{tmp_path}/copy.tar", AT) == tmp_path / "copy.tar"


# ---- the programs


def test_programs_too_old_for_the_server_are_not_used(tmp_path: Path) -> None:
    assert find_dump_tools(Server(17, has_tls=False)).folder.name == "bin"
    with pytest.raises(ConfigurationError, match=r"reached over TLS.*KLIENTBRO_POSTGRES_BIN"):
        find_dump_tools(Server(99, has_tls=True))


def test_password_stands_in_no_command_line() -> None:
    tools = find_dump_tools(Server(17, has_tls=False))
    command, environment = tools.command("pg_dump", "postgresql://one:secret@db/books")
    assert "secret" not in " ".join(command)
    assert environment["PGPASSWORD"] == "secret"


# ---- the role


def test_backup_role_sees_every_firm_and_may_write_nothing(filled: EmbeddedServer) -> None:
    url = filled.urls.backup or ""
    assert ask(url, "select count(*) from books") == [(2,)]
    assert ask(filled.urls.app, "select count(*) from books") == [(0,)]
    for statement in ("delete from books", "create table mine (x int)", "truncate books"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(url, statement)
    with psycopg.connect(url) as connection:
        assert complaint_about_backup_role(connection) is None


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("alter role klientbro_backup nobypassrls", "bound by row-level security"),
        ("alter role klientbro_backup superuser", "is a superuser"),
        ("revoke pg_read_all_data from klientbro_backup", "may not read every table"),
        ("grant delete on books to klientbro_backup", "may write"),
    ],
)
def test_backup_role_with_the_wrong_rights_is_refused(
    change: str, complaint: str, filled: EmbeddedServer, tmp_path: Path
) -> None:
    with psycopg.connect(filled.superuser_url, dbname="klientbro", autocommit=True) as connection:
        connection.execute(change)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=complaint):
        take_backup(filled.urls, tmp_path / "copy.tar", count)
    assert not (tmp_path / "copy.tar").exists()


def test_home_from_before_the_role_gets_it_with_the_next_start(home: Path) -> None:
    with EmbeddedServer.acquire(home, durable=False) as server:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("revoke connect on database klientbro from klientbro_backup")
            connection.execute("drop role klientbro_backup")
        kept = server.paths.passfile.read_text().splitlines()[:3]
        server.paths.passfile.write_text("\n".join(kept) + "\n")
    with EmbeddedServer.acquire(home, durable=False) as server:
        assert server.paths.passfile.read_text().splitlines()[:3] == kept
        assert ask(server.urls.backup or "", "select 1") == [(1,)]


# ---- both ways


def test_manifest_and_dump_are_of_the_same_moment(
    filled: EmbeddedServer, restore: Callable[..., Restoring], tmp_path: Path
) -> None:
    def while_somebody_writes(
        connection: psycopg.Connection[tuple[object, ...]],
    ) -> dict[str, object]:
        with psycopg.connect(filled.superuser_url, dbname="klientbro") as other:
            other.execute("insert into books values ('three', 1)")
        return count(connection)

    path = tmp_path / "copy.tar"
    manifest = take_backup(filled.urls, path, while_somebody_writes)
    assert manifest["rows"] == 2
    restore(read_backup(path))
    backup_url = filled.urls.backup or ""
    assert ask(backup_url, "select count(*), sum(amount) from books") == [(2, 0)]
    assert ask(backup_url, "select count(*) from identity_session") == [(0,)]
    # rights and policies came with it
    assert ask(filled.urls.app, "select count(*) from books") == [(0,)]


def test_replaced_database_is_kept_under_another_name(
    filled: EmbeddedServer, restore: Callable[..., Restoring], tmp_path: Path
) -> None:
    path = tmp_path / "copy.tar"
    take_backup(filled.urls, path, count)
    done = restore(read_backup(path))
    assert databases(filled) == {"postgres", "klientbro", done.before}


def test_restore_that_dies_before_the_swap_changes_nothing(
    filled: EmbeddedServer, restore: Callable[..., Restoring], tmp_path: Path
) -> None:
    path = tmp_path / "copy.tar"
    take_backup(filled.urls, path, count)
    with psycopg.connect(filled.superuser_url, dbname="klientbro") as connection:
        connection.execute("insert into books values ('three', 1)")
    restore(read_backup(path), swap=False)
    assert ask(filled.urls.backup or "", "select count(*) from books") == [(3,)]
    assert databases(filled) == {"postgres", "klientbro"}


def test_restore_waits_for_nobody_who_is_connected(
    filled: EmbeddedServer, restore: Callable[..., Restoring], tmp_path: Path
) -> None:
    path = tmp_path / "copy.tar"
    take_backup(filled.urls, path, count)
    with (
        psycopg.connect(filled.urls.app),
        pytest.raises(ConfigurationError, match="in use by klientbro_app"),
    ):
        restore(read_backup(path))
    assert databases(filled) == {"postgres", "klientbro"}


def test_dump_that_cannot_be_restored_says_why_and_changes_nothing(
    filled: EmbeddedServer, restore: Callable[..., Restoring], tmp_path: Path
) -> None:
    path = tmp_path / "copy.tar"
    write_backup(path, pieces(b"no dump at all" * 100), dict)
    with pytest.raises(ConfigurationError, match="nothing was changed"):
        restore(read_backup(path))
    assert databases(filled) == {"postgres", "klientbro"}


def test_two_restores_at_once_are_refused(filled: EmbeddedServer) -> None:
    first, second = (Restoring(filled.urls, filled.superuser_url) for _ in range(2))
    with first.open(), pytest.raises(ConfigurationError, match="Another restore"), second.open():
        pass


def test_external_server_without_a_backup_role_is_told_what_to_set(
    filled: EmbeddedServer, tmp_path: Path
) -> None:
    given = connection_parameters(filled.urls.owner)
    urls = type(filled.urls)(owner=url_from_parameters(given), app=filled.urls.app)
    with pytest.raises(ConfigurationError, match="KLIENTBRO_BACKUP_DATABASE_URL"):
        take_backup(urls, tmp_path / "copy.tar", count)
