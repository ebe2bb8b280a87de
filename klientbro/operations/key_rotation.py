"""A firm's new data key: made, everything sealed under it, the old one destroyed when it may be.

While this runs, everybody reads and writes: both keys open, the newest seals, and whoever meets a
key they do not know reads the firm's keys again. Killed anywhere, the next run goes on with the
same new key. The keyed hashes for equality have a key of their own, which stays, so what is a
duplicate before is one during and after.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from klientbro.audit.services import note
from klientbro.audit.watching import RESEALING
from klientbro.lib.errors import ConfigurationError
from klientbro.operations.alone import alone
from klientbro.tenants.context import firm
from klientbro.tenants.envelopes import (
    FIRST_FORM,
    FIRST_NUMBER,
    NUMBER_BYTES,
    NUMBERED,
    Envelopes,
    Use,
    new_key,
)
from klientbro.tenants.keys import READ_KEYS, add_key, firm_envelopes, keys_of_rows, secret_keys
from klientbro.tenants.models import DataKey
from klientbro.tenants.sealed import SealedColumn, sealed_columns

logger = logging.getLogger(__name__)

KIND = "tenants_datakey"
AT_ONCE_ROWS, AT_ONCE_BYTES = 50, 8_000_000
MOST_PASSES = 20  # a row that somebody holds locked is left for the next pass
BETWEEN_PASSES_SECONDS = 0.2
# A retired key is kept for as long as backups that need it, and never less than the hour in which
# somebody who read the keys before may still write under it.
KEEP_DAYS = 90
LEAST_KEPT = timedelta(hours=1)

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rotated:
    """What came of it for one firm."""

    number: int
    is_new: bool  # False: the key of a rotation that had not come to its end
    resealed: int
    unreadable: int  # envelopes that no key opens; they stay as they are
    left: int  # still under an older key


def wrap_anew(firm_id: UUID) -> int:
    """Puts the firm's keys under the operator's first key; how many were under another."""
    count = 0
    with firm(firm_id):
        with connection.cursor() as cursor:
            cursor.execute(READ_KEYS, [firm_id])
            keys = keys_of_rows(cursor.fetchall())
        operators = secret_keys(key.wrapped_by for key in keys)
        for key in keys:
            if key.wrapped_by == operators[0].id:
                continue
            fresh = key.wrapped_anew(firm_id, operators)
            count += DataKey.objects.filter(
                firm_id=firm_id, use=key.use.value, number=key.number, wrapped=key.wrapped
            ).update(wrapped=fresh.wrapped, wrapped_by=fresh.wrapped_by)
        if count:
            note("keys_wrapped", KIND, told={"wrapped_by": operators[0].id, "rows": count})
    return count


def rotate(
    firm_id: UUID, *, columns: list[SealedColumn] | None = None, told: Told = logger.info
) -> Rotated | None:
    """Gives the firm a new data key and seals everything under it. None: another is doing so."""
    with alone(lock_of(firm_id)) as is_ours:
        if not is_ours:
            return None
        number, is_new = _begin(firm_id)
        resealed, unreadable, left = 0, 0, 0
        for _pass in range(MOST_PASSES):
            done, unreadable = 0, 0
            for column in sealed_columns() if columns is None else columns:
                sealed, closed = _seal_anew(firm_id, column, number)
                done, unreadable = done + sealed, unreadable + closed
                if sealed:
                    told(f"{column.table}.{column.column}: {sealed}")
            resealed += done
            left = _left(firm_id, number)
            if left <= unreadable:
                break
            time.sleep(BETWEEN_PASSES_SECONDS)
        with firm(firm_id):
            if not left:
                DataKey.objects.filter(use=Use.DATA, number__lt=number, emptied_at=None).update(
                    emptied_at=timezone.now()
                )
            note("keys_resealed", KIND, number, told={"rows": resealed, "unreadable": unreadable})
        return Rotated(number, is_new, resealed, unreadable, left)


def destroy_retired(firm_id: UUID, *, keep: timedelta = timedelta(days=KEEP_DAYS)) -> list[int]:
    """Destroys the data keys that nothing is sealed under and no kept backup needs; which."""
    with alone(lock_of(firm_id)) as is_ours, firm(firm_id):
        if not is_ours:
            return []
        under = rows_by_key(firm_id)
        old = DataKey.objects.filter(
            use=Use.DATA, emptied_at__isnull=False, retired_at__lt=timezone.now() - keep
        ).order_by("number")
        gone = [key for key in old if not under.get(key.number)]
        for key in gone:
            note("key_destroyed", KIND, key.number, told={"wrapped_by": key.wrapped_by})
            key.delete()
        return [key.number for key in gone]


def rows_by_key(firm_id: UUID) -> dict[int, int]:
    """How many envelopes of the current firm each data key has."""
    found: dict[int, int] = {}
    with connection.cursor() as cursor:
        for column in sealed_columns():
            # rule sql: names of our own columns, from the models
            cursor.execute(
                f'select {_number_of(column)}, count(*) from "{column.table}" '
                f'where firm_id = %s and "{column.column}" is not null group by 1',
                [firm_id],
            )
            for number, count in cursor.fetchall():
                found[number] = found.get(number, 0) + count
    return found


def lock_of(firm_id: UUID) -> str:
    """The name under which the firm's keys are changed by one at a time."""
    return f"klientbro keys {firm_id}"


