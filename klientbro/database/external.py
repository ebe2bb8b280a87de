"""An external PostgreSQL: its version is checked, and the application gets a role of its own."""

from __future__ import annotations

import secrets
from pathlib import Path

import psycopg
from psycopg import sql

from klientbro.database.passwords import write_private
from klientbro.database.urls import (
    APP_ROLE,
    DatabaseUrls,
    connection_parameters,
    url_from_parameters,
    without_password,
)
from klientbro.lib.errors import ConfigurationError

MINIMUM_VERSION = 170000
OWNER_SETTING = "KLIENTBRO_DATABASE_URL"
APP_SETTING = "KLIENTBRO_APP_DATABASE_URL"

Connection = psycopg.Connection[tuple[object, ...]]


def prepare_external(
    home: Path, owner_url: str, app_url: str | None, backup_url: str | None = None
) -> DatabaseUrls:
    """Check the server behind `owner_url` and find, or make, the application's own role.

    `owner_url` is the role that owns the tables and migrates. The application never runs as it:
    either `app_url` gives the address with `klientbro_app`, or that role is made here, which needs
    CREATEROLE, and its password is kept in KLIENTBRO_HOME. The name is fixed, since the migrations
    grant to it; several databases on one server may share it.
    """
    with _connect(owner_url, OWNER_SETTING) as connection:
        refuse_old_version(connection.info.server_version)
        if app_url is None:
            app_url = _make_app_role(home, owner_url, connection)
    check_app_role(app_url)
    return DatabaseUrls(owner=owner_url, app=app_url, backup=backup_url)


def refuse_old_version(version: int) -> None:
    """Raise unless the server is new enough; `version` as PostgreSQL counts (170004 is 17.4)."""
    if version < MINIMUM_VERSION:
        raise ConfigurationError(
            f"PostgreSQL 17 or newer is needed; {OWNER_SETTING} points at version "
            f"{version // 10000}.{version % 10000}. Use a newer server, or leave {OWNER_SETTING} "
            "unset to use the embedded one."
        )


def check_app_role(app_url: str) -> None:
    """Raise unless the application's role is bound by row-level security and owns nothing."""
    with _connect(app_url, APP_SETTING) as connection:
        refuse_old_version(connection.info.server_version)
        if connection.info.user != APP_ROLE:
            raise ConfigurationError(
                f"The role in {APP_SETTING} is {connection.info.user}; it must be {APP_ROLE}, the "
                "role that the tables' rights are given to."
            )
        if complaint := complaint_about_app_role(connection):
            raise ConfigurationError(
                f"The role in {APP_SETTING} {complaint}. The application must connect as a role "
                "that owns nothing, so that row-level security binds it; "
                "docs/howto/run-in-production.md shows how to make one."
            )


def complaint_about_app_role(connection: Connection) -> str | None:
    """What is wrong with the role of this connection, in words; None when it is as it must be."""
    row = connection.execute(
        """
        select rolsuper, rolbypassrls,
               -- a landing's temporary tables are its own, and gone with its connection
               exists (select from pg_class where relowner = r.oid and relpersistence <> 't')
               or exists (select from pg_database where datdba = r.oid)
               or exists (select from pg_namespace where nspowner = r.oid),
               exists (select from pg_auth_members m
                       join pg_roles g on g.oid = m.roleid
                       where m.member = r.oid and (g.rolsuper or g.rolbypassrls
                             or exists (select from pg_class where relowner = g.oid)))
        from pg_roles r where rolname = current_user
        """
    ).fetchone()
    complaints = (
        "is a superuser",
        "may bypass row-level security",
        "owns database objects",
        "is a member of a role that owns tables or passes row-level security",
    )
    return next((text for wrong, text in zip(row or (), complaints, strict=False) if wrong), None)


def _connect(url: str, setting: str) -> Connection:
    try:
        connection_parameters(url)  # raises, without repeating the password, when unreadable
        return psycopg.connect(url, connect_timeout=10, autocommit=True)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise ConfigurationError(
            f"The database at {without_password(url)} does not answer: {reason}. "
            f"Start it, or correct {setting}."
        ) from error


def _make_app_role(home: Path, owner_url: str, connection: Connection) -> str:
    role = APP_ROLE
    stored = home / "external-database.password"
    if stored.exists():
        return _with_role(owner_url, role, stored.read_text().strip())
    if connection.execute("select 1 from pg_roles where rolname = %s", (role,)).fetchone():
        raise ConfigurationError(
            f"The role {role} already exists and its password is not in {home}. Give the "
            f"application's address with {APP_SETTING}."
        )
    password = secrets.token_hex(24)
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    try:
        connection.execute(
            sql.SQL("create role {} login password {}").format(
                sql.Identifier(role), sql.Literal(verifier)
            )
        )
        connection.execute(
            sql.SQL("grant connect, temporary on database {} to {}").format(
                sql.Identifier(connection.info.dbname), sql.Identifier(role)
            )
        )
    except psycopg.errors.InsufficientPrivilege as error:
        raise ConfigurationError(
            f"The role in {OWNER_SETTING} may not create the role {role} that the application "
            f"runs as. Make it yourself and give its address with {APP_SETTING} "
            "(docs/howto/run-in-production.md shows the two statements)."
        ) from error
    home.mkdir(parents=True, exist_ok=True)
    write_private(stored, password + "\n")
    return _with_role(owner_url, role, password)


def _with_role(url: str, role: str, password: str) -> str:
    parameters = connection_parameters(url) | {"user": role, "password": password}
    parameters.pop("passfile", None)
    return url_from_parameters(parameters)
