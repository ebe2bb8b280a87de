"""Several clients side by side and summed, with eliminations.

Each client counts by its own financial year, by the calendar year, or by the last twelve months;
a sum of unequal months says so. A client that lacks figures makes the sum unknown: nobody is left
out in silence. An elimination takes an amount from two lines (internal sale against internal
purchase, receivable against payable), and what it does to the result follows in the balance
sheet, so that assets stay equal to equity and debt. It is given for the year so far; a month or
twelve of them take what the year so far came to, less what it came to before.

Example: A sold B services for 100: sales −100 and other operating cost −100; the result stands.
With 90 eliminated by September and 100 by October, October alone has 10.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.money import ZERO
from klientbro.domain.periods import MONTHS_IN_YEAR, FinancialYear, Month, Period
from klientbro.domain.report_lines import LineMapping, ReportLine, Statement, line_of
from klientbro.domain.report_lines.layout import lines_in
from klientbro.domain.reporting.books import Gap, MonthBooks
from klientbro.domain.reporting.columns import Basis, Column, Span
from klientbro.domain.reporting.grid import Grid, result_grid, sheet_grid


class GroupSpan(StrEnum):
    """Which months the clients are shown for."""

    OWN_YEAR = "own_year"  # each by its own financial year
    CALENDAR = "calendar"
    ROLLING = "rolling"
    MONTH = "month"  # the month alone


@dataclass(frozen=True, slots=True)
class Member:
    """A client of the sum. books: None when nothing is fetched."""

    name: str
    books: MonthBooks | None
    mapping: LineMapping


@dataclass(frozen=True, slots=True)
class MemberColumn:
    """A client's two statements for its own months."""

    name: str
    period: Period | None
    gap: Gap | None
    result: Grid | None
    sheet: Grid | None

    @property
    def is_known(self) -> bool:
        return self.gap is None


@dataclass(frozen=True, slots=True)
class Elimination:
    """Takes the amount from one line; the other line follows by its sign. Shown amounts.

    Sales −100 takes 100 from a cost too. Cost +40 takes 40 from inventory: profit within.
    """

    text: str
    line: str
    other: str
    amount: Decimal  # what the first line is lowered by

    def __post_init__(self) -> None:
        for code in (self.line, self.other):
            if not line_of(code).takes_accounts:
                raise ValueError(f"nothing is eliminated on {code!r}: it is worked out")
        if self.line == self.other:
            raise ValueError("an elimination has two different lines")

    def effects(self) -> Mapping[str, Decimal]:
        """What it does to each of the two lines, as shown; in the ledger's sign they cancel."""
        first, other = line_of(self.line), line_of(self.other)
        return {self.line: -self.amount, self.other: -self.amount * (-first.sign * other.sign)}


