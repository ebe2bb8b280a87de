"""A client's key figures for the year so far, with last year's beside and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from klientbro.domain.accounts import AccountId
from klientbro.domain.key_figures import FigureInputs, KeyFigure, inputs_from, key_figures
from klientbro.domain.money import ZERO
from klientbro.domain.periods import MONTHS_IN_YEAR, Month, Period
from klientbro.domain.reporting.ageing import Side
from klientbro.domain.reporting.books import MonthBooks
from klientbro.domain.reporting.columns import Basis, Column, Span, year_before
from klientbro.domain.reporting.grid import result_grid, sheet_grid
from klientbro.products.report.sheet import ReportSheet

# Where the source names no control accounts: 150 and 240 of NS 4102.
_USUAL = {Side.CUSTOMER: "150", Side.SUPPLIER: "240"}


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A key figure and the same one last year."""

    now: KeyFigure
    before: KeyFigure


def figure_rows(sheet: ReportSheet) -> tuple[FigureRow, ...]:
    """Every key figure of the year so far, and of the same months last year."""
    year = sheet.year
    period = Period(year.first_month, sheet.month)
    now = figures_of(sheet, period)
    before = figures_of(sheet, year_before(period))
    return tuple(FigureRow(*pair) for pair in zip(now, before, strict=True))


def figures_of(sheet: ReportSheet, period: Period) -> tuple[KeyFigure, ...]:
    """The key figures of the period, days in it in place of 365 [norwegian-accounting.md §15]."""
    days = (period.last_day - period.first_day).days + 1
    whole_year = len(period.months()) == MONTHS_IN_YEAR
    return key_figures(_inputs(sheet, period), days=365 if whole_year else days)


def _inputs(sheet: ReportSheet, period: Period) -> FigureInputs:
    books = sheet.books
    income = result_grid(
        books,
        (Column(Span.YEAR_TO_DATE, Basis.ACTUAL, period, books.gap(period)),),
        sheet.mapping,
    ).statements[0]
    ends = [period.last, period.first.previous()]
    closing, opening = sheet_grid(
        books,
        [Column(Span.MONTH, Basis.ACTUAL, Period(m, m), books.gap_at(m)) for m in ends],
        sheet.mapping,
    ).statements
    given = {
        "receivables": _side(sheet, Side.CUSTOMER, period.last),
        "opening_receivables": _side(sheet, Side.CUSTOMER, period.first.previous()),
        "payables": _side(sheet, Side.SUPPLIER, period.last),
        "opening_payables": _side(sheet, Side.SUPPLIER, period.first.previous()),
    }
    if income is None or closing is None:
        return FigureInputs()
    return inputs_from(income, closing, opening, **given)


def _side(sheet: ReportSheet, side: Side, month: Month) -> Decimal | None:
    """Trade receivables or payables by their control accounts, positive when usual."""
    accounts = control_accounts(sheet, side)
    total = _total(sheet.books, accounts, month)
    if total is None:
        return None
    return total if side is Side.CUSTOMER else ZERO - total


def control_accounts(sheet: ReportSheet, side: Side) -> list[AccountId]:
    """The side's control accounts as the source has them, else by their usual numbers."""
    named = [id_ for id_, kind in sheet.controls.items() if kind == side.value]
    if named:
        return named
    return [id_ for id_, one in sheet.books.accounts.items() if one.number.startswith(_USUAL[side])]


def _total(books: MonthBooks, accounts: list[AccountId], month: Month) -> Decimal | None:
    if books.gap_at(month) is not None:
        return None
    return sum((books.balance(id_, month) or ZERO for id_ in accounts), ZERO)


def highlights(rows: tuple[FigureRow, ...]) -> list[FigureRow]:
    """The five that stand first on the page."""
    wanted = (
        "operating_margin",
        "contribution_margin",
        "current_ratio",
        "equity_ratio",
        "customer_credit_days",
    )
    by_code = {row.now.code: row for row in rows}
    return [by_code[code] for code in wanted]
