"""The trial balance: opening, movement and closing per account for any whole months.

The rule (design, decision 7), for the last day D of a month:

- asset, liability and equity accounts: opening at the anchor + every posting dated ≤ D;
- income and expense accounts: postings from the first day of the financial year containing D,
  plus their opening when the anchor lies in that same year (books converted in mid-year).

The rows then sum to minus what earlier years earned and nobody disposed of. That line is derived,
never an account, so that the whole sums to 0.00. Example, in thousands: bank 130, share capital
−100, this year's sales −10. The rows sum to 20, so earlier years' undisposed result is −20.

What was not fetched is None, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from klientbro.domain.accounts import Account, AccountGroup, AccountId, account_sort_key
from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.periods import (
    MONTHS_IN_YEAR,
    FinancialYear,
    Month,
    Period,
    year_containing,
)
from klientbro.lib.errors import UnknownAccountError

MonthSums = Mapping[AccountId, Mapping[Month, Decimal]]


@dataclass(frozen=True, slots=True)
class Books:
    """What a trial balance is made from.

    anchor: the day at whose end the openings stand; history is held from the day after.
    openings: the source's balance at the anchor less the postings we hold up to and including it,
    so that it does not matter whether the source returns the opening voucher.
    begins: first day of bookkeeping in the source (conversion date) when known. Before it there
    is nothing to fetch; between it and the anchor history is still missing.
    """

    accounts: Mapping[AccountId, Account]
    anchor: date
    openings: Mapping[AccountId, Decimal]
    movements: MonthSums
    years: Sequence[FinancialYear]
    begins: date | None = None

    def __post_init__(self) -> None:
        unknown = (self.openings.keys() | self.movements.keys()) - self.accounts.keys()
        if unknown:
            raise UnknownAccountError(tuple(sorted(unknown)))

    @property
    def covered_from(self) -> date:
        """First day of the unbroken history we hold."""
        return self.anchor + timedelta(days=1)

    @property
    def has_whole_history(self) -> bool:
        """Whether there is nothing more to fetch before the anchor."""
        return self.begins is not None and self.covered_from <= self.begins


@dataclass(frozen=True, slots=True)
class Figures:
    """The columns of one row. None where data has not arrived, or the books had not begun."""

    opening: Decimal | None
    closing: Decimal | None
    last_year: Decimal | None

    @property
    def movement(self) -> Decimal | None:
        if self.opening is None or self.closing is None:
            return None
        return self.closing - self.opening

    @property
    def is_zero(self) -> bool:
        return not (self.opening or self.closing or self.last_year)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the trial balance. `account` is None for the derived undisposed line."""

    account: Account | None
    figures: Figures

    @property
    def kind(self) -> str:
        """`account` or `undisposed`, as exports call it."""
        return "account" if self.account is not None else "undisposed"


@dataclass(frozen=True, slots=True)
class Section:
    """A group of rows with its sum. The undisposed line closes equity and liabilities."""

    group: AccountGroup
    rows: tuple[Row, ...]
    total: Figures


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """A trial balance for whole months.

    opening_date: the day at whose end the opening column stands: the day before the period, or
    the anchor when the books began inside it; None when it is not fetched.
    last_year_date: what the last-year column is at the end of.
    """

    period: Period
    year: FinancialYear | None
    opening_date: date | None
    last_year_date: date
    sections: tuple[Section, ...]
    undisposed: Figures
    total: Figures

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every line, in the order shown."""
        return tuple(row for section in self.sections for row in section.rows)


@dataclass(frozen=True, slots=True)
class _Span:
    """Which months count towards a balance (first None: all up to last), and the opening or not."""

    first: Month | None
    last: Month
    with_opening: bool

    def balance(self, opening: Decimal, months: Mapping[Month, Decimal]) -> Decimal:
        first, last = self.first, self.last
        start = opening + ZERO if self.with_opening else ZERO
        if first is None:
            return sum((amount for month, amount in months.items() if month <= last), start)
        return sum((amount for month, amount in months.items() if first <= month <= last), start)


@dataclass(frozen=True, slots=True)
class _Column:
    """How one column is summed, for the two kinds of account. A None span is a known zero."""

    balance_sheet: _Span
    result: _Span | None

    def balance(self, books: Books, account: Account) -> Decimal:
        span = self.balance_sheet if account.type.is_balance_sheet else self.result
        if span is None:
            return ZERO
        months = books.movements.get(account.id, _NO_MONTHS)
        return span.balance(books.openings.get(account.id, ZERO), months)


_NO_MONTHS: Mapping[Month, Decimal] = {}


def trial_balance(books: Books, period: Period, *, include_unused: bool = False) -> TrialBalance:
    """The trial balance for the period, with last year's closing beside.

    Result accounts count within the financial year the period ends in. In a period that began
    in an earlier year they open at zero, and what that year earned moves to the undisposed line.
    Accounts without figures and without postings in the period are left out unless
    `include_unused`.
    """
    closing = _closing_column(books, period.last)
    opening, opening_date = _opening_column(books, period)
    last_year_month = period.last.plus(-MONTHS_IN_YEAR)
    last_year = _closing_column(books, last_year_month)

    known = Figures(*(ZERO if column else None for column in (opening, closing, last_year)))
    rows = [
        Row(
            account,
            Figures(
                opening.balance(books, account) if opening else None,
                closing.balance(books, account) if closing else None,
                last_year.balance(books, account) if last_year else None,
            ),
        )
        for account in books.accounts.values()
    ]
    undisposed = _negated(_sum([row.figures for row in rows], known))
    used = [row for row in rows if include_unused or _is_used(books, row, period)]
    sections = _sections(used, Row(None, undisposed), known)
    return TrialBalance(
        period=period,
        year=year_containing(books.years, period.last_day),
        opening_date=opening_date,
        last_year_date=last_year_month.last_day,
        sections=sections,
        undisposed=undisposed,
        total=_sum([section.total for section in sections], known),
    )


def year_to_date(books: Books, month: Month, *, include_unused: bool = False) -> TrialBalance:
    """The trial balance from the first month of the financial year through the month."""
    year = _year_of(books, month)
    period = Period(year.first_month, month)
    return trial_balance(books, period, include_unused=include_unused)


def closing_balances(books: Books, month: Month) -> dict[AccountId, Decimal] | None:
    """Every account's balance at the month's end, as the proof compares it; None before history."""
    column = _closing_column(books, month)
    if column is None:
        return None
    return {id_: column.balance(books, account) for id_, account in books.accounts.items()}


def unbalanced_months(movements: MonthSums) -> dict[Month, Decimal]:
    """Months whose postings do not sum to zero, and by how much. A sound ledger has none."""
    sums: dict[Month, Decimal] = {}
    for months in movements.values():
        for month, amount in months.items():
            sums[month] = sums.get(month, ZERO) + amount
    return {month: sums[month] for month in sorted(sums) if sums[month] != ZERO}


def _closing_column(books: Books, month: Month) -> _Column | None:
    """How balances at the month's end are summed; None when they lie before the anchor."""
    if month.last_day < books.anchor:
        return None
    balance_sheet = _Span(None, month, with_opening=True)
    if month.last_day == books.anchor and year_containing(books.years, books.anchor) is None:
        # The day before the first known year: the source's own figures, result accounts too.
        return _Column(balance_sheet, balance_sheet)
    year = _year_of(books, month)
    result = _Span(year.first_month, month, with_opening=year.start <= books.anchor)
    return _Column(balance_sheet, result)


