"""Which months a column of a report covers, and what it is held against.

Last year is the same calendar months one year before, also where the financial year was changed
meanwhile: October beside October. Rolling twelve months end with the month shown. The year's
forecast is what has happened and the budget of the months that are left: to October 100 and a
budget of 12 for each of two months give 124.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from klientbro.domain.periods import MONTHS_IN_YEAR, FinancialYear, Month, Period
from klientbro.domain.reporting.books import Gap, MonthBooks


class Span(StrEnum):
    """What a column covers, seen from the month of the report."""

    MONTH = "month"
    YEAR_TO_DATE = "year_to_date"
    ROLLING = "rolling"
    WHOLE_YEAR = "whole_year"
    REST = "rest"  # what is left of the year


class Basis(StrEnum):
    """Where a column's figures come from."""

    ACTUAL = "actual"
    LAST_YEAR = "last_year"
    BUDGET = "budget"
    FORECAST = "forecast"  # what has happened, and the budget of the rest


class Comparison(StrEnum):
    """What the report is held against."""

    LAST_YEAR = "last_year"
    BUDGET = "budget"
    ROLLING = "rolling"
    MONTHS = "months"  # the year's months across, no comparison
    FORECAST = "forecast"  # the year as it is on its way to become, against its budget
    YEARS = "years"  # the years before beside the year so far
    MOVEMENT = "movement"  # a balance sheet: how the year opened, what moved, how it stands


# Whole years shown before the year so far.
YEARS_BEFORE = 3


@dataclass(frozen=True, slots=True)
class Column:
    """One column of figures. gap: why it has none. until: a forecast's last month that has been."""

    span: Span
    basis: Basis
    period: Period
    gap: Gap | None = None
    until: Month | None = None

    @property
    def is_known(self) -> bool:
        return self.gap is None

    @property
    def key(self) -> str:
        """`actual-2026-01-2026-10`: names the column in files and frozen reports."""
        return f"{self.basis}-{self.period.first.key}-{self.period.last.key}"


def span_of(span: Span, month: Month, year: FinancialYear) -> Period:
    """The months of a span that ends with the month (or with its year)."""
    match span:
        case Span.MONTH:
            return Period(month, month)
        case Span.YEAR_TO_DATE:
            return Period(year.first_month, month)
        case Span.ROLLING:
            return Period(month.plus(1 - MONTHS_IN_YEAR), month)
        case Span.WHOLE_YEAR:
            return year.period
        case Span.REST:
            return Period(month.next(), year.last_month)


def year_before(period: Period) -> Period:
    """The same calendar months one year earlier."""
    return Period(period.first.plus(-MONTHS_IN_YEAR), period.last.plus(-MONTHS_IN_YEAR))


def result_columns(books: MonthBooks, month: Month, against: Comparison) -> tuple[Column, ...]:
    """The columns of an income statement, in the order shown.

    last_year and budget: the month and the year so far, each beside what it is held against.
    rolling: the last twelve months beside the twelve before. months: each month, then the year.
    """
    year = books.year_of(month)
    if against is Comparison.FORECAST:
        return _forecast_columns(books, month, year)
    if against is Comparison.YEARS:
        return _year_columns(books, month, year)
    if against is Comparison.MONTHS:
        across = [Period(one, one) for one in year.months() if one <= month]
        columns = [_actual(books, Span.MONTH, period) for period in across]
        so_far = span_of(Span.YEAR_TO_DATE, month, year)
        return (*columns, _actual(books, Span.YEAR_TO_DATE, so_far))
    spans = (Span.ROLLING,) if against is Comparison.ROLLING else (Span.MONTH, Span.YEAR_TO_DATE)
    columns = []
    for span in spans:
        period = span_of(span, month, year)
        columns.append(_actual(books, span, period))
        if against is Comparison.BUDGET:
            columns.append(Column(span, Basis.BUDGET, period))
        else:
            before = year_before(period)
            columns.append(Column(span, Basis.LAST_YEAR, before, books.gap(before)))
    return tuple(columns)


def _forecast_columns(books: MonthBooks, month: Month, year: FinancialYear) -> tuple[Column, ...]:
    """So far, what the budget has left, what that makes of the year, the budget and last year."""
    whole = year.period
    so_far = _actual(books, Span.YEAR_TO_DATE, span_of(Span.YEAR_TO_DATE, month, year))
    columns = [so_far]
    if month < year.last_month:
        columns.append(Column(Span.REST, Basis.BUDGET, span_of(Span.REST, month, year)))
    before = year_before(whole)
    return (
        *columns,
        Column(Span.WHOLE_YEAR, Basis.FORECAST, whole, so_far.gap, until=month),
        Column(Span.WHOLE_YEAR, Basis.BUDGET, whole),
        Column(Span.WHOLE_YEAR, Basis.LAST_YEAR, before, books.gap(before)),
    )


def _year_columns(books: MonthBooks, month: Month, year: FinancialYear) -> tuple[Column, ...]:
    """The years before, oldest first, then the year so far. Before the books began is no column."""
    columns = [_actual(books, Span.YEAR_TO_DATE, span_of(Span.YEAR_TO_DATE, month, year))]
    for _back in range(YEARS_BEFORE):
        year = books.year_of(year.first_month.previous())
        column = _actual(books, Span.WHOLE_YEAR, year.period)
        if column.gap is Gap.BEFORE_BOOKS:
            break
        columns.append(column)
    return tuple(reversed(columns))


def sheet_columns(books: MonthBooks, month: Month, against: Comparison) -> tuple[Column, ...]:
    """The columns of a balance sheet: the month's end, the same last year, the year's opening.

    movement: the year's opening and the month's end; `with_movement` puts what moved between.
    """
    year = books.year_of(month)
    if against is Comparison.MOVEMENT:
        opening = year.first_month.previous()
        return (_at(books, Basis.ACTUAL, opening), _at(books, Basis.ACTUAL, month))
    if against is Comparison.MONTHS:
        opening = year.first_month.previous()
        months = (opening, *(one for one in year.months() if one <= month))
        return tuple(_at(books, Basis.ACTUAL, one) for one in months)
    ends = (
        (Basis.ACTUAL, month),
        (Basis.LAST_YEAR, month.plus(-MONTHS_IN_YEAR)),
        (Basis.ACTUAL, year.first_month.previous()),
    )
    return tuple(_at(books, basis, end) for basis, end in ends)


def _actual(books: MonthBooks, span: Span, period: Period) -> Column:
    return Column(span, Basis.ACTUAL, period, books.gap(period))


def _at(books: MonthBooks, basis: Basis, month: Month) -> Column:
    return Column(Span.MONTH, basis, Period(month, month), books.gap_at(month))
