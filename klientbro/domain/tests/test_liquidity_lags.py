"""New trade by invoice waits for its money; the open items are all there is until then."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from klientbro.domain.liquidity.estimates import estimate_lines
from klientbro.domain.liquidity.habits import Habit
from klientbro.domain.liquidity.items import Item
from klientbro.domain.liquidity.lags import NO_LAG, Lag, lag_of
from klientbro.domain.liquidity.lines import CashLine
from klientbro.domain.liquidity.recurring import Category, Flow
from klientbro.domain.periods import Month, month_range
from klientbro.domain.tests.test_liquidity_rules import START, UNTIL, cash

D = Decimal
FLAT = {(Category.SALES, month): D(31_000) for month in month_range(Month(2025, 1), Month(2026, 4))}


def estimated(lag: Lag, *known: CashLine) -> dict[str, Decimal]:
    """New sales by month, and the first day of any."""
    found = estimate_lines(FLAT, list(known), Month(2025, 1), START, UNTIL, {Category.SALES: lag})
    sums: dict[str, Decimal] = {}
    for one in found.lines:
        sums[one.fact("month")] = sums.get(one.fact("month"), D(0)) + one.amount
    assert all(one.day >= START for one in found.lines)
    return sums


def test_new_sales_by_invoice_wait_for_the_term_and_the_delay() -> None:
    # 4 May and 19 days is 23 May: 9 of May's 31 days are left
    by_invoice = estimated(Lag(19, D(1)))
    assert by_invoice["2026-05"] == D(9_000)
    assert by_invoice["2026-06"] == D(31_000)

    all_of_may = estimated(Lag(60, D(1)))
    assert "2026-05" not in all_of_may
    # 3 July is the first day: 29 of 31
    assert "2026-06" not in all_of_may
    assert all_of_may["2026-07"] == D(29_000)


def test_cash_sales_wait_for_nothing() -> None:
    # a tenth is paid at once, over 28 of 31 days; nine tenths over 9
    assert estimated(Lag(19, D("0.9")))["2026-05"] == D(2_800) + D(8_100)
    assert estimated(NO_LAG)["2026-05"] == D(31_000)


def test_what_is_known_takes_the_place_of_what_waits_too() -> None:
    known = cash("customer:1", date(2026, 5, 28), "28000")

    assert estimated(Lag(19, D(1)), known)["2026-05"] == D(3_000)


def test_the_lag_is_the_usual_term_and_all_customers_delay() -> None:
    items = [
        Item(str(at), "1", "A", D(10), date(2026, 5, 1 + days), date(2026, 5, 1))
        for at, days in enumerate((10, 14, 30))
    ]
    flows = [
        Flow(START, D(amount), "1500", at, party, category=Category.SALES)
        for at, (amount, party) in enumerate(((900, "1"), (100, "")))
    ]
    habits = {"": Habit(5, 40, is_own=False)}

    assert lag_of(Category.SALES, items, flows, habits) == Lag(19, D("0.9"))
    assert lag_of(Category.PURCHASES, items, flows, habits) == NO_LAG
    assert lag_of(Category.SALES, [], flows, habits) == NO_LAG
    assert lag_of(Category.SALES, items, flows, {"": Habit(-4, 40)}).days == 14