Kept = Mapping[Month, Sequence[Elimination]]


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A line for every client, the sum, what is eliminated, and what remains."""

    line: ReportLine
    amounts: tuple[Decimal | None, ...]
    total: Decimal | None
    eliminated: Decimal
    remaining: Decimal | None

    @property
    def is_zero(self) -> bool:
        return not (any(self.amounts) or self.total or self.eliminated)


@dataclass(frozen=True, slots=True)
class GroupReport:
    """Both statements of the group. is_uneven: the clients cover different months.

    unkept: months whose eliminations the span needs, where none are kept.
    """

    members: tuple[MemberColumn, ...]
    result: tuple[GroupLine, ...]
    sheet: tuple[GroupLine, ...]
    is_uneven: bool
    unkept: tuple[Month, ...] = ()

    @property
    def missing(self) -> tuple[MemberColumn, ...]:
        return tuple(one for one in self.members if not one.is_known)


def group_report(
    members: Sequence[Member], month: Month, span: GroupSpan, kept: Kept
) -> GroupReport:
    """The clients in columns with their sum. kept: by month, what is between them, year so far."""
    columns = tuple(_column(member, month, span) for member in members)
    so_far = _effects(kept.get(month, ()))
    taken = _taken(span, month, group_year(members, month))
    unkept = tuple(one for one in taken if not kept.get(one)) if any(kept.values()) else ()
    within = so_far
    if month in unkept:
        within = {}  # what earlier months took says nothing of one where nobody has eliminated
    elif set(taken) != {month}:
        within = {}
        for one, factor in taken.items():
            for code, amount in _effects(kept.get(one, ())).items():
                within[code] = within.get(code, ZERO) + amount * factor
    result = _lines(Statement.INCOME, columns, within)
    # what eliminations take from the year's result, they take from the equity
    sheet = _lines(
        Statement.BALANCE, columns, so_far | {"unappropriated_result": _undisposed(so_far)}
    )
    lengths = {one.period for one in columns if one.period is not None}
    return GroupReport(columns, result, sheet, len(lengths) > 1, unkept)


def group_year(members: Sequence[Member], month: Month) -> FinancialYear:
    """The financial year that all the clients share; the calendar year where they do not."""
    years = {member.books.year_of(month) for member in members if member.books is not None}
    if len(years) == 1:
        return years.pop()
    return FinancialYear.of_months(Month(month.year, 1), Month(month.year, MONTHS_IN_YEAR))


def months_needed(month: Month) -> tuple[Month, ...]:
    """The months whose eliminations any span that ends with the month may ask for."""
    return tuple(month.plus(-back) for back in range(MONTHS_IN_YEAR + 1))


def _taken(span: GroupSpan, month: Month, year: FinancialYear) -> Mapping[Month, int]:
    """Which months' year so far are added (1) and taken away (−1) to cover the span.

    Twelve months to October by calendar year: October + last December − last October.
    """
    if span is GroupSpan.OWN_YEAR or (
        span is GroupSpan.CALENDAR and year.first_month == Month(month.year, 1)
    ):
        return {month: 1}
    length = {GroupSpan.MONTH: 1, GroupSpan.CALENDAR: month.month}.get(span, MONTHS_IN_YEAR)
    first = month.plus(1 - length)
    found = {month: 1}
    begins = year.first_month
    while first < begins:  # the span reaches into the year before, which counts to its end
        found[begins.previous()] = 1
        begins = begins.plus(-MONTHS_IN_YEAR)
    if first > begins:
        found[first.previous()] = -1
    return found


def _effects(eliminations: Sequence[Elimination]) -> dict[str, Decimal]:
    effects: dict[str, Decimal] = {}
    for one in eliminations:
        for code, amount in one.effects().items():
            effects[code] = effects.get(code, ZERO) + amount
    return effects


def _undisposed(so_far: Mapping[str, Decimal]) -> Decimal:
    """What the year's eliminations do to the result that is not disposed of."""
    lines = _lines(Statement.INCOME, (), so_far)
    moved = next((one.eliminated for one in lines if one.line.code == "net_result"), ZERO)
    return moved - so_far.get("appropriations", ZERO)


def _column(member: Member, month: Month, span: GroupSpan) -> MemberColumn:
    books = member.books
    if books is None:
        return MemberColumn(member.name, None, Gap.NO_BOOKS, None, None)
    period = _period(books, month, span)
    columns = (Column(Span.YEAR_TO_DATE, Basis.ACTUAL, period, books.gap(period)),)
    ends = (Column(Span.MONTH, Basis.ACTUAL, Period(month, month), books.gap_at(month)),)
    return MemberColumn(
        member.name,
        period,
        columns[0].gap or ends[0].gap,
        result_grid(books, columns, member.mapping),
        sheet_grid(books, ends, member.mapping),
    )


def _period(books: MonthBooks, month: Month, span: GroupSpan) -> Period:
    match span:
        case GroupSpan.OWN_YEAR:
            return Period(books.year_of(month).first_month, month)
        case GroupSpan.CALENDAR:
            return Period(Month(month.year, 1), month)
        case GroupSpan.ROLLING:
            return Period(month.plus(1 - MONTHS_IN_YEAR), month)
        case GroupSpan.MONTH:
            return Period(month, month)


def _lines(
    statement: Statement, members: Sequence[MemberColumn], effects: Mapping[str, Decimal]
) -> tuple[GroupLine, ...]:
    eliminated: dict[str, Decimal] = {}
    lines = []
    for line in lines_in(statement):
        if line.is_sum:
            eliminated[line.code] = sum(
                (eliminated[code] * factor for code, factor in line.sums), ZERO
            )
        else:
            eliminated[line.code] = effects.get(line.code, ZERO)
        amounts = tuple(_amount(one, line) for one in members)
        total = None
        if not any(amount is None for amount in amounts):
            total = sum((amount for amount in amounts if amount is not None), ZERO)
        taken = eliminated[line.code]
        lines.append(
            GroupLine(line, amounts, total, taken, None if total is None else total + taken)
        )
    return tuple(lines)


def _amount(member: MemberColumn, line: ReportLine) -> Decimal | None:
    grid = member.result if line.statement is Statement.INCOME else member.sheet
    return None if grid is None else grid.amount(line.code)
