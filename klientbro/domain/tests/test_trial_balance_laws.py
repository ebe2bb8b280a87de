"""Laws the trial balance keeps over any balanced books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.periods import FinancialYear, Month, Period, financial_years, month_range
from klientbro.domain.tests.books import account
from klientbro.domain.trial_balance import Books, closing_balances, trial_balance

NUMBERS = ("1500", "1920", "2000", "2400", "3000", "4300", "8050", "8960")
FIRST, LAST = Month(2024, 1), Month(2026, 12)
MONTHS = tuple(month_range(FIRST, LAST))
amounts = st.integers(-(10**9), 10**9).map(lambda count: Decimal(count).scaleb(-2))


@st.composite
def any_books(draw):
    """Balanced books for three years: each entry moves an amount from one account to another."""
    accounts = {number: account(number) for number in NUMBERS}
    openings = dict.fromkeys(NUMBERS, ZERO)
    movements = {number: {} for number in NUMBERS}
    pair = st.tuples(st.sampled_from(NUMBERS), st.sampled_from(NUMBERS), amounts)
    for debit, credit, amount in draw(st.lists(pair, max_size=6)):
        openings[debit] += amount
        openings[credit] -= amount
    for at, (debit, credit, amount) in draw(
        st.lists(st.tuples(st.sampled_from(MONTHS), pair), max_size=30)
    ):
        for number, change in ((debit, amount), (credit, -amount)):
            movements[number][at] = movements[number].get(at, ZERO) + change
    conversion = draw(st.sampled_from([date(2024, 1, 1), date(2024, 5, 1)]))
    years = financial_years(conversion, draw(st.integers(1, 12)), date(2026, 12, 31))
    movements = {
        number: {at: amount for at, amount in sums.items() if at.first_day >= conversion}
        for number, sums in movements.items()
    }
    anchor = FIRST.previous().last_day if conversion.month == 1 else date(2024, 4, 30)
    return Books(accounts, anchor, openings, movements, years, conversion)


periods = st.tuples(st.sampled_from(MONTHS[5:]), st.sampled_from(MONTHS[5:])).map(
    lambda ends: Period(min(ends), max(ends))
)


@given(any_books(), periods)
def test_every_column_sums_to_zero(any_book, period):
    found = trial_balance(any_book, period)

    known = (found.total.opening, found.total.movement, found.total.closing, found.total.last_year)
    assert all(amount in (None, ZERO) for amount in known)
    assert found.total.closing == ZERO
    assert sum_amounts(row.figures.closing for row in found.rows) == ZERO


@given(any_books(), periods)
def test_opening_and_movement_make_closing(any_book, period):
    found = trial_balance(any_book, period, include_unused=True)

    for row in found.rows:
        assert row.figures.opening + row.figures.movement == row.figures.closing


@given(any_books(), periods)
def test_movement_within_one_year_is_the_postings_of_the_period(any_book, period):
    year = next(year for year in any_book.years if period.last_day in year)
    inside = Period(max(period.first, year.first_month, Month(2024, 6)), period.last)

    found = trial_balance(any_book, inside, include_unused=True)

    for row in (row for row in found.rows if row.account):
        posted = any_book.movements[row.account.id]
        expected = sum_amounts(amount for at, amount in posted.items() if at in inside)
        assert row.figures.movement == expected


@given(any_books(), st.sampled_from(MONTHS[6:]))
def test_year_to_date_is_the_year_to_last_month_and_this_month(any_book, at):
    year = next(year for year in any_book.years if at.last_day in year)
    this_month = trial_balance(any_book, Period(at, at), include_unused=True)
    before = closing_balances(any_book, at.previous())
    now = closing_balances(any_book, at)

    for row in (row for row in this_month.rows if row.account):
        starts_anew = at == year.first_month and not row.account.type.is_balance_sheet
        carried = ZERO if starts_anew else before[row.account.id]
        assert carried + row.figures.movement == now[row.account.id]


@given(any_books(), st.sampled_from(MONTHS[5:-1]))
def test_one_month_closes_where_the_next_opens(any_book, at):
    this_month = trial_balance(any_book, Period(at, at), include_unused=True)
    following = trial_balance(any_book, Period(at.next(), at.next()), include_unused=True)

    closing = {row.account: row.figures.closing for row in this_month.rows if row.account}
    for row in (row for row in following.rows if row.account):
        if row.account.type.is_balance_sheet:
            assert row.figures.opening == closing[row.account]


@given(any_books(), periods)
def test_groups_together_are_the_rows(any_book, period):
    found = trial_balance(any_book, period)

    for section in found.sections:
        assert section.total.closing == sum_amounts(row.figures.closing for row in section.rows)


@given(any_books(), st.sampled_from(MONTHS[5:]))
def test_undisposed_result_does_not_move_inside_a_year(any_book, at):
    year: FinancialYear = next(year for year in any_book.years if at.last_day in year)
    first = max(year.first_month, Month(2024, 6))

    found = trial_balance(any_book, Period(first, at))

    assert found.undisposed.movement == ZERO
