"""Several clients summed: eliminations keep the sheet in balance, unequal years are told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klientbro.domain.money import ZERO
from klientbro.domain.periods import FinancialYear, Month, Period
from klientbro.domain.report_lines import LINES, LineMapping
from klientbro.domain.reporting.books import Gap, MonthBooks
from klientbro.domain.reporting.frozen import (
    amount_from,
    amount_text,
    content_hash,
    figures_from,
    moved_since,
)
from klientbro.domain.reporting.group import Elimination, GroupSpan, Member, group_report
from klientbro.domain.tests.books import books
from klientbro.domain.tests.test_trial_balance_laws import MONTHS, any_books

CALENDAR = tuple(FinancialYear.of_months(Month(year, 1), Month(year, 12)) for year in (2025, 2026))
BROKEN = tuple(
    FinancialYear.of_months(Month(year, 7), Month(year + 1, 6)) for year in (2024, 2025, 2026)
)
OCTOBER = Month(2026, 10)
SELLER = """
konto opening 2026-03 2026-09
1500    0.00  100.00   50.00
3000    0.00 -100.00  -50.00
"""
BUYER = """
konto opening 2026-03 2026-09
2400    0.00 -100.00  -50.00
6300    0.00  100.00   50.00
"""


def member(table, name, years=CALENDAR, begins=date(2025, 1, 1), anchor=date(2024, 12, 31)):
    held = books(table, anchor=anchor, years=years, begins=begins)
    return Member(name, MonthBooks.of(held), LineMapping())


def line(lines, code):
    return next(one for one in lines if one.line.code == code)


PAIR = (member(SELLER, "Selger AS"), member(BUYER, "Kjøper AS"))


def test_internal_sale_and_debt_are_taken_out_and_the_result_stands():
    found = group_report(
        PAIR,
        OCTOBER,
        GroupSpan.OWN_YEAR,
        {
            OCTOBER: [
                Elimination("Leie", "sales", "other_operating_cost", Decimal(150)),
                Elimination("Mellomværende", "receivables", "trade_payables", Decimal(150)),
            ]
        },
    )

    sales = line(found.result, "sales")
    assert (sales.amounts, sales.total, sales.remaining) == (
        (Decimal(150), ZERO),
        Decimal(150),
        ZERO,
    )
    assert line(found.result, "net_result").remaining == ZERO
    assert line(found.sheet, "receivables").remaining == ZERO
    assert line(found.sheet, "trade_payables").remaining == ZERO
    assert line(found.sheet, "total_assets").remaining == ZERO
    assert not found.is_uneven


def test_profit_within_the_group_lowers_the_result_and_the_equity_alike():
    within = Elimination("Internfortjeneste", "inventory", "cost_of_goods", Decimal(40))

    found = group_report(PAIR, OCTOBER, GroupSpan.OWN_YEAR, {OCTOBER: [within]})

    assert within.effects() == {"inventory": Decimal(-40), "cost_of_goods": Decimal(40)}
    assert line(found.result, "net_result").eliminated == Decimal(-40)
    assert line(found.sheet, "unappropriated_result").eliminated == Decimal(-40)
    assert (
        line(found.sheet, "total_assets").remaining
        == line(found.sheet, "total_equity_and_debt").remaining
    )


def test_clients_with_different_years_are_told_apart_and_comparable_over_twelve_months():
    pair = (member(SELLER, "Selger AS", BROKEN), PAIR[1])

    own = group_report(pair, OCTOBER, GroupSpan.OWN_YEAR, {})
    rolling = group_report(pair, OCTOBER, GroupSpan.ROLLING, {})

    assert own.is_uneven
    assert own.members[0].period == Period(Month(2026, 7), OCTOBER)
    assert line(own.result, "sales").total == Decimal(50)
    assert not rolling.is_uneven
    assert line(rolling.result, "sales").total == Decimal(150)
    assert not group_report(pair, OCTOBER, GroupSpan.CALENDAR, {}).is_uneven


def test_client_without_figures_leaves_the_sum_unknown_and_is_named():
    late = member(SELLER, "Ny AS", begins=date(2020, 1, 1), anchor=date(2026, 6, 30))
    nothing = Member("Tom AS", None, LineMapping())

    found = group_report((late, nothing, PAIR[1]), OCTOBER, GroupSpan.CALENDAR, {})
    rolling = group_report((late, PAIR[1]), OCTOBER, GroupSpan.ROLLING, {})

    assert [(one.name, one.gap) for one in found.missing] == [("Tom AS", Gap.NO_BOOKS)]
    assert line(found.result, "sales").total is None
    assert [(one.name, one.gap) for one in rolling.missing] == [("Ny AS", Gap.NOT_FETCHED)]
    assert line(rolling.result, "net_result").remaining is None
    assert line(rolling.sheet, "receivables").total == Decimal(150)


@pytest.mark.parametrize(
    ("one", "other", "message"),
    [("operating_income", "sales", "worked out"), ("sales", "sales", "two different lines")],
)
def test_elimination_that_cannot_be_is_refused(one, other, message):
    with pytest.raises(ValueError, match=message):
        Elimination("", one, other, Decimal(1))


leaves = st.sampled_from([code for code, one in LINES.items() if one.takes_accounts])
eliminations = st.lists(
    st.tuples(leaves, leaves, st.integers(-(10**6), 10**6))
    .filter(lambda each: each[0] != each[1])
    .map(lambda each: Elimination("", each[0], each[1], Decimal(each[2]))),
    max_size=4,
)


@settings(max_examples=40)
@given(any_books(), any_books(), st.sampled_from(MONTHS[12:]), eliminations)
def test_whatever_is_eliminated_assets_equal_equity_and_debt(one, other, month, taken):
    members = [Member("A", MonthBooks.of(one), LineMapping())]
    members.append(Member("B", MonthBooks.of(other), LineMapping()))

    for span in (GroupSpan.OWN_YEAR, GroupSpan.MONTH):
        found = group_report(members, month, span, {month: taken})

        assert (
            line(found.sheet, "total_assets").remaining
            == line(found.sheet, "total_equity_and_debt").remaining
        )
        for each in (*found.result, *found.sheet):
            assert each.total == sum((amount for amount in each.amounts), ZERO)


@settings(max_examples=40)
@given(
    st.dictionaries(st.sampled_from(MONTHS[12:]), eliminations.filter(bool)),
    st.sampled_from(MONTHS[12:]),
)
def test_what_is_eliminated_in_the_months_is_what_is_eliminated_in_the_year(kept, month):
    kept = {month: [Elimination("", "sales", "other_operating_cost", Decimal(7))], **kept}
    carried = {}
    year = [Month(month.year, at) for at in range(1, month.month + 1)]
    for one in year:  # every month of the year has its own, or those of the month before
        carried[one] = kept.get(one) or carried.get(one.previous()) or kept[month]

    def taken(span, last):
        found = group_report(PAIR, last, span, carried)
        return {each.line.code: each.eliminated for each in found.result}

    months = [taken(GroupSpan.MONTH, one) for one in year]
    whole = taken(GroupSpan.CALENDAR, month)
    assert {code: sum((one[code] for one in months), ZERO) for code in whole} == whole


def test_a_month_alone_takes_what_its_year_so_far_has_grown_by():
    kept = {
        OCTOBER.previous(): [Elimination("Leie", "sales", "other_operating_cost", Decimal(90))],
        OCTOBER: [
            Elimination("Leie", "sales", "other_operating_cost", Decimal(100)),
            Elimination("Internfortjeneste", "inventory", "cost_of_goods", Decimal(40)),
        ],
    }

    alone = group_report(PAIR, OCTOBER, GroupSpan.MONTH, kept)

    assert line(alone.result, "sales").eliminated == Decimal(-10)
    assert line(alone.result, "net_result").eliminated == Decimal(-40)
    assert line(alone.sheet, "unappropriated_result").eliminated == Decimal(-40)
    assert alone.unkept == ()


def test_twelve_months_take_this_year_and_the_rest_of_the_last():
    def rent(amount):
        return [Elimination("Leie", "sales", "other_operating_cost", Decimal(amount))]

    kept = {OCTOBER: rent(100), Month(2025, 12): rent(110), Month(2025, 10): rent(95)}

    rolling = group_report(PAIR, OCTOBER, GroupSpan.ROLLING, kept)

    assert line(rolling.result, "sales").eliminated == Decimal(-115)
    assert rolling.unkept == ()


def test_months_without_eliminations_are_named_and_never_turn_them_around():
    rent = [Elimination("Leie", "sales", "other_operating_cost", Decimal(90))]

    later = group_report(PAIR, OCTOBER, GroupSpan.MONTH, {OCTOBER.previous(): rent})
    first = group_report(PAIR, OCTOBER, GroupSpan.MONTH, {OCTOBER: rent})
    january = group_report(PAIR, Month(2026, 1), GroupSpan.MONTH, {Month(2026, 1): rent})

    assert (line(later.result, "sales").eliminated, later.unkept) == (ZERO, (OCTOBER,))
    assert line(first.result, "sales").eliminated == Decimal(-90)
    assert first.unkept == (OCTOBER.previous(),)
    assert january.unkept == ()


def test_a_shared_broken_year_is_the_year_that_eliminations_follow():
    pair = (member(SELLER, "A", BROKEN), member(BUYER, "B", BROKEN))

    def rent(amount):
        return [Elimination("Leie", "sales", "other_operating_cost", Decimal(amount))]

    kept = {OCTOBER: rent(40), Month(2026, 6): rent(120), Month(2025, 12): rent(60)}

    calendar = group_report(pair, OCTOBER, GroupSpan.CALENDAR, kept)
    july = group_report(pair, Month(2026, 7), GroupSpan.MONTH, {Month(2026, 7): rent(10)})

    # January–June is 120 − 60 of the year that ended, July–October 40 of the new one
    assert line(calendar.result, "sales").eliminated == Decimal(-100)
    assert (line(july.result, "sales").eliminated, july.unkept) == (Decimal(-10), ())


def test_frozen_figures_say_which_have_moved():
    frozen = figures_from([("sales", "100.00"), ("tax", "0.00"), ("old", "0.00"), ("gone", None)])
    now = {"sales": Decimal("90.00"), "tax": ZERO, "new": Decimal(5), "nought": ZERO, "gone": None}

    moved = moved_since(frozen, now)

    assert [(one.key, one.before, one.now, one.change) for one in moved] == [
        ("sales", Decimal(100), Decimal(90), Decimal(-10)),
        ("new", None, Decimal(5), None),
    ]
    assert moved_since(frozen, frozen) == ()


def test_a_figure_that_was_missing_and_has_come_has_moved():
    assert moved_since({"a": None}, {"a": ZERO})[0].key == "a"


def test_hash_is_of_the_content_and_not_of_its_order():
    assert content_hash({"a": 1, "b": "ø"}) == content_hash({"b": "ø", "a": 1})
    assert content_hash({"a": "1"}) != content_hash({"a": "2"})
    assert amount_from(amount_text(Decimal("-1250.50"))) == Decimal("-1250.50")
    assert amount_text(None) is None
