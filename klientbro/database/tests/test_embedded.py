"""The embedded server's life: started, adopted, killed, taken up again, stopped."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from klientbro.database import EmbeddedServer
from klientbro.database.paths import ServerPaths
from klientbro.database.processes import is_alive, wait_until
from klientbro.database.tests.conftest import Owner
from klientbro.database.watchdog import watch
from klientbro.lib.errors import ConfigurationError

MakeOwner = Callable[[Path], Owner]


def one_value(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchone()[0]


def test_server_answers_both_roles_and_is_version_18(server: EmbeddedServer) -> None:
    assert one_value(server.urls.app, "select current_user::text") == "klientbro_app"
    assert one_value(server.urls.owner, "select current_user::text") == "klientbro_owner"
    assert one_value(server.urls.app, "show server_version_num") >= "180000"


def test_only_the_role_that_takes_backups_passes_row_level_security(
    server: EmbeddedServer,
) -> None:
    passing = (
        "select array_agg(rolname::text) from pg_roles where rolname ~ '^klientbro_' "
        "and (rolsuper or rolbypassrls)"
    )
    assert one_value(server.urls.app, passing) == ["klientbro_backup"]
    able = (
        "select rolsuper or rolcreaterole or rolcreatedb from pg_roles "
        "where rolname = 'klientbro_backup'"
    )
    assert one_value(server.urls.app, able) is False


def test_app_role_may_make_temporary_tables_but_no_lasting_ones(server: EmbeddedServer) -> None:
    with psycopg.connect(server.urls.app) as connection:
        connection.execute("create temporary table t (n int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("create table lasting (n int)")


def test_nobody_gets_in_without_a_password(server: EmbeddedServer) -> None:
    url = f"postgresql://postgres@/postgres?host={server.paths.sockets}"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(url, passfile="/dev/null")


def test_passwords_and_sockets_are_for_their_owner_only(server: EmbeddedServer) -> None:
    assert stat.S_IMODE(server.paths.passfile.stat().st_mode) == 0o600
    assert stat.S_IMODE(server.paths.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(server.paths.data.stat().st_mode) == 0o700


def test_server_listens_on_no_network_address(server: EmbeddedServer) -> None:
    assert one_value(server.superuser_url, "show listen_addresses") == ""


def test_second_user_adopts_and_the_last_one_stops_it(home: Path) -> None:
    first = EmbeddedServer.acquire(home, durable=False)
    second = EmbeddedServer.acquire(home, durable=False)
    pid = first.pid

    assert (first.adopted, second.adopted, second.pid) == (False, True, pid)
    first.release()
    assert second.pid == pid
    second.release()
    assert second.pid is None
    assert not is_alive(pid)


def test_data_is_there_after_a_stop_and_a_start(home: Path) -> None:
    with EmbeddedServer.acquire(home) as server, psycopg.connect(server.urls.owner) as connection:
        connection.execute("create table kept as select 42 as n")
    with EmbeddedServer.acquire(home) as server:
        assert one_value(server.urls.owner, "select n from kept") == 42


def test_many_at_once_start_one_server(home: Path, another_owner: MakeOwner) -> None:
    with ThreadPoolExecutor(4) as pool:
        owners = list(pool.map(another_owner, [home] * 4))

    assert sorted(owner.how for owner in owners) == ["adopted", "adopted", "adopted", "started"]
    assert len({owner.server_pid for owner in owners}) == 1
    for owner in owners:
        owner.release()
    assert not is_alive(owners[0].server_pid)


def test_server_of_a_killed_owner_is_adopted_and_then_stopped(
    home: Path, another_owner: MakeOwner
) -> None:
    killed = another_owner(home)
    killed.kill()
    assert is_alive(killed.server_pid)

    heir = another_owner(home)
    assert (heir.how, heir.server_pid) == ("adopted", killed.server_pid)
    heir.release()
    assert not is_alive(heir.server_pid)


def test_killing_one_of_two_owners_leaves_the_other_its_server(
    home: Path, another_owner: MakeOwner
) -> None:
    killed, left = another_owner(home), another_owner(home)
    killed.kill()
    assert is_alive(left.server_pid)
    left.release()
    assert not is_alive(left.server_pid)


def test_watchdog_stops_a_server_whose_every_owner_was_killed(
    home: Path, another_owner: MakeOwner
) -> None:
    owner = another_owner(home)
    paths = ServerPaths.of_home(home)
    replace_watchdog_of(paths)
    owner.kill()
    watch(paths, grace_seconds=0.1)
    assert not is_alive(owner.server_pid)


def replace_watchdog_of(paths: ServerPaths) -> None:
    """End the one on duty, which would wait longer than a test likes."""
    watchdogs = [
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and is_watchdog_of(entry, paths)
    ]
    assert len(watchdogs) == 1
    os.kill(watchdogs[0], signal.SIGKILL)
    assert wait_until(lambda: not is_alive(watchdogs[0]), 60)


def is_watchdog_of(process: Path, paths: ServerPaths) -> bool:
    try:
        words = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"klientbro.database.watchdog" in words and os.fsencode(paths.home) in words


def test_no_watchdog_stays_behind_a_server_that_was_stopped(home: Path) -> None:
    server = EmbeddedServer.acquire(home, durable=False)
    server.release()
    paths = server.paths
    assert not [p for p in Path("/proc").iterdir() if p.name.isdigit() and is_watchdog_of(p, paths)]


def test_killed_server_is_started_again_by_its_owner(server: EmbeddedServer) -> None:
    with psycopg.connect(server.urls.owner) as connection:
        connection.execute("create table kept as select 42 as n")
    first_pid = server.pid
    os.kill(first_pid, signal.SIGKILL)

    assert wait_until(lambda: server.ensure_running(), 60)
    assert server.pid != first_pid
    assert one_value(server.urls.owner, "select n from kept") == 42


def test_server_that_runs_is_left_alone(server: EmbeddedServer) -> None:
    pid = server.pid
    assert server.ensure_running() is False
    assert server.pid == pid


def test_zombie_of_a_killed_server_does_not_hold_up_the_next_start(
    home: Path, another_owner: MakeOwner
) -> None:
    # The owner never looks after its child, so the killed server stays a zombie under it.
    owner = another_owner(home)
    os.kill(owner.server_pid, signal.SIGKILL)
    assert wait_until(lambda: not is_alive(owner.server_pid), 60)
    os.kill(owner.server_pid, 0)  # raises if it were reaped: PostgreSQL would think it alive

    heir = another_owner(home)
    assert heir.how == "started"
    assert heir.server_pid != owner.server_pid
    heir.release()


def test_pid_file_that_names_a_stranger_is_not_believed(home: Path) -> None:
    with EmbeddedServer.acquire(home, durable=False) as server:
        lines = server.paths.pid_file.read_text().splitlines()
    server.paths.pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]))
    with EmbeddedServer.acquire(home, durable=False) as server:
        assert server.pid != os.getpid()
    assert is_alive(os.getpid())


def test_killed_initdb_does_not_pass_for_a_database(home: Path) -> None:
    paths = ServerPaths.of_home(home)
    paths.make_root()
    paths.unfinished_data.mkdir()
    (paths.unfinished_data / "PG_VERSION").write_text("18\n")
    with EmbeddedServer.acquire(home, durable=False) as server:
        assert one_value(server.urls.app, "select 1") == 1


def test_long_home_gets_a_short_private_socket_folder_that_is_removed(home: Path) -> None:
    long_home = home / ("x" * 90) / ("y" * 60)
    with EmbeddedServer.acquire(long_home, durable=False) as server:
        sockets = server.paths.sockets
        assert long_home not in sockets.parents
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
        assert one_value(server.urls.app, "select 1") == 1
    assert not sockets.exists()


def test_short_socket_folder_of_somebody_else_is_refused(home: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder that belongs to somebody else")
    paths = ServerPaths.of_home(home / ("x" * 90) / ("y" * 60))
    paths.sockets.mkdir()
    os.chown(paths.sockets, 4711, 4711)
    try:
        with pytest.raises(ConfigurationError, match="belongs to somebody else"):
            EmbeddedServer.acquire(paths.home, durable=False)
    finally:
        paths.sockets.rmdir()


def test_lost_passwords_are_told_and_nothing_is_started(home: Path) -> None:
    with EmbeddedServer.acquire(home, durable=False) as server:
        passfile = server.paths.passfile
    passfile.rename(passfile.with_suffix(".away"))
    with pytest.raises(ConfigurationError, match="passwords of the database"):
        EmbeddedServer.acquire(home, durable=False)


def test_missing_programs_are_told_with_the_setting(home: Path) -> None:
    with pytest.raises(ConfigurationError, match="KLIENTBRO_POSTGRES_BIN"):
        EmbeddedServer.acquire(home, binaries=home)


def test_server_that_cannot_start_shows_its_last_words(home: Path) -> None:
    with EmbeddedServer.acquire(home, durable=False) as server:
        version = server.paths.data / "PG_VERSION"
    version.write_text("9.6\n")
    with pytest.raises(ConfigurationError, match=r"not compatible|did not start"):
        EmbeddedServer.acquire(home, durable=False)
