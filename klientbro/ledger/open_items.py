"""Open items: immutable snapshots per side and date, with the control accounts' sum beside."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from klientbro.domain.exchange import COLUMNS, Resource, Row
from klientbro.ledger.books import Books
from klientbro.ledger.landing import BooksKey, Transaction, check_fence
from klientbro.ledger.sums import openings

_COLUMNS = COLUMNS[Resource.CUSTOMER_ITEMS]
_BALANCE = _COLUMNS.index("balance")


def land_items(
    transaction: Transaction,
    key: BooksKey,
    books: Books,
    side: str,
    as_of: date,
    rows: Sequence[Row],
) -> bool:
    """A new snapshot when anything differs from the day's newest; False when nothing did."""
    check_fence(transaction, key)
    by_id = {str(row[0]): row for row in rows}
    total = sum((Decimal(str(row[_BALANCE])) for row in by_id.values()), Decimal(0))
    control = control_total(transaction, books, side, as_of)
    newest = transaction.execute(
        "select id, items, total, control_total from ledger_item_snapshot "
        "where connection_id = %s and side = %s and as_of = %s order by id desc limit 1",
        [key.connection_id, side, as_of],
    ).fetchone()
    if newest is not None and newest[1:] == (len(by_id), total, control):
        held = transaction.execute(
            f"select {', '.join(_COLUMNS)} from ledger_item where snapshot_id = %s",  # noqa: S608
            [newest[0]],
        ).fetchall()
        if {str(row[0]): tuple(row) for row in held} == {k: tuple(r) for k, r in by_id.items()}:
            return False
    inserted = transaction.execute(
        "insert into ledger_item_snapshot (firm_id, connection_id, side, as_of, landing, items, "
        "total, control_total) select firm_id, connection_id, %s, %s, landing, %s, %s, %s "
        "from ledger_books where connection_id = %s returning id",
        [side, as_of, len(by_id), total, control, key.connection_id],
    ).fetchone()
    snapshot = inserted[0] if inserted else None
    with transaction.cursor() as cursor:
        cursor.executemany(
            f"insert into ledger_item (firm_id, snapshot_id, {', '.join(_COLUMNS)}) "  # noqa: S608
            f"values (%s, %s, {', '.join(['%s'] * len(_COLUMNS))})",
            [(key.firm_id, snapshot, *row) for row in by_id.values()],
        )
    return True


def control_total(transaction: Transaction, books: Books, side: str, as_of: date) -> Decimal | None:
    """What the control accounts of a side stand at on the day; None when none is known yet."""
    accounts = [
        str(account)
        for (account,) in transaction.execute(
            "select source_id from ledger_account where connection_id = %s and control = %s",
            [books.connection_id, side],
        ).fetchall()
    ]
    if not accounts or books.anchor_date is None or as_of < books.anchor_date:
        return None
    base = openings(transaction, books.connection_id)
    # whole months from the kept balances, the rest of the day's own month from its postings
    row = transaction.execute(
        "select coalesce((select sum(amount) from ledger_balance where connection_id = %s "
        "and account_id = any(%s) and month < date_trunc('month', %s::date)), 0) + "
        "coalesce((select sum(amount) from ledger_posting where connection_id = %s "
        "and known_to = 2147483647 and account_id = any(%s) "
        "and posting_date between date_trunc('month', %s::date) and %s), 0)",
        [
            books.connection_id,
            accounts,
            as_of,
            books.connection_id,
            accounts,
            as_of,
            as_of,
        ],
    ).fetchone()
    held = Decimal(str(row[0])) if row else Decimal(0)
    return held + sum((base.get(account, Decimal(0)) for account in accounts), Decimal(0))
