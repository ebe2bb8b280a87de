"""The server that tests share."""

from __future__ import annotations

from pathlib import Path

import psycopg

from klientbro.database.testing import server_for_tests


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
