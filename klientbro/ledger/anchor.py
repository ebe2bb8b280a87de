"""The anchor: what every account stood at on a day, by the source, less what we hold up to it.

closing(D) = opening + all held postings dated ≤ D, for a balance-sheet account and D from the
anchor on. A result account's opening counts only while D lies in the financial year of the anchor.
The opening is right whether or not the source returns its opening voucher among the postings,
since what we hold on or before the anchor day is subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from klientbro.domain.proof import sum_by_account
from klientbro.ledger.books import Books
from klientbro.ledger.findings import note
from klientbro.ledger.landing import BooksKey, Landed, Transaction, check_fence, take_landing
from klientbro.ledger.sums import RESULT_TYPES, result_start
from klientbro.ledger.sums import openings as held_openings


def move_anchor(
    transaction: Transaction,
    key: BooksKey,
    books: Books,
    anchor: date,
    source: Sequence[tuple[str, Decimal]],
    types: Mapping[str, str],
) -> int | None:
    """Sets the openings from the source's balances on `anchor`; returns the landing number.

    The old openings are closed, not lost, so that an as-known balance stays answerable. Asked for
    the day the anchor already has, it writes only when the source now says otherwise: that is a
    finding, and every seal that stood on the old openings is taken back.
    """
    check_fence(transaction, key)
    openings = dict(sum_by_account(source))
    start = result_start(books, anchor)
    for account, month, amount in _held_until(transaction, key.connection_id, anchor):
        if types.get(account) in RESULT_TYPES and month < start:
            continue
        openings[account] = openings.get(account, Decimal(0)) - amount
    openings = {account: amount for account, amount in openings.items() if amount != 0}
    is_same_day = books.anchor_date == anchor
    if is_same_day and openings == held_openings(transaction, key.connection_id):
        return None
    landing = take_landing(transaction, key, "anchor", anchor, anchor)
    if is_same_day:
        note(transaction, key, "opening_changed", str(anchor), {}, landing)
        transaction.execute(
            "update ledger_month set state = 'unproved' where connection_id = %s "
            "and state <> 'unproved'",
            [key.connection_id],
        )
    transaction.execute(
        "update ledger_opening set known_to = %s where connection_id = %s "
        "and known_to = 2147483647",
        [landing, key.connection_id],
    )
    transaction.execute(
        "insert into ledger_opening (firm_id, connection_id, account_id, amount, known_from) "
        "select %s, %s, account_id, amount, %s from unnest(%s::text[], %s::numeric[]) "
        "as o(account_id, amount)",
        [key.firm_id, key.connection_id, landing, list(openings), list(openings.values())],
    )
    covered_from = anchor + timedelta(days=1)
    transaction.execute(
        "insert into ledger_anchor (firm_id, connection_id, landing, anchor_date, covered_from) "
        "values (%s, %s, %s, %s, %s)",
        [key.firm_id, key.connection_id, landing, anchor, covered_from],
    )
    transaction.execute(
        "update ledger_books set anchor_date = %s, covered_from = %s, "
        "is_anchored_at_conversion = %s where connection_id = %s",
        [anchor, covered_from, anchor <= books.first_possible_day, key.connection_id],
    )
    return landing


def give_way(
    transaction: Transaction, key: BooksKey, books: Books, landed: Landed, types: Mapping[str, str]
) -> None:
    """Takes landed history out of the opening, in the same transaction: later closings stand still.

    The opening held these postings as part of the source's balance on the anchor day.
    """
    if books.anchor_date is None:
        return
    start = result_start(books, books.anchor_date)
    moved: dict[str, Decimal] = {}
    for (account, month), amount in landed.sums.items():
        if types.get(account) in RESULT_TYPES and month < start:
            continue
        moved[account] = moved.get(account, Decimal(0)) + amount
    transaction.execute(
        """
        with moved as (
          select * from unnest(%(accounts)s::text[], %(amounts)s::numeric[])
            as m(account_id, amount)
          where amount <> 0
        ), before as (
          update ledger_opening o set known_to = %(landing)s from moved
          where o.connection_id = %(connection)s and o.known_to = 2147483647
            and o.account_id = moved.account_id
          returning o.account_id, o.amount
        )
        insert into ledger_opening (firm_id, connection_id, account_id, amount, known_from)
        select %(firm)s, %(connection)s, account_id, coalesce(before.amount, 0) - moved.amount,
               %(landing)s
        from moved left join before using (account_id)
        """,
        {
            "accounts": list(moved),
            "amounts": list(moved.values()),
            "landing": landed.number,
            "connection": key.connection_id,
            "firm": key.firm_id,
        },
    )


def _held_until(
    transaction: Transaction, connection_id: int, day: date
) -> list[tuple[str, date, Decimal]]:
    """Movement per account and month of what we hold up to a day, its own month by postings."""
    rows = transaction.execute(
        "select account_id, month, amount from ledger_balance "
        "where connection_id = %s and month < date_trunc('month', %s::date) "
        "union all "
        "select account_id, date_trunc('month', %s::date)::date, sum(amount) from ledger_posting "
        "where connection_id = %s and known_to = 2147483647 "
        "and posting_date between date_trunc('month', %s::date) and %s group by account_id",
        [connection_id, day, day, connection_id, day, day],
    ).fetchall()
    return [
        (str(account), month, Decimal(str(amount)))
        for account, month, amount in rows
        if isinstance(month, date)
    ]
