"""`klientbro backup`: everything in the database, of one moment, in one checked file."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime

import psycopg

from klientbro.cli.command import Command
from klientbro.cli.house import open_database_of_settings
from klientbro.lib.release import release

Connection = psycopg.Connection[tuple[object, ...]]


def add_arguments(parser: ArgumentParser) -> None:
    """Where it goes."""
    parser.add_argument(
        "--to",
        metavar="FILE|FOLDER",
        help="a file, or a folder for a name with the time (default: backups in KLIENTBRO_HOME)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(arguments: Namespace) -> int:
    """Write the backup and tell what is in it. Web and workers may run meanwhile."""
    from klientbro.cli.key_file import write_key_file
    from klientbro.database.backup import LEFT_OUT, backup_url, take_backup
    from klientbro.database.backup_file import file_for
    from klientbro.ledger.control_totals import control_totals, summary

    def about(connection: Connection) -> dict[str, object]:
        size = connection.execute("select pg_database_size(current_database())").fetchone()
        return {
            "product_version": release(),
            "server_version": connection.info.server_version,
            "database_bytes": size[0] if size else 0,
            "left_out": LEFT_OUT,
            "migrations": migrations_run(connection),
            "firms": firms(connection),
            **control_totals(connection, tuple(LEFT_OUT)),
        }

    with open_database_of_settings() as house:
        environment = house.environment
        path = file_for(arguments.to or f"{environment.home}/backups/", datetime.now(UTC))
        manifest = take_backup(house.database.urls, path, about, environment.postgres_bin)
        with psycopg.connect(backup_url(house.database.urls), autocommit=True) as connection:
            keys = write_key_file(connection, path.parent)
    told = {"file": str(path), "bytes": path.stat().st_size, **summary(manifest)}
    if arguments.json:
        print(json.dumps({**told, "keys": str(keys), "taken_at": manifest["taken_at"]}))
        return 0
    print(f"{path} ({told['bytes']} bytes), of {manifest['taken_at']}")
    print(in_words(summary(manifest)))
    print(
        f"The firms' keys are in {keys}: keep a copy of the newest one only, so that a firm that "
        "is destroyed stays so. KLIENTBRO_SECRET_KEYS, or secrets.json of the home folder, is in "
        "neither: keep it somewhere else."
    )
    return 0


def in_words(figures: dict[str, str]) -> str:
    """The control totals on one line."""
    return (
        f"{figures['connections']} connections, {figures['postings']} postings, debit "
        f"{figures['debit']}, credit {figures['credit']}, {figures['seals']} seals"
    )


def migrations_run(connection: Connection) -> list[str]:
    """What the tables have come to, by the names of the migrations."""
    if connection.execute("select to_regclass('django_migrations')").fetchone() == (None,):
        return []
    rows = connection.execute("select app, name from django_migrations order by id").fetchall()
    return [f"{app}.{name}" for app, name in rows]


def firms(connection: Connection) -> dict[str, str]:
    """Which secret key each firm's own key is wrapped with: its name, never the key."""
    if connection.execute("select to_regclass('tenants_datakey')").fetchone() == (None,):
        return {}
    rows = connection.execute(
        "select firm_id, string_agg(distinct wrapped_by, ', ') from tenants_datakey group by 1 "
        "order by 1"
    )
    return {str(firm_id): str(key_id) for firm_id, key_id in rows.fetchall()}


COMMAND = Command("backup", "write a backup of the database", run, add_arguments, place=80)
