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
    """First day of the financial year that holds `day`; date.min before the first one."""
    for year in reversed(books.years(day)):
        if year.start <= day:
            return year.start
    return date.min


def counted_years(
    books: Books,
    day: date,
    opening: Mapping[str, Decimal],
    sums: MonthlySums,
    types: Mapping[str, str],
) -> frozenset[date]:
    """[guess] The one place that says which years' results stand on the result accounts at `day`.

    Restarting (books.results_restart): those of the financial year that holds the day. Otherwise
    they go on accumulating until disposed of, so every year whose result is not zero counts too.
    Years are named by their first day. The opening belongs to the year that holds the anchor day.
    """
    current = result_start(books, day)
    if books.results_restart:
        return frozenset({current})
    totals: dict[date, Decimal] = {}
    starts: dict[date, date] = {}
    for (account, month), amount in sums.items():
        if types.get(account) in RESULT_TYPES and month < current:
            if month not in starts:
                starts[month] = result_start(books, month)
            year = starts[month]
            totals[year] = totals.get(year, Decimal(0)) + amount
    if books.anchor_date is not None:
        year = result_start(books, books.anchor_date)
        totals[year] = totals.get(year, Decimal(0)) + sum(
            (amount for account, amount in opening.items() if types.get(account) in RESULT_TYPES),
            Decimal(0),
        )
    return frozenset({current, *(year for year, total in totals.items() if total != 0)})


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
    years = counted_years(books, day, opening, sums, types)
    starts: dict[date, date] = {}
    anchor = books.anchor_date
    counts_opening = anchor is not None and result_start(books, anchor) in years
    found: dict[str, Decimal] = {}
    for account, amount in opening.items():
        if types.get(account) not in RESULT_TYPES or counts_opening:
            found[account] = amount
    for (account, month), amount in sums.items():
        if month > day:
            continue
        if types.get(account) in RESULT_TYPES:
            if month not in starts:
                starts[month] = result_start(books, month)
            if starts[month] not in years:
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
