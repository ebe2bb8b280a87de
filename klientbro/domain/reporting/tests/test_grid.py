"""Statements in columns: the worked example, missing months, comparison, and their laws."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.periods import FinancialYear, Month, Period
from klientbro.domain.report_lines import LineMapping, LineOverride, PresentationMove
from klientbro.domain.reporting.books import Gap, MonthBooks
from klientbro.domain.reporting.columns import (
    Basis,
    Column,
    Comparison,
    Span,
    result_columns,
    sheet_columns,
    span_of,
)
from klientbro.domain.reporting.comparing import Change, is_better
from klientbro.domain.reporting.grid import (
    RememberedMapping,
    result_grid,
    sheet_grid,
    with_movement,
)
from klientbro.domain.tests.books import books
from klientbro.domain.tests.sheets import WORKED_EXAMPLE, parse_sheet
from klientbro.domain.tests.test_trial_balance_laws import MONTHS, any_books
from klientbro.domain.trial_balance import Books, trial_balance

YEAR_2025 = FinancialYear.of_months(Month(2025, 1), Month(2025, 12))
YEAR_2026 = FinancialYear.of_months(Month(2026, 1), Month(2026, 12))
OCTOBER = Month(2026, 10)
STANDARD = LineMapping()
BAKERY = """
konto opening 2025-09 2025-10 2026-01 2026-09 2026-10
1500   1000.00     .    200.00     .    100.00   50.00
1920    500.00  300.00 -100.00   40.00 -700.00 -170.00
2000  -1500.00     .       .       .       .       .
3000      .00  -300.00 -400.00  -60.00 -100.00 -80.00
4300      .00      .    300.00   20.00  700.00  200.00
"""


def shown(text=BAKERY, **more):
    given_books = books(
        text.replace(" .00", " 0.00"),
        anchor=more.pop("anchor", date(2024, 12, 31)),
        years=more.pop("years", (YEAR_2025, YEAR_2026)),
        begins=more.pop("begins", date(2025, 1, 1)),
    )
    return MonthBooks.of(given_books, **more)


def result(month_books, against=Comparison.LAST_YEAR, month=OCTOBER, mapping=STANDARD, **more):
    return result_grid(month_books, result_columns(month_books, month, against), mapping, **more)


def test_worked_example_of_the_reference():
    sheet = parse_sheet(WORKED_EXAMPLE)
    closed = Books(
        {one.id: one for one, _ in sheet},
        date(2025, 12, 31),
        dict.fromkeys([one.id for one, _ in sheet], ZERO),
        {one.id: {Month(2026, 12): amount} for one, amount in sheet},
        (YEAR_2026,),
        date(2026, 1, 1),
    )
    month_books = MonthBooks.of(closed)
    found = result(month_books, month=Month(2026, 12))
    balance = sheet_grid(
        month_books,
        sheet_columns(month_books, Month(2026, 12), Comparison.LAST_YEAR),
        STANDARD,
    )

    assert found.amount("operating_income", 2) == Decimal("2000000.00")
    assert found.amount("operating_result", 2) == Decimal("170000.00")
    assert found.amount("result_before_tax", 2) == Decimal("160000.00")
    assert found.amount("net_result", 2) == Decimal("124800.00")
    assert balance.amount("total_assets") == Decimal("1000000.00")
    assert balance.amount("equity") == Decimal("404800.00")
    assert balance.amount("short_term_debt") == Decimal("395200.00")
    assert balance.amount("current_assets") == Decimal("700000.00")
    assert balance.amount("total_equity_and_debt") == Decimal("1000000.00")


def test_month_and_year_so_far_stand_beside_last_years():
    found = result(shown())

    assert [column.period.first.key for column in found.columns] == [
        "2026-10", "2025-10", "2026-01", "2025-01",
    ]  # fmt: skip
    assert found.line("sales").amounts == tuple(map(Decimal, ("80", "400", "240", "700")))
    assert found.line("cost_of_goods").amounts == tuple(map(Decimal, ("200", "300", "920", "300")))
    assert found.line("net_result").amounts == tuple(map(Decimal, ("-120", "100", "-680", "400")))


def test_twelve_months_stand_beside_the_twelve_before():
    found = result(shown(), Comparison.ROLLING)

    assert found.line("sales").amounts == (Decimal(240), None)
    assert found.columns[1].gap is Gap.BEFORE_BOOKS


def test_months_across_end_with_their_sum():
    found = result(shown(), Comparison.MONTHS)

    sales = found.line("sales").amounts
    assert len(sales) == 11
    assert sum_amounts(sales[:-1]) == sales[-1] == Decimal(240)


def test_month_that_is_not_fetched_has_no_figure_on_any_line_and_never_zero():
    found = result(shown(anchor=date(2025, 12, 31), begins=date(2024, 1, 1)))

    assert found.columns[1].gap is Gap.NOT_FETCHED
    assert {line.amounts[1] for line in found.lines} == {None}
    assert {each.amounts[1] for line in found.lines for each in line.accounts} == {None}
    assert found.line("tax_cost").amounts[0] == ZERO


def test_months_before_the_books_began_say_so():
    found = result(shown(anchor=date(2025, 12, 31), begins=date(2026, 1, 1)))

    assert found.columns[1].gap is Gap.BEFORE_BOOKS
    assert found.line("sales").amounts[3] is None


def test_books_taken_over_in_mid_year_count_the_year_whole_and_the_months_before_not_at_all():
    table = """
    konto opening 2026-07 2026-08
    1920   600.00   10.00    5.00
    3000  -600.00  -10.00   -5.00
    """
    month_books = shown(table, anchor=date(2026, 6, 30), begins=date(2026, 7, 1))
    columns = result_columns(month_books, Month(2026, 8), Comparison.MONTHS)
    found = result_grid(month_books, columns, STANDARD)

    assert found.line("sales").amounts == (*(None,) * 6, Decimal(10), Decimal(5), Decimal(615))


def test_broken_financial_year_counts_from_its_own_first_month():
    broken = (
        FinancialYear.of_months(Month(2024, 7), Month(2025, 6)),
        FinancialYear.of_months(Month(2025, 7), Month(2026, 6)),
        FinancialYear.of_months(Month(2026, 7), Month(2027, 6)),
    )
    month_books = shown(years=broken)
    found = result(month_books)

    assert found.columns[2].period == Period(Month(2026, 7), OCTOBER)
    assert found.amount("sales", 2) == Decimal(180)
    assert sheet_grid(
        month_books, sheet_columns(month_books, OCTOBER, Comparison.LAST_YEAR), STANDARD
    ).columns[2].period.last == Month(2026, 6)


def test_account_follows_an_override_in_every_column():
    mapping = RememberedMapping(LineMapping(client=[LineOverride("43", "other_operating_cost")]))
    found = result(shown(), mapping=mapping)

    assert found.line("cost_of_goods").is_zero
    assert found.amount("other_operating_cost", 2) == Decimal(920)


def test_accounts_without_a_line_are_named_and_counted():
    table = BAKERY + "9999  0.00 . . . . 25.00\n1999x  0.00 . . . . -25.00\n"
    found = result(shown(table))

    assert [each.account.number for each in found.unmapped] == ["9999"]
    assert found.amount("net_result") == Decimal(-145)


def test_bank_in_credit_is_debt_in_that_column_only():
    month_books = shown()
    found = sheet_grid(
        month_books, sheet_columns(month_books, OCTOBER, Comparison.LAST_YEAR), STANDARD
    )

    assert found.line("cash").amounts == (ZERO, Decimal(700), Decimal(700))
    assert found.line("credit_institutions").amounts == (Decimal(130), ZERO, ZERO)
    assert found.line("credit_institutions").accounts[0].moved is PresentationMove.BANK_IN_CREDIT


REST_OF_2026 = {
    "3000": {Month(2026, at): Decimal(-90) for at in range(1, 13)},
    "4300": {Month(2026, at): Decimal(30) for at in range(1, 13)},
}


def test_years_forecast_is_what_has_happened_and_the_budget_of_the_rest():
    found = result(shown(), Comparison.FORECAST, budget=REST_OF_2026)

    # so far, budget of November and December, forecast, budget, last year
    assert found.line("sales").amounts == tuple(map(Decimal, (240, 180, 420, 1080, 700)))
    assert found.line("net_result").amounts == tuple(map(Decimal, (-680, 120, -560, 720, 400)))
    assert [one.basis for one in found.columns] == [
        Basis.ACTUAL,
        Basis.BUDGET,
        Basis.FORECAST,
        Basis.BUDGET,
        Basis.LAST_YEAR,
    ]


def test_forecast_of_a_year_that_has_ended_is_what_happened_and_asks_for_no_budget():
    found = result(shown(), Comparison.FORECAST, Month(2026, 12))

    assert [one.gap for one in found.columns] == [None, None, Gap.NO_BUDGET, None]
    assert found.line("sales").amounts[:2] == (Decimal(240), Decimal(240))


def test_forecast_without_a_budget_for_the_rest_has_none():
    only_october = {"3000": {OCTOBER: Decimal(-90)}}

    found = result(shown(), Comparison.FORECAST, budget=only_october)

    assert [one.gap for one in found.columns][1:4] == [Gap.NO_BUDGET] * 3
    assert found.line("sales").amounts[1:4] == (None, None, None)


def test_forecast_of_months_that_are_not_fetched_has_none_though_there_is_a_budget():
    found = result(
        shown(begins=date(2020, 1, 1), anchor=date(2026, 6, 30), years=()),
        Comparison.FORECAST,
        budget=REST_OF_2026,
    )

    assert [one.gap for one in found.columns][:3] == [Gap.NOT_FETCHED, None, Gap.NOT_FETCHED]
    assert found.line("sales").amounts[2] is None


def test_years_stand_beside_each_other_and_none_before_the_books_began():
    found = result(shown(), Comparison.YEARS)

    assert [one.period for one in found.columns] == [
        YEAR_2025.period,
        Period(Month(2026, 1), OCTOBER),
    ]
    assert found.line("sales").amounts == (Decimal(700), Decimal(240))


def test_balance_sheet_opens_moves_and_closes_on_every_line():
    month_books = shown()
    columns = sheet_columns(month_books, OCTOBER, Comparison.MOVEMENT)
    year = Period(Month(2026, 1), OCTOBER)

    found = with_movement(sheet_grid(month_books, columns, STANDARD), year)

    assert found.line("receivables").amounts == tuple(map(Decimal, (1200, 150, 1350)))
    # the bank is overdrawn at the end, and stands as debt
    assert found.line("cash").amounts == tuple(map(Decimal, (700, -700, 0)))
    for one in found.lines:
        opening, moved, closing = one.amounts
        assert opening + moved == closing
        assert moved == sum_amounts(each.amounts[1] for each in one.accounts) or not one.accounts
    assert found.line("total_assets").amounts == found.line("total_equity_and_debt").amounts


def test_movement_from_an_opening_that_is_not_known_is_not_known():
    month_books = shown(begins=date(2020, 1, 1), anchor=date(2026, 6, 30))
    columns = sheet_columns(month_books, OCTOBER, Comparison.MOVEMENT)

    found = with_movement(
        sheet_grid(month_books, columns, STANDARD), Period(Month(2026, 1), OCTOBER)
    )

    assert [one.gap for one in found.columns] == [Gap.NOT_FETCHED, Gap.NOT_FETCHED, None]
    assert {one.amounts[:2] for one in found.lines} == {(None, None)}


@pytest.mark.parametrize(
    ("now", "against", "amount", "percent"),
    [
        ("112000", "100000", "12000", "12"),
        ("112000", "-100000", "212000", "212"),
        ("100", "0", "100", None),
        (None, "100", None, None),
        ("100", None, None, None),
    ],
)
def test_change_between_two_amounts(now, against, amount, percent):
    change = Change.between(_decimal(now), _decimal(against))

    assert (change.amount, change.percent) == (_decimal(amount), _decimal(percent))


def _decimal(text):
    return None if text is None else Decimal(text)


def test_more_cost_is_for_the_worse_and_more_sale_for_the_better():
    found = result(shown())

    assert is_better(found.line("sales").line, Change(Decimal(1), None)) is True
    assert is_better(found.line("payroll_cost").line, Change(Decimal(1), None)) is False
    assert is_better(found.line("sales").line, Change(None, None)) is None


months = st.sampled_from(MONTHS[12:])


@settings(max_examples=60)
@given(any_books(), months)
def test_assets_equal_equity_and_debt_with_the_undisposed_line(any_book, month):
    month_books = MonthBooks.of(any_book)
    found = sheet_grid(
        month_books, sheet_columns(month_books, month, Comparison.LAST_YEAR), STANDARD
    )

    for at, column in enumerate(found.columns):
        assets, rest = found.amount("total_assets", at), found.amount("total_equity_and_debt", at)
        assert assets == rest
        assert (assets is None) == (not column.is_known)


@settings(max_examples=60)
@given(any_books(), months)
def test_year_to_date_is_the_year_to_date_before_and_the_month(any_book, month):
    month_books = MonthBooks.of(any_book)
    year = month_books.year_of(month)
    if month == year.first_month:
        return
    so_far, before = (
        Column(Span.YEAR_TO_DATE, Basis.ACTUAL, span_of(Span.YEAR_TO_DATE, end, year))
        for end in (month, month.previous())
    )
    alone = Column(Span.MONTH, Basis.ACTUAL, Period(month, month))
    found = result_grid(month_books, (so_far, before, alone), STANDARD)

    for line in found.lines:
        assert line.amounts[0] == line.amounts[1] + line.amounts[2]


@settings(max_examples=60)
@given(any_books(), months)
def test_result_of_the_report_is_the_result_of_the_ledger(any_book, month):
    month_books = MonthBooks.of(any_book)
    year = month_books.year_of(month)
    period = span_of(Span.YEAR_TO_DATE, month, year)
    ledger = trial_balance(any_book, period, include_unused=True)
    expected = ZERO - sum_amounts(
        row.figures.closing
        for row in ledger.rows
        if row.account and not row.account.type.is_balance_sheet
    )
    column = Column(Span.YEAR_TO_DATE, Basis.ACTUAL, period, month_books.gap(period))
    found = result_grid(month_books, (column,), STANDARD)
    balance = sheet_grid(month_books, (column,), STANDARD)

    assert found.amount("net_result") - found.amount("appropriations") == expected
    assert balance.amount("unappropriated_result") == expected
    assert ZERO - balance.amount("undisposed_earlier_years") == ledger.undisposed.closing


@settings(max_examples=40)
@given(any_books(), months)
def test_every_balance_is_the_trial_balances(any_book, month):
    month_books = MonthBooks.of(any_book)
    ledger = trial_balance(any_book, Period(month, month), include_unused=True)

    for row in ledger.rows:
        if row.account:
            assert month_books.balance(row.account.id, month) == row.figures.closing
    assert month_books.undisposed(month) == ledger.undisposed.closing


@settings(max_examples=40)
@given(any_books(), months, st.sampled_from(list(Comparison)))
def test_accounts_behind_a_line_sum_to_it_in_every_column(any_book, month, against):
    month_books = MonthBooks.of(any_book)
    for found in (
        result(month_books, against, month),
        sheet_grid(month_books, sheet_columns(month_books, month, against), STANDARD),
    ):
        for line in found.lines:
            if line.line.is_sum or line.line.is_derived:
                continue
            for at, amount in enumerate(line.amounts):
                if amount is not None:
                    assert sum_amounts(each.amounts[at] for each in line.accounts) == amount


def test_results_that_are_never_reset_accumulate_in_the_balance_sheet():
    month_books = shown(restarts=False)
    column = Column(Span.MONTH, Basis.ACTUAL, Period(OCTOBER, OCTOBER))
    found = sheet_grid(month_books, (column,), STANDARD)

    assert found.amount("unappropriated_result") == Decimal(-280)
    assert found.amount("undisposed_earlier_years") == ZERO
    assert replace(column, gap=Gap.NO_BOOKS).is_known is False
