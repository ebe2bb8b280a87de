"""An external server: which are refused, and how the application gets a role of its own."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from klientbro.database import EmbeddedServer, open_database, without_password
from klientbro.database.external import check_app_role, refuse_old_version
from klientbro.database.urls import connection_parameters, url_from_parameters
from klientbro.lib.errors import ConfigurationError


@pytest.fixture
def owner_url(server: EmbeddedServer) -> str:
    """A database on the server whose owner may create roles, as on a server of the customer's."""
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("drop database klientbro")  # the embedded server's own way of doing it
        connection.execute("drop role klientbro_app")
        connection.execute("create role books login createrole password 'p@ss/word'")
        connection.execute("create database books owner books")
    given = connection_parameters(server.superuser_url)
    return url_from_parameters(
        given | {"user": "books", "password": "p@ss/word", "dbname": "books"}
    )


def test_application_gets_a_role_that_owns_nothing(owner_url: str, tmp_path: Path) -> None:
    with open_database(tmp_path, database_url=owner_url) as database:
        assert database.server is None
        assert database.urls.app_role == "klientbro_app"
        with psycopg.connect(database.urls.app) as connection:
            assert connection.execute("select current_user::text").fetchone() == ("klientbro_app",)


def test_the_same_home_finds_its_role_again(owner_url: str, tmp_path: Path) -> None:
    first = open_database(tmp_path, database_url=owner_url)
    assert open_database(tmp_path, database_url=owner_url).urls == first.urls


def test_another_home_is_told_to_name_the_role_and_changes_nothing(
    owner_url: str, tmp_path: Path
) -> None:
    first = open_database(tmp_path / "one", database_url=owner_url)
    with pytest.raises(ConfigurationError, match="KLIENTBRO_APP_DATABASE_URL"):
        open_database(tmp_path / "two", database_url=owner_url)
    psycopg.connect(first.urls.app).close()


def test_role_given_for_the_application_is_used(owner_url: str, tmp_path: Path) -> None:
    made = open_database(tmp_path / "one", database_url=owner_url).urls.app
    urls = open_database(tmp_path / "two", database_url=owner_url, app_database_url=made).urls
    assert urls.app == made


def test_application_may_not_run_as_the_owner(owner_url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="it must be klientbro_app"):
        open_database(tmp_path, database_url=owner_url, app_database_url=owner_url)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ("alter role klientbro_app superuser", "is a superuser"),
        ("alter role klientbro_app bypassrls", "may bypass row-level security"),
        ("alter database books owner to klientbro_app", "owns database objects"),
        ("grant postgres to klientbro_app", "is a member of a role"),
    ],
)
def test_application_role_with_too_much_power_is_refused(
    change: str, complaint: str, owner_url: str, server: EmbeddedServer, tmp_path: Path
) -> None:
    url = open_database(tmp_path, database_url=owner_url).urls.app
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute(change)
    with pytest.raises(ConfigurationError, match=complaint):
        check_app_role(url)


def test_owner_without_the_right_to_make_roles_is_told_what_to_do(
    owner_url: str, server: EmbeddedServer, tmp_path: Path
) -> None:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("alter role books nocreaterole")
    with pytest.raises(ConfigurationError, match="Make it yourself"):
        open_database(tmp_path, database_url=owner_url)


@pytest.mark.parametrize("version", [160004, 90624, 150000])
def test_servers_older_than_17_are_refused(version: int) -> None:
    with pytest.raises(ConfigurationError, match="PostgreSQL 17 or newer is needed"):
        refuse_old_version(version)


@pytest.mark.parametrize("version", [170000, 180004])
def test_servers_from_17_are_taken(version: int) -> None:
    refuse_old_version(version)


def test_server_that_does_not_answer_is_told_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql://books:secret@/books?host={tmp_path}"
    with pytest.raises(ConfigurationError, match="does not answer") as caught:
        open_database(tmp_path, database_url=url)
    assert "secret" not in str(caught.value)


def test_address_that_cannot_be_read_is_told_without_repeating_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        open_database(tmp_path, database_url="postgresql://a:secret@[::1/books")
    assert "secret" not in str(caught.value)


def test_password_is_left_out_and_everything_else_kept() -> None:
    url = "postgresql://books:secret@db.example:5433/regnskap?sslmode=require"
    shown = without_password(url)
    assert "secret" not in shown
    kept = connection_parameters(url)
    kept.pop("password")
    assert connection_parameters(shown) == kept
