"""Which months a column of a report covers, and what it is held against.

Last year is the same calendar months one year before, also where the financial year was changed
meanwhile: October beside October. Rolling twelve months end with the month shown.
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


class Basis(StrEnum):
    """Where a column's figures come from."""

    ACTUAL = "actual"
    LAST_YEAR = "last_year"
    BUDGET = "budget"


class Comparison(StrEnum):
    """What the report is held against."""

    LAST_YEAR = "last_year"
    BUDGET = "budget"
    ROLLING = "rolling"
    MONTHS = "months"  # the year's months across, no comparison


@dataclass(frozen=True, slots=True)
class Column:
    """One column of figures. gap: why it has none."""

    span: Span
    basis: Basis
    period: Period
    gap: Gap | None = None

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


def year_before(period: Period) -> Period:
    """The same calendar months one year earlier."""
    return Period(period.first.plus(-MONTHS_IN_YEAR), period.last.plus(-MONTHS_IN_YEAR))


def result_columns(books: MonthBooks, month: Month, against: Comparison) -> tuple[Column, ...]:
    """The columns of an income statement, in the order shown.

    last_year and budget: the month and the year so far, each beside what it is held against.
    rolling: the last twelve months beside the twelve before. months: each month, then the year.
    """
    year = books.year_of(month)
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


def sheet_columns(books: MonthBooks, month: Month, against: Comparison) -> tuple[Column, ...]:
    """The columns of a balance sheet: the month's end, the same last year, the year's opening."""
    year = books.year_of(month)
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