def _opening_column(books: Books, period: Period) -> tuple[_Column | None, date | None]:
    """How the opening column is summed, and the day at whose end it stands."""
    before = period.first.previous()
    if before.last_day < books.anchor:
        if not books.has_whole_history or period.last_day < books.anchor:
            return None, None
        # The books began inside the period: it opens with what was brought in.
        before = _last_whole_month(books.anchor)
        opening_date = books.anchor
    else:
        opening_date = before.last_day
    year = _year_of(books, period.last)
    result = None
    if year.start <= opening_date:
        result = _Span(year.first_month, before, with_opening=year.start <= books.anchor)
    return _Column(_Span(None, before, with_opening=True), result), opening_date


def _last_whole_month(day: date) -> Month:
    """The last month that has ended by the end of the day."""
    month = Month.of(day)
    return month if month.last_day == day else month.previous()


def _year_of(books: Books, month: Month) -> FinancialYear:
    year = year_containing(books.years, month.last_day)
    if year is None:
        raise ValueError(f"no financial year contains {month.key}")
    return year


def _is_used(books: Books, row: Row, period: Period) -> bool:
    if not row.figures.is_zero or row.account is None:
        return True
    return any(month in period for month in books.movements.get(row.account.id, _NO_MONTHS))


def _sections(rows: Sequence[Row], undisposed: Row, known: Figures) -> tuple[Section, ...]:
    """The rows by group, each in account order; groups without rows are left out."""
    by_group: dict[AccountGroup, list[tuple[str, AccountId, Row]]] = {}
    for row in rows:
        if row.account is not None:
            place = (account_sort_key(row.account.number), row.account.id, row)
            by_group.setdefault(row.account.group, []).append(place)
    sections = []
    for group in AccountGroup:
        placed = sorted(by_group.get(group, []), key=lambda place: place[:2])
        lines = [row for _, _, row in placed]
        if group is AccountGroup.EQUITY_AND_LIABILITIES and not undisposed.figures.is_zero:
            lines.append(undisposed)
        if lines:
            total = _sum([line.figures for line in lines], known)
            sections.append(Section(group, tuple(lines), total))
    return tuple(sections)


def _sum(figures: Sequence[Figures], known: Figures) -> Figures:
    """The sum of each column; None where the column is not known."""
    return Figures(
        _sum_column((row.opening for row in figures), known.opening),
        _sum_column((row.closing for row in figures), known.closing),
        _sum_column((row.last_year for row in figures), known.last_year),
    )


def _sum_column(amounts: Iterable[Decimal | None], known: Decimal | None) -> Decimal | None:
    if known is None:
        return None
    return sum_amounts(amount for amount in amounts if amount is not None)


def _negated(figures: Figures) -> Figures:
    # 0 − x and not −x: the latter turns zero into −0.00.
    return Figures(
        *(
            None if amount is None else ZERO - amount
            for amount in (figures.opening, figures.closing, figures.last_year)
        )
    )
