"""The server that tests share."""

from __future__ import annotations

from pathlib import Path

import psycopg

from klientbro.database.testing import make_database, server_for_tests


def databases(url: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {name for (name,) in connection.execute("select datname from pg_database")}


def test_owner_may_create_databases_and_leftovers_are_dropped(home: Path) -> None:
    with server_for_tests(home) as server:
        with psycopg.connect(server.urls.owner, autocommit=True) as connection:
            connection.execute("create database test_left_behind")
        with server_for_tests(home) as second:
            assert second.adopted
            assert "test_left_behind" in databases(second.superuser_url)
    with server_for_tests(home) as server:
        assert "test_left_behind" not in databases(server.superuser_url)


def test_spoilt_files_are_thrown_away(home: Path) -> None:
    with server_for_tests(home) as server:
        version = server.paths.data / "PG_VERSION"
    version.write_text("9.6\n")
    with server_for_tests(home) as server:
        assert "klientbro" in databases(server.superuser_url)


def test_tables_are_made_once_and_each_database_is_a_copy_of_its_own(home: Path) -> None:
    migrated: list[str] = []

    with server_for_tests(home) as server:

        def migrate(name: str) -> None:
            migrated.append(name)
            with psycopg.connect(server.superuser_url, dbname=name) as connection:
                connection.execute("create table books as select 1 as number")

        for name in ("test_one", "test_two", "test_two"):
            make_database(server, name, migrate)
        assert migrated == ["test_one_begun"]
        with psycopg.connect(server.superuser_url, dbname="test_one") as connection:
            connection.execute("delete from books")
        with psycopg.connect(server.superuser_url, dbname="test_two") as connection:
            assert connection.execute("select number from books").fetchall() == [(1,)]
    with server_for_tests(home) as server:  # the copies were left behind, what they came from stays
        make_database(server, "test_three", migrate)
        assert migrated == ["test_one_begun"]
        assert not {"test_one", "test_two"} & databases(server.superuser_url)
