"""A client's balances per account and month, and what any months or day of them comes to.

The rules are the trial balance's (domain/trial_balance.py): balance-sheet accounts are opening +
every movement; result accounts count within their financial year, with their opening where the
books were taken over in that year. Here the sums are kept running, since a report asks for some
twenty columns of the same books. What was not fetched is None, never zero.

Example: opening 1920 130 000, movement −8 000 in October: 122 000 at the end of October.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate

from klientbro.domain.accounts import Account, AccountId
from klientbro.domain.money import ZERO
from klientbro.domain.periods import FinancialYear, Month, Period, year_containing
from klientbro.domain.trial_balance import Books


class Gap(StrEnum):
    """Why a column has no figures."""

    NOT_FETCHED = "not_fetched"  # history is still to come
    BEFORE_BOOKS = "before_books"  # the books had not begun
    NO_BUDGET = "no_budget"
    NO_BOOKS = "no_books"  # nothing fetched at all


@dataclass(frozen=True, slots=True)
class _Running:
    """An account's months with the sum so far after each."""

    months: tuple[Month, ...]
    sums: tuple[Decimal, ...]

    def through(self, month: Month) -> Decimal:
        at = bisect_right(self.months, month)
        return self.sums[at - 1] if at else ZERO


_NOTHING = _Running((), ())


@dataclass(frozen=True, slots=True)
class MonthBooks:
    """The books of one client, ready to be asked for any column.

    restarts: whether income and expense begin at zero every year; where the source lets them
    accumulate until disposed, they do here too.
    """

    books: Books
    restarts: bool = True
    _running: Mapping[AccountId, _Running] = field(default_factory=dict)

    @classmethod
    def of(cls, books: Books, *, restarts: bool = True) -> MonthBooks:
        """With every account's sums worked out once."""
        running = {}
        for id_, months in books.movements.items():
            order = sorted(months)
            running[id_] = _Running(tuple(order), tuple(accumulate(map(months.__getitem__, order))))
        return cls(books, restarts, running)

    @property
    def accounts(self) -> Mapping[AccountId, Account]:
        return self.books.accounts

    @property
    def years(self) -> Sequence[FinancialYear]:
        return self.books.years

    @property
    def known_from(self) -> Month:
        """The first month whose movement is wholly known."""
        month = Month.of(self.books.covered_from)
        whole = month.first_day >= self.books.covered_from or self.books.has_whole_history
        return month if whole else month.next()

    def year_of(self, month: Month) -> FinancialYear:
        """The financial year of the month; a calendar year where the books know none."""
        return year_containing(self.years, month.last_day) or FinancialYear.of_months(
            Month(month.year, 1), Month(month.year, 12)
        )

    def gap(self, period: Period) -> Gap | None:
        """Why the period's movement is not known; None when it is."""
        if period.first >= self.known_from or self._begins_with_opening(period):
            return None
        begins = self.books.begins
        is_before = begins is not None and period.last_day < begins
        return Gap.BEFORE_BOOKS if is_before or self.books.has_whole_history else Gap.NOT_FETCHED

    def gap_at(self, month: Month) -> Gap | None:
        """Why the balance at the month's end is not known; None when it is."""
        if month.last_day >= self.books.anchor:
            return None
        begins = self.books.begins
        is_before = begins is not None and month.last_day < begins
        return Gap.BEFORE_BOOKS if is_before or self.books.has_whole_history else Gap.NOT_FETCHED

    def movement(self, account_id: AccountId, period: Period) -> Decimal | None:
        """What the account moved in the months, ledger sign; None when not known.

        A year in which the books were taken over counts what it held before, as the trial
        balance does.
        """
        moved = self.movements((account_id,), period)
        return None if moved is None else moved[account_id]

    def movements(
        self, account_ids: Iterable[AccountId], period: Period
    ) -> dict[AccountId, Decimal] | None:
        """The same for many accounts; None when the period is not known."""
        if self.gap(period) is not None:
            return None
        before, last = period.first.previous(), period.last
        running, openings = self._running, self.books.openings
        moved = {}
        for id_ in account_ids:
            sums = running.get(id_, _NOTHING)
            moved[id_] = sums.through(last) - sums.through(before)
        if self._begins_with_opening(period):
            return {id_: amount + openings.get(id_, ZERO) for id_, amount in moved.items()}
        return moved

    def balance(self, account_id: AccountId, month: Month) -> Decimal | None:
        """What the account stands at by the month's end, as the proof compares it."""
        held = self.balances(month, (account_id,))
        return None if held is None else held[account_id]

    def balances(
        self, month: Month, account_ids: Iterable[AccountId] | None = None
    ) -> dict[AccountId, Decimal] | None:
        """The same for many accounts, else for all; None when the month is not known."""
        if self.gap_at(month) is not None:
            return None
        accounts, openings, running = self.books.accounts, self.books.openings, self._running
        year = year_containing(self.years, month.last_day) if self.restarts else None
        # without a year to begin anew: the source's own figures, from the very start
        before = year.first_month.previous() if year is not None else None
        with_opening = year is None or year.start <= self.books.anchor
        held = {}
        for id_ in accounts if account_ids is None else account_ids:
            sums = running.get(id_, _NOTHING)
            if before is None or accounts[id_].type.is_balance_sheet:
                held[id_] = openings.get(id_, ZERO) + sums.through(month)
                continue
            moved = sums.through(month) - sums.through(before)
            held[id_] = moved + openings.get(id_, ZERO) if with_opening else moved
        return held

    def undisposed(self, month: Month) -> Decimal | None:
        """The derived line at the month's end: what makes all balances sum to zero."""
        held = self.balances(month)
        return None if held is None else ZERO - sum(held.values(), ZERO)

    def _begins_with_opening(self, period: Period) -> bool:
        """Whether the period starts a financial year that the books were taken over in."""
        anchor = self.books.anchor
        if not period.first_day <= anchor <= period.last_day:
            return False
        year = year_containing(self.years, period.first_day)
        return year is not None and year.start == period.first_day and anchor in year