def _begin(firm_id: UUID) -> tuple[int, bool]:
    """The key to seal under: that of an unfinished rotation, or a new one."""
    with firm(firm_id):
        keys = DataKey.objects.filter(use=Use.DATA).order_by("-number")
        newest = keys.first()
        if newest is None:
            raise ConfigurationError("The firm has no data key: it has been destroyed.")
        if keys.filter(retired_at__isnull=False, emptied_at=None).exists():
            return newest.number, False
        number = newest.number + 1
        operators = secret_keys([newest.wrapped_by])
        add_key(firm_id, new_key(Use.DATA, number, firm_id, operators))
        keys.filter(number__lt=number, retired_at=None).update(retired_at=timezone.now())
        note("key_made", KIND, number, told={"wrapped_by": operators[0].id})
        return number, True


def _seal_anew(firm_id: UUID, column: SealedColumn, number: int) -> tuple[int, int]:
    """Every row of one column, a few at a time; how many were sealed, and how many do not open."""
    sealed, closed, after = 0, 0, None
    while True:
        with firm(firm_id):
            ids = _next_ids(firm_id, column, number, after)
            if not ids:
                return sealed, closed
            done, unreadable = _seal_rows(firm_id, column, number, ids)
        sealed, closed, after = sealed + done, closed + unreadable, ids[-1]


def _next_ids(firm_id: UUID, column: SealedColumn, number: int, after: Any) -> list[Any]:
    """The next rows under an older key: so many that their envelopes fit in memory."""
    further = "" if after is None else f'and "{column.key}" > %(after)s'
    with connection.cursor() as cursor:
        # rule sql: names of our own columns, from the models
        cursor.execute(
            f'select "{column.key}", octet_length("{column.column}") from "{column.table}" '
            f'where firm_id = %(firm)s and "{column.column}" is not null {further} '
            f"and {_is_older(column)} "
            f'order by "{column.key}" limit {AT_ONCE_ROWS}',
            {"firm": firm_id, "after": after, "header": _header(number)},
        )
        ids: list[Any] = []
        size = 0
        for row_id, length in cursor.fetchall():
            size += length
            if ids and size > AT_ONCE_BYTES:
                break
            ids.append(row_id)
        return ids


def _seal_rows(firm_id: UUID, column: SealedColumn, number: int, ids: list[Any]) -> tuple[int, int]:
    """One transaction. Rows that somebody is writing just now are passed over."""
    others = "".join(f', "{name}"' for name in column.others)
    envelopes = firm_envelopes()
    if envelopes.number != number:
        raise ConfigurationError("The firm has got another data key meanwhile. Run it again.")
    with connection.cursor() as cursor:
        cursor.execute("select set_config(%s, 'on', true)", [RESEALING])
        # rule sql: names of our own columns, from the models
        cursor.execute(
            f'select "{column.key}", "{column.column}"{others} from "{column.table}" '
            f'where firm_id = %(firm)s and "{column.key}" = any(%(ids)s) '
            f'and "{column.column}" is not null and {_is_older(column)} '
            f'order by "{column.key}" for no key update skip locked',
            {"firm": firm_id, "ids": ids, "header": _header(number)},
        )
        rows = cursor.fetchall()
        fresh = []
        for row_id, sealed, *values in rows:
            field = column.field_of(dict(zip(column.others, values, strict=True)))
            envelope = _under_the_newest(envelopes, field, bytes(sealed))
            if envelope is None:
                logger.warning("%s %s: %s does not open", column.table, row_id, column.column)
            else:
                fresh.append((envelope, firm_id, row_id))
        if fresh:
            # rule sql: names of our own columns, from the models
            cursor.executemany(
                f'update "{column.table}" set "{column.column}" = %s '
                f'where firm_id = %s and "{column.key}" = %s',
                fresh,
            )
    return len(fresh), len(rows) - len(fresh)


def _under_the_newest(envelopes: Envelopes, field: str, sealed: bytes) -> bytes | None:
    try:
        return envelopes.seal_bytes(field, envelopes.open_bytes(field, sealed))
    except ConfigurationError:
        return None


def _left(firm_id: UUID, number: int) -> int:
    with firm(firm_id):
        return sum(count for key, count in rows_by_key(firm_id).items() if key != number)


def _header(number: int) -> bytes:
    return NUMBERED + number.to_bytes(NUMBER_BYTES)


def _is_older(column: SealedColumn) -> str:
    return f'substring("{column.column}" for {1 + NUMBER_BYTES}) <> %(header)s'


def _number_of(column: SealedColumn) -> str:
    """SQL for the number of the key that an envelope is under."""
    name = f'"{column.column}"'
    digits = f"encode(substring({name} from 2 for {NUMBER_BYTES}), 'hex')"
    return (
        f"case when substring({name} for 1) = '\\x{FIRST_FORM.hex()}'::bytea then {FIRST_NUMBER} "
        f"else ('x' || {digits})::bit(32)::int end"
    )
