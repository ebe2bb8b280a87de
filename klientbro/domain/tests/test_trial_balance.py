"""The trial balance over books small enough to check by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from klientbro.domain.accounts import Account, AccountType
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month, Period, financial_years
from klientbro.domain.tests.books import books
from klientbro.domain.trial_balance import (
    Books,
    closing_balances,
    trial_balance,
    unbalanced_months,
    year_to_date,
)
from klientbro.lib.errors import UnknownAccountError


def written(found):
    """The rows as `number opening movement closing last_year`, one per line; - for missing."""
    return [
        " ".join(
            [
                row.account.number if row.account else row.kind,
                *(
                    "-" if amount is None else str(amount)
                    for amount in (
                        row.figures.opening,
                        row.figures.movement,
                        row.figures.closing,
                        row.figures.last_year,
                    )
                ),
            ]
        )
        for row in found.rows
    ]


def table(text):
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def month(key):
    return Month.parse(key)


CALENDAR = financial_years(date(2024, 1, 1), 12, date(2026, 12, 31))


@pytest.fixture
def three_years():
    """Share capital 100; earned 20 in 2024 and 30 in 2025, never disposed; 10 so far in 2026."""
    return books(
        """
        account  opening   2024-06  2025-06  2026-01  2026-02
        1920      100.00     20.00    30.00    15.00    -5.00
        2000     -100.00         .        .        .        .
        3000        0.00    -25.00   -40.00   -15.00        .
        5000        0.00      5.00    10.00        .     5.00
        """,
        anchor=date(2023, 12, 31),
        begins=date(2024, 1, 1),
        years=CALENDAR,
    )


def test_year_to_date_opens_result_accounts_at_zero(three_years):
    found = year_to_date(three_years, month("2026-02"))

    assert written(found) == table("""
        1920         150.00   10.00   160.00   120.00
        2000        -100.00    0.00  -100.00  -100.00
        undisposed   -50.00    0.00   -50.00   -20.00
        3000           0.00  -15.00   -15.00     0.00
        5000           0.00    5.00     5.00     0.00
    """)
    assert found.opening_date == date(2025, 12, 31)
    assert found.last_year_date == date(2025, 2, 28)


def test_one_month_opens_with_the_year_so_far(three_years):
    found = trial_balance(three_years, Period(month("2026-02"), month("2026-02")))

    assert written(found) == table("""
        1920         165.00   -5.00   160.00   120.00
        2000        -100.00    0.00  -100.00  -100.00
        undisposed   -50.00    0.00   -50.00   -20.00
        3000         -15.00    0.00   -15.00     0.00
        5000           0.00    5.00     5.00     0.00
    """)


def test_period_over_a_year_end_moves_the_old_years_result_to_the_undisposed_line(three_years):
    found = trial_balance(three_years, Period(month("2025-06"), month("2026-01")))

    assert written(found) == table("""
        1920         120.00   45.00   165.00   120.00
        2000        -100.00    0.00  -100.00  -100.00
        undisposed   -20.00  -30.00   -50.00   -20.00
        3000           0.00  -15.00   -15.00     0.00
        5000           0.00    0.00     0.00     0.00
    """)


def test_result_disposed_in_its_own_year_leaves_nothing_undisposed():
    disposed = books(
        """
        account  opening   2024-06  2024-12  2025-01
        1920        0.00     20.00        .     1.00
        2050        0.00         .   -20.00        .
        3000        0.00    -20.00        .    -1.00
        8960        0.00         .    20.00        .
        """,
        anchor=date(2023, 12, 31),
        begins=date(2024, 1, 1),
        years=CALENDAR,
    )

    found = year_to_date(disposed, month("2025-01"))

    assert found.undisposed.closing == ZERO
    assert [row.kind for row in found.rows] == ["account"] * 3


def test_groups_have_sums_and_the_whole_is_zero(three_years):
    found = year_to_date(three_years, month("2026-02"))

    assert [(section.group, section.total.closing) for section in found.sections] == [
        ("assets", Decimal("160.00")),
        ("equity_and_liabilities", Decimal("-150.00")),
        ("income", Decimal("-15.00")),
        ("expenses", Decimal("5.00")),
    ]
    assert found.total.closing == found.total.opening == found.total.last_year == ZERO


def test_accounts_stand_in_the_order_of_the_chart_and_groups_by_type():
    mixed = books(
        """
        account  opening  2026-01
        5000        0.00     1.00
        43100       0.00     1.00
        8050        0.00     1.00
        8300        0.00     1.00
        1501        1.00        .
        15000       1.00        .
        1500        1.00        .
        3000        0.00    -7.00
        """,
        anchor=date(2025, 12, 31),
        years=CALENDAR,
    )

    found = year_to_date(mixed, month("2026-01"))

    numbers = [row.account.number if row.account else "=" for row in found.rows]
    assert numbers == ["1500", "15000", "1501", "=", "3000", "43100", "5000", "8050", "8300"]


def test_source_type_decides_what_is_carried_over_not_the_digits():
    odd = Books(
        accounts={"a": Account("a", "3990", "Depositum", AccountType.LIABILITY)},
        anchor=date(2023, 12, 31),
        openings={"a": Decimal("-5.00")},
        movements={"a": {month("2024-03"): Decimal("-1.00")}},
        years=CALENDAR,
    )

    assert closing_balances(odd, month("2026-01")) == {"a": Decimal("-6.00")}


MID_YEAR = financial_years(date(2024, 7, 1), 12, date(2025, 12, 31))


def converted_in_july(*, voucher_in_postings):
    """Books converted 1 July with a result of 40 so far. The same company, read two ways."""
    without = """
        account  opening   2024-06  2024-07  2025-01
        1920      140.00         .     6.00     1.00
        2000     -100.00         .        .        .
        3000      -40.00         .    -6.00    -1.00
    """
    with_voucher = """
        account  opening   2024-06  2024-07  2025-01
        1920        0.00    140.00     6.00     1.00
        2000        0.00   -100.00        .        .
        3000        0.00    -40.00    -6.00    -1.00
    """
    return books(
        with_voucher if voucher_in_postings else without,
        anchor=date(2024, 6, 30),
        begins=date(2024, 7, 1),
        years=MID_YEAR,
    )


@pytest.mark.parametrize("voucher_in_postings", [False, True])
def test_conversion_in_mid_year_keeps_the_result_brought_in(voucher_in_postings):
    converted = converted_in_july(voucher_in_postings=voucher_in_postings)

    found = year_to_date(converted, month("2024-07"))

    assert written(found) == table("""
        1920   140.00   6.00   146.00  -
        2000  -100.00   0.00  -100.00  -
        3000   -40.00  -6.00   -46.00  -
    """)
    assert found.opening_date == date(2024, 6, 30)
    assert found.last_year_date == date(2023, 7, 31)


@pytest.mark.parametrize("voucher_in_postings", [False, True])
def test_result_brought_in_belongs_to_its_own_year_only(voucher_in_postings):
    converted = converted_in_july(voucher_in_postings=voucher_in_postings)

    found = year_to_date(converted, month("2025-01"))

    assert written(found) == table("""
        1920         146.00   1.00   147.00  -
        2000        -100.00   0.00  -100.00  -
        undisposed   -46.00   0.00   -46.00  -
        3000           0.00  -1.00    -1.00  -
    """)


@pytest.mark.parametrize("first_day", [date(2024, 7, 15), date(2024, 7, 2)])
@pytest.mark.parametrize("year_end", [12, 6])
def test_conversion_in_mid_month_opens_with_what_was_brought_in(first_day, year_end):
    converted = books(
        """
        account  opening   2024-07
        1920       10.00      2.00
        3000      -10.00     -2.00
        """,
        anchor=first_day - timedelta(days=1),
        begins=first_day,
        years=financial_years(first_day, year_end, date(2024, 12, 31)),
    )

    found = trial_balance(converted, Period(month("2024-07"), month("2024-07")))

    assert written(found) == table("""
        1920   10.00   2.00   12.00  -
        3000  -10.00  -2.00  -12.00  -
    """)


def test_result_not_disposed_before_conversion_is_in_the_undisposed_line():
    converted = books(
        """
        account  opening   2024-01
        1920       50.00     3.00
        2000      -20.00        .
        3000      -30.00    -3.00
        """,
        anchor=date(2023, 12, 31),
        begins=date(2024, 1, 1),
        years=CALENDAR,
    )

    found = year_to_date(converted, month("2024-01"))

    assert written(found) == table("""
        1920         50.00   3.00   53.00  -
        2000        -20.00   0.00  -20.00  -
        undisposed  -30.00   0.00  -30.00  -
        3000          0.00  -3.00   -3.00  -
    """)


def test_day_before_the_first_known_year_shows_the_sources_own_figures():
    converted = books(
        """
        account  opening   2024-12
        1920       50.00     3.00
        3000      -50.00    -3.00
        """,
        anchor=date(2023, 12, 31),
        begins=date(2024, 1, 1),
        years=CALENDAR,
    )

    assert closing_balances(converted, month("2023-12")) == {
        "1920": Decimal("50.00"),
        "3000": Decimal("-50.00"),
    }


@pytest.fixture
def this_year_only():
    """First sync: anchored at the end of 2025, with 2024 and 2025 still to be fetched."""
    return books(
        """
        account  opening   2026-01
        1920      150.00     15.00
        2000     -100.00         .
        3000      -40.00    -15.00
        5000       10.00         .
        """,
        anchor=date(2025, 12, 31),
        begins=date(2024, 1, 1),
        years=CALENDAR,
    )


def test_history_not_fetched_is_missing_never_zero(this_year_only):
    found = year_to_date(this_year_only, month("2026-01"))

    assert written(found) == table("""
        1920         150.00   15.00   165.00  -
        2000        -100.00    0.00  -100.00  -
        undisposed   -50.00    0.00   -50.00  -
        3000           0.00  -15.00   -15.00  -
    """)
    assert this_year_only.covered_from == date(2026, 1, 1)
    assert not this_year_only.has_whole_history


def test_last_years_end_is_known_from_the_anchor(this_year_only):
    found = year_to_date(this_year_only, month("2026-12"))

    assert [row.figures.last_year for row in found.rows] == [
        Decimal(amount) for amount in ("150.00", "-100.00", "-20.00", "-40.00", "10.00")
    ]


def test_opening_before_the_anchor_is_missing_while_history_is_on_its_way(this_year_only):
    found = trial_balance(this_year_only, Period(month("2025-11"), month("2026-01")))

    assert written(found)[0] == "1920 - - 165.00 -"
    assert found.opening_date is None
    assert (found.total.opening, found.total.closing) == (None, ZERO)


def test_period_before_the_anchor_is_all_missing(this_year_only):
    found = trial_balance(
        this_year_only, Period(month("2025-01"), month("2025-11")), include_unused=True
    )

    assert written(found)[0] == "1920 - - - -"
    assert closing_balances(this_year_only, month("2025-11")) is None


def test_moving_the_anchor_back_changes_no_figure_that_was_known(three_years, this_year_only):
    before = trial_balance(this_year_only, Period(month("2026-01"), month("2026-01")))
    after = trial_balance(three_years, Period(month("2026-01"), month("2026-01")))

    assert {row.account: row.figures.closing for row in before.rows} == {
        row.account: row.figures.closing for row in after.rows
    }


def test_broken_year_counts_result_from_its_own_first_month():
    broken = books(
        """
        account  opening   2025-06  2025-07  2025-08
        1920        0.00      5.00     3.00     2.00
        3000        0.00     -5.00    -3.00    -2.00
        """,
        anchor=date(2024, 6, 30),
        begins=date(2024, 7, 1),
        years=financial_years(date(2024, 7, 1), 6, date(2025, 8, 31)),
    )

    found = year_to_date(broken, month("2025-08"))

    assert written(found) == table("""
        1920         5.00   5.00   10.00  0.00
        undisposed  -5.00   0.00   -5.00  0.00
        3000         0.00  -5.00   -5.00  0.00
    """)


def test_account_with_postings_that_cancel_out_is_shown_and_an_unused_one_is_not():
    quiet = books(
        """
        account  opening  2026-01  2026-02
        1579        0.00     0.00        .
        1580        0.00        .        .
        """,
        anchor=date(2025, 12, 31),
        years=CALENDAR,
    )
    january = Period(month("2026-01"), month("2026-01"))

    assert [row.account.number for row in trial_balance(quiet, january).rows] == ["1579"]
    assert len(trial_balance(quiet, january, include_unused=True).rows) == 2


def test_books_without_accounts_give_an_empty_trial_balance():
    empty = Books({}, date(2025, 12, 31), {}, {}, CALENDAR)

    found = year_to_date(empty, month("2026-01"))

    assert (found.rows, found.total.closing) == ((), ZERO)


def test_amount_on_an_unknown_account_is_refused_not_dropped():
    with pytest.raises(UnknownAccountError, match="7001920"):
        Books({}, date(2025, 12, 31), {"7001920": ZERO}, {}, CALENDAR)


def test_month_outside_the_financial_years_is_refused(three_years):
    with pytest.raises(ValueError, match="2027-01"):
        year_to_date(three_years, month("2027-01"))


def test_months_that_do_not_balance_are_found(three_years):
    assert unbalanced_months(three_years.movements) == {}
    assert unbalanced_months({"1920": {month("2026-01"): Decimal("0.01")}}) == {
        month("2026-01"): Decimal("0.01")
    }


# The worked example of norwegian-accounting.md §15.
YEAR_END = """
    account      opening      2025-12
    1200            0.00    300000.00
    1460            0.00    150000.00
    1500       210000.00     40000.00
    1700            0.00     20000.00
    1920       -72480.00    352480.00
    2000            0.00   -100000.00
    2050            0.00   -180000.00
    2220            0.00   -200000.00
    2400      -137520.00    -24960.00
    2500            0.00    -35200.00
    2740            0.00    -45000.00
    2770            0.00    -15600.00
    2781            0.00    -16920.00
    2940            0.00   -120000.00
    3000            0.00  -2000000.00
    4300            0.00    800000.00
    5000            0.00    600000.00
    6000            0.00     50000.00
    6300            0.00    380000.00
    8050            0.00     -5000.00
    8150            0.00     15000.00
    8300            0.00     35200.00
"""


def test_reference_example_sums_to_zero_with_the_years_result_of_124_800():
    example = books(YEAR_END, anchor=date(2024, 12, 31), years=CALENDAR)

    found = year_to_date(example, month("2025-12"))

    totals = {section.group: section.total.closing for section in found.sections}
    assert totals["assets"] == Decimal("1000000.00")
    assert totals["equity_and_liabilities"] == Decimal("-875200.00")
    assert totals["assets"] + totals["equity_and_liabilities"] == Decimal("124800.00")
    assert found.total.closing == ZERO
