"""The roles of the embedded server and its database; migrations do the rest."""

from __future__ import annotations

import psycopg
from psycopg import sql

from klientbro.database.urls import APP_ROLE, BACKUP_ROLE, DATABASE_NAME, OWNER_ROLE

# Neither passes row-level security. The owner migrates; the application owns nothing at all.
_ATTRIBUTES = "login nosuperuser nobypassrls nocreaterole noreplication"
# Sees every firm, as a backup must, and can change nothing.
_BACKUP_ATTRIBUTES = "login nosuperuser bypassrls nocreaterole noreplication nocreatedb"


def ensure_roles_and_database(
    superuser_url: str, passwords: dict[str, str], *, owner_may_create_databases: bool = False
) -> None:
    """Make the roles and the database where they are missing; quick when all is there."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        for role, extra in (
            (OWNER_ROLE, "createdb" if owner_may_create_databases else "nocreatedb"),
            (APP_ROLE, "nocreatedb"),
        ):
            _ensure_role(connection, role, passwords[role], f"{_ATTRIBUTES} {extra}")
        _ensure_role(connection, BACKUP_ROLE, passwords[BACKUP_ROLE], _BACKUP_ATTRIBUTES)
        names = {
            "database": sql.Identifier(DATABASE_NAME),
            "owner": sql.Identifier(OWNER_ROLE),
            "app": sql.Identifier(APP_ROLE),
            "backup": sql.Identifier(BACKUP_ROLE),
        }
        for is_done, statements in (
            (
                _exists(connection, "select 1 from pg_database where datname = %s", DATABASE_NAME),
                (
                    "create database {database} owner {owner} template template0 encoding 'UTF8'",
                    "revoke all on database {database} from public",
                    "grant connect, temporary on database {database} to {app}",
                ),
            ),
            (
                _exists(
                    connection,
                    "select 1 where pg_has_role(%s, 'pg_read_all_data', 'member')",
                    BACKUP_ROLE,
                ),
                ("grant pg_read_all_data to {backup}",),
            ),
        ):
            for statement in () if is_done else statements:
                # rule sql: one of the statements written above
                connection.execute(sql.SQL(statement).format(**names))
        let_backup_connect(connection, DATABASE_NAME)


def let_backup_connect(
    connection: psycopg.Connection[tuple[object, ...]], database: str, role: str = BACKUP_ROLE
) -> None:
    """Give the backup role its way into a database, once."""
    row = connection.execute(
        "select has_database_privilege(%s, %s, 'connect')", (role, database)
    ).fetchone()
    if row and not row[0]:
        connection.execute(
            sql.SQL("grant connect on database {} to {}").format(
                sql.Identifier(database), sql.Identifier(role)
            )
        )


def _ensure_role(
    connection: psycopg.Connection[tuple[object, ...]], role: str, password: str, attributes: str
) -> None:
    if _exists(connection, "select 1 from pg_roles where rolname = %s", role):
        return
    # Only the scram verifier is sent, so the password itself reaches no log of the server.
    verifier = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("create role {role} {attributes} password {password}").format(
            role=sql.Identifier(role),
            # rule sql: one of the statements written above
            attributes=sql.SQL(attributes),
            password=sql.Literal(verifier),
        )
    )


def _exists(connection: psycopg.Connection[tuple[object, ...]], query: str, name: str) -> bool:
    return connection.execute(query, (name,)).fetchone() is not None
