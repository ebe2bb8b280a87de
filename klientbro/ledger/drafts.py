"""Lands the list of vouchers that wait in the source: each reading takes the last one's place."""

from __future__ import annotations

from collections.abc import Sequence

from klientbro.domain.exchange import COLUMNS, Resource, Row
from klientbro.ledger.landing import BooksKey, Transaction, check_fence

_COLUMNS = COLUMNS[Resource.DRAFTS]


def land_drafts(transaction: Transaction, key: BooksKey, rows: Sequence[Row]) -> None:
    """The vouchers that wait now, and that they were read now."""
    check_fence(transaction, key)
    by_id = {str(row[0]): row for row in rows}
    transaction.execute("delete from ledger_draft where connection_id = %s", [key.connection_id])
    with transaction.cursor() as cursor:
        cursor.executemany(
            f"insert into ledger_draft (firm_id, connection_id, {', '.join(_COLUMNS)}) "  # noqa: S608
            f"values (%s, %s, {', '.join(['%s'] * len(_COLUMNS))})",
            [(key.firm_id, key.connection_id, *row) for row in by_id.values()],
        )
    transaction.execute(
        "insert into ledger_draft_reading (firm_id, connection_id, read_at) "
        "values (%s, %s, clock_timestamp()) on conflict (connection_id) do update "
        "set read_at = excluded.read_at, refused_at = null",
        [key.firm_id, key.connection_id],
    )


def note_drafts_refused(transaction: Transaction, key: BooksKey) -> None:
    """The key may not read the list: what was read before is not kept as if it stood."""
    check_fence(transaction, key)
    transaction.execute("delete from ledger_draft where connection_id = %s", [key.connection_id])
    transaction.execute(
        "insert into ledger_draft_reading (firm_id, connection_id, refused_at) "
        "values (%s, %s, clock_timestamp()) on conflict (connection_id) do update "
        "set refused_at = excluded.refused_at, read_at = null",
        [key.firm_id, key.connection_id],
    )
