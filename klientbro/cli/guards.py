"""What a machine must agree on with the others before its web or worker starts, and with the clock.

Several machines share one database. One that lacks the others' secret keys would stop every sync
it takes, and one that is older than the tables might write what the newer release has given up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from klientbro.cli.house import House
from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import Environment

# Timestamps in the database are its own; ours matter for tokens and for what people are shown.
NOTED_SKEW_SECONDS, WRONG_SKEW_SECONDS = 2.0, 30.0

Connection = psycopg.Connection[tuple[object, ...]]


def require_fit(house: House) -> None:
    """Raise when this machine must not work on the shared database."""
    if newer := migrations_from_newer_releases():
        raise ConfigurationError(
            f"The database has been migrated by a newer release ({newer[0]} is not known here). "
            "Install that release on this machine too."
        )
    with psycopg.connect(house.database.urls.app, connect_timeout=10) as connection:
        closed = firms_we_cannot_open(connection, house.environment)
    if closed:
        raise ConfigurationError(
            f"The secret keys of this machine cannot open {len(closed)} firm(s) in the database: "
            f"{closed[0]}. All machines need the same KLIENTBRO_SECRET_KEYS; copy it from one "
            "that works (a machine without it makes a key of its own in KLIENTBRO_HOME)."
        )


def migrations_from_newer_releases() -> list[str]:
    """What the database has that this program does not know, of the apps that both have."""
    from django.db import connections
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connections["default"])
    ours = {app for app, _name in loader.disk_migrations}
    replaced = {key for one in loader.disk_migrations.values() for key in one.replaces}
    known = set(loader.disk_migrations) | replaced
    return sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in ours and (app, name) not in known
    )


def firms_we_cannot_open(connection: Connection, environment: Environment) -> list[str]:
    """For each firm whose data key the secret keys here do not open, why."""
    from klientbro.tenants.envelopes import Envelopes
    from klientbro.tenants.keys import READ_KEYS, keys_of_rows

    with connection.transaction():
        connection.execute("select set_config('klientbro.operator', 'list firms', true)")
        rows = connection.execute("select id from tenants_firm order by created_at").fetchall()
    closed = []
    for (firm_id,) in rows:
        with connection.transaction():
            connection.execute("select set_config('klientbro.firm', %s, true)", [str(firm_id)])
            keys = keys_of_rows(connection.execute(READ_KEYS, [firm_id]).fetchall())
        try:
            if keys:  # a firm without any has been destroyed, or came back without them
                Envelopes(UUID(str(firm_id)), keys, environment.secret_keys)
        except ConfigurationError as error:
            closed.append(str(error).rstrip("."))
    return closed


def _now() -> datetime:
    return datetime.now(UTC)


def clock_skew(connection: Connection, now: Callable[[], datetime] = _now) -> float:
    """How many seconds this machine's clock is ahead of the database's, by the quickest of five."""
    best: tuple[float, float] | None = None
    for _ in range(5):
        began = time.monotonic()
        before = now()
        row = connection.execute("select clock_timestamp()").fetchone()
        taken = time.monotonic() - began
        if row is None or not isinstance(row[0], datetime):
            continue
        middle = before.timestamp() + taken / 2
        if best is None or taken < best[0]:
            best = (taken, middle - row[0].timestamp())
    return best[1] if best else 0.0
