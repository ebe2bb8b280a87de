"""Budgets: from last year to the øre, two who edit at once, and files with everything wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import ORE, round_to_ore, sum_amounts
from klientbro.domain.periods import FinancialYear, Month
from klientbro.domain.report_lines import LineMapping
from klientbro.domain.reporting.books import Gap, MonthBooks
from klientbro.domain.reporting.budget import (
    UNITS,
    BudgetError,
    BudgetRule,
    Conflict,
    Spread,
    changed_cells,
    from_last_year,
    merged,
    scaled,
    spread_total,
)
from klientbro.domain.reporting.budget_file import Problem, Reason, read_budget
from klientbro.domain.reporting.columns import Comparison, result_columns
from klientbro.domain.reporting.grid import result_grid
from klientbro.domain.tests.books import account, books

YEAR = FinancialYear.of_months(Month(2026, 1), Month(2026, 12))
LAST = FinancialYear.of_months(Month(2025, 1), Month(2025, 12))
TABLE = """
konto opening 2025-01 2025-06 2025-12
1920    0.00  100.00  200.00  -50.00
3000    0.00 -300.00 -600.00 -100.00
4300    0.00  200.00  400.00  150.00
"""
amounts = st.integers(-(10**8), 10**8).map(lambda ore: Decimal(ore).scaleb(-2))


def last_year(begins=date(2025, 1, 1), anchor=date(2024, 12, 31)):
    return MonthBooks.of(books(TABLE, anchor=anchor, years=(LAST, YEAR), begins=begins))


def test_last_year_three_per_cent_up_keeps_its_season():
    found = from_last_year(last_year(), YEAR, BudgetRule(Decimal(3)))

    assert found["3000"][Month(2026, 1)] == Decimal("-309.00")
    assert found["3000"][Month(2026, 2)] == Decimal("0.00")
    assert found["3000"][Month(2026, 12)] == Decimal("-103.00")
    assert "1920" not in found


def test_spread_evenly_in_hundreds_closes_on_the_last_month():
    spread = scaled([Decimal(100_000)], Decimal(100_000), Decimal(0), Spread.EVEN, ORE)
    even = spread_total(Decimal(100_000), [Decimal(1)] * 12, Decimal(100))

    assert spread == [Decimal("100000.00")]
    assert even == [*[Decimal("8300.00")] * 11, Decimal("8700.00")]


def test_accounts_may_have_a_per_cent_of_their_own_by_leading_digits():
    rule = BudgetRule(Decimal(0), by_prefix={"4": Decimal(10), "43": Decimal(50)})

    found = from_last_year(last_year(), YEAR, rule)

    assert found["4300"][Month(2026, 1)] == Decimal("300.00")
    assert found["3000"][Month(2026, 1)] == Decimal("-300.00")


@pytest.mark.parametrize(
    ("begins", "gap"),
    [(date(2025, 7, 1), Gap.BEFORE_BOOKS), (date(2020, 1, 1), Gap.NOT_FETCHED)],
)
def test_no_budget_is_made_of_months_that_are_not_known(begins, gap):
    with pytest.raises(BudgetError) as caught:
        from_last_year(last_year(begins, date(2025, 6, 30)), YEAR, BudgetRule())

    assert caught.value.gap is gap


@given(st.lists(amounts, min_size=1, max_size=12), st.integers(-90, 300), st.sampled_from(UNITS))
def test_months_sum_to_the_year_to_the_ore(months, percent, unit):
    whole = sum_amounts(months)
    for spread in Spread:
        found = scaled(months, whole, Decimal(percent), spread, unit)
        assert sum_amounts(found) == round_to_ore(whole * (1 + Decimal(percent) / 100))
        assert len(found) == len(months)


@given(amounts, st.lists(amounts, min_size=1, max_size=12), st.sampled_from(UNITS))
def test_any_weights_spread_the_whole_total(total, weights, unit):
    assert sum_amounts(spread_total(total, weights, unit)) == total


def test_budget_stands_beside_the_month_and_the_year():
    months = last_year()
    budget = from_last_year(months, YEAR, BudgetRule(Decimal(10)))
    columns = result_columns(months, Month(2026, 6), Comparison.BUDGET)
    found = result_grid(months, columns, LineMapping(), budget)

    assert found.line("sales").amounts[1] == Decimal("660.00")
    assert found.line("sales").amounts[3] == Decimal("990.00")
    assert found.line("net_result").amounts[3] == Decimal("330.00")


def test_without_a_budget_its_columns_say_so():
    months = last_year()
    columns = result_columns(months, Month(2026, 6), Comparison.BUDGET)
    for budget in (None, {}, {"3000": {Month(2027, 1): Decimal(1)}}):
        found = result_grid(months, columns, LineMapping(), budget)
        assert found.columns[1].gap is Gap.NO_BUDGET
        assert {line.amounts[1] for line in found.lines} == {None}


JAN, FEB = ("3000", Month(2026, 1)), ("3000", Month(2026, 2))


def test_two_who_edit_different_cells_both_stand():
    seen = {JAN: Decimal(1), FEB: Decimal(1)}
    now = {JAN: Decimal(5), FEB: Decimal(1)}

    found, conflicts = merged(seen, now, {FEB: Decimal(9)})

    assert (found, conflicts) == ({JAN: Decimal(5), FEB: Decimal(9)}, ())


def test_two_who_edit_the_same_cell_are_told_and_nothing_is_overwritten():
    found, conflicts = merged({JAN: Decimal(1)}, {JAN: Decimal(5)}, {JAN: Decimal(9)})

    assert found == {JAN: Decimal(5)}
    assert conflicts == (Conflict(*JAN, Decimal(9), Decimal(5)),)


def test_two_who_type_the_same_are_no_conflict():
    assert merged({}, {JAN: Decimal(9)}, {JAN: Decimal(9)})[1] == ()
    assert list(changed_cells({JAN: Decimal(0)}, {FEB: Decimal(2)})) == [FEB]


HEAD = ["Konto", "Navn", *(f"{m}.2026" for m in range(1, 13)), "Sum"]
ACCOUNTS = [account("3000"), account("4300"), account("1920"), account("43100")]


def row(number, first="100", last="", total=""):
    return [number, "Navn", first, *[""] * 10, last, total]


def read(*rows, head=HEAD):
    return read_budget([head, *rows], YEAR, ACCOUNTS)


def test_good_file_gives_amounts_by_account_and_month():
    found = read(row("3000", "1 234,50", "−10"), ["Sum"], [], row(4300.0, 100))

    assert found.problems == ()
    assert found.rows == 2
    assert found.amounts["3000"][Month(2026, 1)] == Decimal("1234.50")
    assert found.amounts["3000"][Month(2026, 12)] == Decimal(-10)
    assert found.amounts["4300"][Month(2026, 1)] == Decimal(100)
    assert found.amounts["4300"][Month(2026, 2)] == Decimal(0)


@pytest.mark.parametrize(
    "headings",
    [
        ["jan", "feb", "mars", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "des"],
        [f"2026-{month:02}" for month in range(1, 13)],
        [date(2026, month, 1) for month in range(1, 13)],
        [f"{name} 26" for name in (
            "Januar", "Februar", "Mars", "April", "Mai", "Juni", "Juli", "August", "September",
            "Oktober", "November", "Desember",
        )],
    ],
)  # fmt: skip
def test_headings_as_people_write_them(headings):
    found = read_budget([["Konto", "Navn", *headings], row("3000")], YEAR, ACCOUNTS)

    assert found.problems == ()
    assert found.amounts["3000"][Month(2026, 1)] == Decimal(100)


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([row("8888")], Problem(Reason.UNKNOWN_ACCOUNT, 2, found="8888")),
        ([row("1920")], Problem(Reason.BALANCE_ACCOUNT, 2, found="1920")),
        ([row("3000", "mye")], Problem(Reason.NOT_A_NUMBER, 2, "2026-01", "mye")),
        ([row("3000", "1,005")], Problem(Reason.PARTS_OF_ORE, 2, "2026-01", "1,005")),
        ([row("3000", "9" * 20)], Problem(Reason.TOO_LARGE, 2, "2026-01", "9" * 20)),
        ([row("3000"), row("3000")], Problem(Reason.ACCOUNT_TWICE, 3, found="3000")),
        ([row("3000", total="99")], Problem(Reason.SUM_DIFFERS, 2, "Sum", "99.00", "100.00")),
        ([["Konto"]], Problem(Reason.EMPTY, 2)),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(rows, problem):
    assert read(*rows).problems == (problem,)


def test_every_problem_of_a_file_is_told_at_once():
    found = read(row("8888", "mye"), row("1920"), row("3000", "x", "y"))

    assert [(one.row, one.reason) for one in found.problems] == [
        (2, Reason.UNKNOWN_ACCOUNT),
        (2, Reason.NOT_A_NUMBER),
        (3, Reason.BALANCE_ACCOUNT),
        (4, Reason.NOT_A_NUMBER),
        (4, Reason.NOT_A_NUMBER),
    ]


def test_file_of_another_year_is_refused():
    head = ["Konto", "Navn", *(f"{m}.2025" for m in range(1, 13))]

    found = read(row("3000"), head=head)

    assert found.problems[0] == Problem(Reason.WRONG_YEAR, 1, "1.2025", "2025-01", "2026")
    assert found.amounts == {}


def test_file_without_months_twice_a_month_or_nothing_at_all_is_refused():
    assert read_budget([], YEAR, ACCOUNTS).problems[0].reason is Reason.EMPTY
    assert read_budget([["Konto", "Beløp"]], YEAR, ACCOUNTS).problems[0].reason is Reason.NO_HEADING
    short = read(row("3000"), head=["Konto", "Navn", "jan", "feb"])
    assert {one.reason for one in short.problems} == {Reason.MONTH_MISSING}
    assert len(short.problems) == 10
    twice = read(row("3000"), head=["Konto", "Navn", "jan", "1.2026"])
    assert twice.problems[0].reason is Reason.MONTH_TWICE


def test_two_accounts_with_the_same_number_are_not_guessed_between():
    same = [account("3000"), account("3000")]

    found = read_budget([HEAD, row("3000")], YEAR, same)

    assert found.problems == (Problem(Reason.AMBIGUOUS_ACCOUNT, 2, found="3000"),)


def test_spreadsheets_own_dust_is_not_taken_for_parts_of_ore():
    found = read(["3000", "", 0.1 + 0.2, *[None] * 11])

    assert found.amounts["3000"][Month(2026, 1)] == Decimal("0.30")
    assert read(["3000", "", True]).problems[0].reason is Reason.NOT_A_NUMBER


@given(st.lists(st.lists(st.one_of(st.text(max_size=12), st.floats(), st.none()), max_size=6)))
def test_no_file_whatever_makes_it_fail(rows):
    assert len(read_budget(rows, YEAR, ACCOUNTS).problems) >= 1
