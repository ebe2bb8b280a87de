"""A firm's keys as they stand in the database, and the operator's keys as they are just now."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import SecretKey, secret_keys_of_home
from klientbro.tenants.context import current_firm, firm_set
from klientbro.tenants.envelopes import Envelopes, Use, WrappedKey

READ_KEYS = (
    "select use, number, wrapped, wrapped_by from tenants_datakey "
    "where firm_id = %s order by use, number"
)
_ADD_KEY = (
    "insert into tenants_datakey (firm_id, use, number, wrapped, wrapped_by, made_at) "
    "values (%s, %s, %s, %s, %s, clock_timestamp())"
)


class ReadsKeys(Protocol):
    """Gives the rows of `READ_KEYS` for a firm, from a transaction of its own."""

    def __call__(self) -> Iterable[tuple[object, ...]]: ...


def keys_of_rows(rows: Iterable[tuple[object, ...]]) -> list[WrappedKey]:
    """The rows of `READ_KEYS` as keys."""
    return [
        WrappedKey(Use(str(use)), int(str(number)), bytes(wrapped), str(wrapped_by))
        for use, number, wrapped, wrapped_by in rows
        if isinstance(wrapped, bytes | memoryview)
    ]


def envelopes_from(
    firm_id: UUID, rows: Iterable[tuple[object, ...]], read_again: ReadsKeys
) -> Envelopes:
    """The firm's envelopes from its keys; they read the keys again when they meet a newer one."""
    keys = keys_of_rows(rows)
    return Envelopes(
        firm_id,
        keys,
        secret_keys(key.wrapped_by for key in keys),
        newest=lambda: envelopes_from(firm_id, read_again(), read_again),
    )


def firm_envelopes() -> Envelopes:
    """The current firm's envelopes. ConfigurationError outside a firm."""
    firm_id = current_firm()
    if firm_id is None:
        raise ConfigurationError("no firm is set: secrets belong to a firm")

    def read() -> list[tuple[object, ...]]:
        with firm_set(firm_id), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(READ_KEYS, [firm_id])
            return list(cursor.fetchall())

    with connection.cursor() as cursor:
        cursor.execute(READ_KEYS, [firm_id])
        rows = cursor.fetchall()
    return envelopes_from(firm_id, rows, read)


def add_key(firm_id: UUID, key: WrappedKey) -> None:
    """Keeps a new key of the current firm."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_KEY, [firm_id, key.use.value, key.number, key.wrapped, key.wrapped_by])


def secret_keys(needed: Iterable[str] = ()) -> tuple[SecretKey, ...]:
    """The operator's keys. They are read from the home folder again when a needed one is missing:
    `klientbro keys rotate` may have made it after this process began."""
    known: tuple[SecretKey, ...] = settings.ENVIRONMENT.secret_keys
    if set(needed) <= {key.id for key in known}:
        return known
    fresh = secret_keys_of_home(settings.ENVIRONMENT)
    ids = {key.id for key in fresh}
    together = (*fresh, *(key for key in known if key.id not in ids))
    if len(together) > len(known):
        settings.ENVIRONMENT = dataclasses.replace(settings.ENVIRONMENT, secret_keys=together)
    return together
