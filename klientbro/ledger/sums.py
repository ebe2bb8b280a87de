"""Sums of what we hold: kept balances, postings added up anew, and closings at a day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.periods import FinancialYear
from klientbro.ledger.books import Books
from klientbro.ledger.landing import Transaction

Place = tuple[str, date]  # an account and a month
MonthlySums = Mapping[Place, Decimal]
RESULT_TYPES = ("income", "expense")


# The sums of one account and month side by side: from the postings themselves, which is what a
# proof trusts, as they are kept, and from the deltas of every landing, which an as-known answer is
# made of. Compared where they lie: two of the three need not be fetched.
_THREE = """
select account_id, month, sum(posted), bool_or(is_posted), sum(kept) <> sum(posted),
       sum(moved) <> sum(posted)
from (
  select account_id, date_trunc('month', posting_date::timestamp)::date as month,
         sum(amount) as posted, true as is_posted, 0 as kept, 0 as moved
  from ledger_posting where connection_id = %(connection)s and known_to = 2147483647
  group by 1, 2
  union all
  select account_id, month, 0, false, amount, 0
  from ledger_balance where connection_id = %(connection)s
  union all
  select account_id, month, 0, false, 0, sum(delta)
  from ledger_change where connection_id = %(connection)s group by 1, 2
) sides
group by 1, 2
"""


@dataclass(frozen=True, slots=True)
class ThreeSums:
    """Movement per account and month by the postings, and where the kept sums say otherwise."""

    posted: MonthlySums
    broken_balances: tuple[Place, ...]
    broken_changes: tuple[Place, ...]


def three_sums(transaction: Transaction, connection_id: int) -> ThreeSums:
    """All postings added up anew and held against the kept balances and the kept deltas."""
    posted: dict[Place, Decimal] = {}
    balances: list[Place] = []
    changes: list[Place] = []
    for account, month, amount, is_posted, is_other_kept, is_other_moved in transaction.execute(
        _THREE, {"connection": connection_id}
    ).fetchall():
        if not isinstance(month, date) or not isinstance(amount, Decimal):
            raise TypeError(f"no month and sum: {month!r}, {amount!r}")
        place = (str(account), month)
        if is_posted:
            posted[place] = amount
        if is_other_kept:
            balances.append(place)
        if is_other_moved:
            changes.append(place)
    return ThreeSums(posted, tuple(sorted(balances)), tuple(sorted(changes)))


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
    return _start_among(books.years(day), day)


def _start_among(years: Sequence[FinancialYear], day: date) -> date:
    for year in reversed(years):
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


class Sheets:
    """`closings` at many month ends, each from the one before: the sums are walked through once.

    A proof of twelve months is so a third of the work that asking `closings` for each of them is.
    """

    def __init__(
        self,
        books: Books,
        opening: Mapping[str, Decimal],
        sums: MonthlySums,
        types: Mapping[str, str],
    ) -> None:
        self._books = books
        self._all = (opening, sums, types)
        self._known: dict[date, Mapping[str, Decimal]] = {}
        self._months = sorted({month for _account, month in sums})
        self._until = date.min
        self._years: Sequence[FinancialYear] = ()
        self._sheets: list[tuple[date | None, dict[str, Decimal], dict[str, Decimal]]] = []
        if books.results_restart:
            self._walk(opening, sums, types)

    def at(self, day: date) -> Mapping[str, Decimal]:
        """What every account stands at on a month end; 0.00 accounts left out."""
        found = self._known.get(day)
        if found is None:
            found = self._known[day] = (
                self._from_walk(day)
                if self._books.results_restart
                else closings(self._books, day, *self._all)
            )
        return found

    def _walk(
        self, opening: Mapping[str, Decimal], sums: MonthlySums, types: Mapping[str, str]
    ) -> None:
        """The balance sheet's and the results' sums after each month with postings."""
        moved: dict[date, list[tuple[str, Decimal]]] = {month: [] for month in self._months}
        for (account, month), amount in sums.items():
            moved[month].append((account, amount))
        lasting = {a: amount for a, amount in opening.items() if types.get(a) not in RESULT_TYPES}
        self._opened = {a: amount for a, amount in opening.items() if a not in lasting}
        self._first = dict(lasting)
        start, results = None, dict[str, Decimal]()
        for month in self._months:
            if self._start(month) != start:
                start = self._start(month)
                results = self._opening_results(start)
            for account, amount in moved[month]:
                side = results if types.get(account) in RESULT_TYPES else lasting
                side[account] = side.get(account, Decimal(0)) + amount
            self._sheets.append((start, dict(lasting), dict(results)))

    def _from_walk(self, day: date) -> dict[str, Decimal]:
        start = self._start(day)
        index = bisect_right(self._months, day) - 1
        walked, lasting, results = self._sheets[index] if index >= 0 else (None, self._first, {})
        if walked != start:  # no posting yet in the financial year of the day
            results = self._opening_results(start)
        return {a: amount for a, amount in {**lasting, **results}.items() if amount != 0}

    def _opening_results(self, start: date) -> dict[str, Decimal]:
        """The opening of the result accounts counts in the financial year of the anchor only."""
        anchor = self._books.anchor_date
        return dict(self._opened) if anchor is not None and self._start(anchor) == start else {}

    def _start(self, day: date) -> date:
        if day > self._until:  # the years through a later day hold all the earlier ones
            self._until = max(day, self._months[-1]) if self._months else day
            self._years = self._books.years(self._until)
        return _start_among(self._years, day)
