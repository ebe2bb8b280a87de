"""`klientbro restore`: a backup into a fresh database, proved equal, then in the old's place."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from uuid import UUID

import psycopg

from klientbro.cli.backup import in_words
from klientbro.cli.command import Command
from klientbro.cli.house import (
    APP_URL,
    OWNER_URL,
    House,
    bring_up_to_date,
    close_connections,
    open_database_of_settings,
    pending_migrations,
    start_django,
)
from klientbro.database.backup import Restoring, administrator_url_of
from klientbro.database.backup_file import BackupFile, Manifest, read_backup
from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import Environment

Connection = psycopg.Connection[tuple[object, ...]]


def add_arguments(parser: ArgumentParser) -> None:
    """What to restore, and how sure you are."""
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument(
        "--yes", action="store_true", help="also when the present database is not empty"
    )
    parser.add_argument(
        "--keys",
        metavar="FILE",
        type=Path,
        help="the newest file of the firms' keys (default: the one in the backup's folder)",
    )
    parser.add_argument(
        "--without-keys",
        action="store_true",
        help="also when the secret keys here cannot open the clients' keys in the backup",
    )


def run(arguments: Namespace) -> int:
    """Check, fill a fresh database, compare, swap. Until the swap nothing present is touched."""
    path = arguments.file.absolute()
    backup = read_backup(path)
    with open_database_of_settings() as house:
        server = house.database.server
        urls = house.database.urls
        restoring = Restoring(
            urls, server.superuser_url if server else administrator_url_of(urls.owner)
        )
        with restoring.open():
            is_present_in_use = restoring.is_present_in_use()
            if is_present_in_use and not arguments.yes:
                raise ConfigurationError(
                    f"The database {restoring.name} is not empty. Give --yes to put the backup in "
                    "its place; it is kept beside it under another name."
                )
            restoring.refuse_while_used()
            print(f"{path} is whole; it was taken {backup.manifest['taken_at']}.", flush=True)
            restoring.fill(backup, house.environment.postgres_bin)
            _prove(restoring, backup.manifest)
            count = _migrate(restoring, house, backup)
            _put_keys(restoring, path, arguments.keys)
            _check_keys(restoring, house.environment, accept=arguments.without_keys)
            restoring.swap(keep_before=is_present_in_use)
    _tell(backup, restoring, count, kept=is_present_in_use)
    return 0


def _prove(restoring: Restoring, manifest: Manifest) -> None:
    """The restored books' totals against those taken with the backup."""
    from klientbro.ledger.control_totals import control_totals, differences

    left_out = manifest.get("left_out")
    without = tuple(left_out) if isinstance(left_out, dict) else ()
    with psycopg.connect(restoring.urls.backup or "", autocommit=True) as connection:
        found = differences(manifest, control_totals(connection, without))
    if found:
        shown = "\n  ".join(found[:20])
        raise ConfigurationError(
            f"The restored books are not those of the backup ({len(found)} differences); nothing "
            f"was changed:\n  {shown}"
        )


def _put_keys(restoring: Restoring, backup: Path, keys: Path | None) -> None:
    """The firms' own keys, which are not in the backup; a destroyed firm goes once more."""
    from klientbro.cli.key_file import NAME, put_keys, read_key_file

    path = keys or backup.parent / NAME
    if keys is None and not path.exists():
        return  # a backup from before they were apart has them; _check_keys tells whether
    kept = read_key_file(path)
    count = put_keys(restoring.urls.owner, kept)
    from klientbro.operations.firm_destruction import erase_restored

    try:
        for name in erase_restored(kept.destroyed):
            print(f"{name} has been destroyed since the backup; its rows are erased again.")
    finally:
        close_connections()
    print(f"The keys of {count} firm(s) are those of {path}, written {kept.taken_at}.", flush=True)


def _check_keys(restoring: Restoring, environment: Environment, *, accept: bool) -> None:
    """Whether what is here opens each firm's data key and one of its clients' keys."""
    with psycopg.connect(restoring.urls.backup or "", autocommit=True) as connection:
        closed = unopened_firms(connection, environment)
    if not closed:
        return
    told = (
        f"The secret keys here cannot open the clients' keys of {len(closed)} firm(s): "
        f"{'; '.join(closed[:3])}"
    )
    if not accept:
        raise ConfigurationError(
            f"{told}. They are never in a backup: put back the secrets.json of the old home "
            f"folder in {environment.home}, or its KLIENTBRO_SECRET_KEYS, and name the newest file "
            "of firms' keys with --keys. If they are lost, restore with --without-keys: the books "
            "come back, every client key must be entered anew, and attachments stay shut. Nothing "
            "was changed."
        )
    print(f"NOTE: {told}. Every client key of theirs must be entered anew.")


def unopened_firms(connection: Connection, environment: Environment) -> list[str]:
    """For each firm whose secrets do not open, why."""
    from klientbro.tenants.envelopes import Envelopes
    from klientbro.tenants.keys import READ_KEYS, keys_of_rows

    closed = []
    rows = connection.execute(
        "select f.id, (select key_sealed from "
        "clients_connection c where c.firm_id = f.id and key_sealed is not null limit 1) "
        "from tenants_firm f order by f.id"
    ).fetchall()
    for firm_id, sealed in rows:
        keys = keys_of_rows(connection.execute(READ_KEYS, [firm_id]).fetchall())
        try:
            envelopes = Envelopes(UUID(str(firm_id)), keys, environment.secret_keys)
            if sealed is not None:
                envelopes.open("client_key", _bytes(sealed))
        except ConfigurationError as error:
            closed.append(str(error).rstrip("."))
    return closed


def _migrate(restoring: Restoring, house: House, backup: BackupFile) -> int:
    """Bring the fresh database to this release; a backup of a newer one is refused."""
    os.environ[APP_URL], os.environ[OWNER_URL] = restoring.urls.app, restoring.urls.owner
    start_django()
    from django.db.migrations.loader import MigrationLoader

    known = {f"{app}.{name}" for app, name in MigrationLoader(None).graph.nodes}
    run_before = backup.manifest.get("migrations")
    newer = [name for name in run_before if name not in known] if run_before else []  # type: ignore[attr-defined]  # a list of names
    if newer:
        raise ConfigurationError(
            f"The backup was made by a newer release ({backup.manifest.get('product_version')}; "
            f"{newer[0]} is not known here). Install that one, then restore."
        )
    try:
        missing = len(pending_migrations())
        bring_up_to_date(house)
        return missing
    finally:
        close_connections()


def _tell(backup: BackupFile, restoring: Restoring, migrations: int, *, kept: bool) -> None:
    from klientbro.ledger.control_totals import summary

    print(in_words(summary(backup.manifest)))
    print(
        f"The control totals of the restored books equal those of the backup. "
        f"{migrations} migrations were run."
    )
    if kept:
        print(
            f"The database that was here is kept as {restoring.before}; drop it when you are sure."
        )
    print("Start the web and the workers; the syncs go on from where the backup was taken.")


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes | memoryview):
        raise TypeError("an envelope is bytes")
    return bytes(value)


COMMAND = Command("restore", "put a backup back, checked", run, add_arguments, place=82)
