"""Sums of what we hold: kept balances, postings added up anew, and closings at a day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from klientbro.ledger.books import Books
from klientbro.ledger.landing import Transaction

MonthlySums = Mapping[tuple[str, date], Decimal]
RESULT_TYPES = ("income", "expense")


def held_sums(transaction: Transaction, connection_id: int) -> dict[tuple[str, date], Decimal]:
    """Kept balances: movement per account and month of all postings we hold."""
    return _sums(
        transaction,
        "select account_id, month, amount from ledger_balance where connection_id = %s",
        connection_id,
    )


def posting_sums(transaction: Transaction, connection_id: int) -> dict[tuple[str, date], Decimal]:
    """The same, added up from the postings themselves: what a proof trusts."""
    return _sums(
        transaction,
        "select account_id, date_trunc('month', posting_date)::date, sum(amount) "
        "from ledger_posting where connection_id = %s and known_to = 2147483647 group by 1, 2",
        connection_id,
    )


def openings(transaction: Transaction, connection_id: int) -> dict[str, Decimal]:
    """The current opening per account, as of the anchor day."""
    return {
        str(account): Decimal(str(amount))
        for account, amount in transaction.execute(
            "select account_id, amount from ledger_opening where connection_id = %s "
            "and known_to = 2147483647",
            [connection_id],
        ).fetchall()
    }


def account_types(transaction: Transaction, connection_id: int) -> dict[str, str]:
    """The source's own type of each account, by account id."""
    return {
        str(account): str(kind)
        for account, kind in transaction.execute(
            "select source_id, type from ledger_account where connection_id = %s", [connection_id]
        ).fetchall()
    }


def result_start(books: Books, day: date) -> date:
    """First day from which result accounts count at `day`: the start of its financial year.

    Where the source lets results accumulate until disposed (books.results_restart is False), they
    count from the very first posting instead.
    """
    if not books.results_restart:
        return date.min
    for year in reversed(books.years(day)):
        if year.start <= day:
            return year.start
    return date(day.year, 1, 1)


def closings(
    books: Books,
    day: date,
    opening: Mapping[str, Decimal],
    sums: MonthlySums,
    types: Mapping[str, str],
) -> dict[str, Decimal]:
    """What every account stands at on a month end, by account id; 0.00 accounts left out.

    Balance-sheet accounts: opening and everything held up to the day. Result accounts: from the
    first day of the financial year, and the opening while the anchor lies in that year.
    """
    start = result_start(books, day)
    anchor = books.anchor_date
    found: dict[str, Decimal] = {}
    for account, amount in opening.items():
        if types.get(account) not in RESULT_TYPES or (anchor is not None and anchor >= start):
            found[account] = amount
    for (account, month), amount in sums.items():
        if month > day or (types.get(account) in RESULT_TYPES and month < start):
            continue
        found[account] = found.get(account, Decimal(0)) + amount
    return {account: amount for account, amount in found.items() if amount != 0}


def _sums(
    transaction: Transaction, query: str, connection_id: int
) -> dict[tuple[str, date], Decimal]:
    found: dict[tuple[str, date], Decimal] = {}
    for account, month, amount in transaction.execute(query, [connection_id]).fetchall():
        if isinstance(month, date):
            found[(str(account), month)] = Decimal(str(amount))
    return found
