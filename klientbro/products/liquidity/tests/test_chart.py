"""The drawing of the bank: inside its frame, and the two lowest figures never over each other."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as some

from klientbro.domain.liquidity.buckets import Balance, Horizon
from klientbro.products.liquidity.chart import BOTTOM, HEIGHT, WIDTH, draw

AMOUNTS = some.integers(-(5 * 10**8), 9 * 10**8).map(lambda ore: Decimal(ore).scaleb(-2))
COURSES = some.lists(AMOUNTS, min_size=2, max_size=30)


def held(amounts: list[Decimal]) -> list[Balance]:
    first = date(2026, 11, 18)
    return [Balance(first + timedelta(days=at), amount) for at, amount in enumerate(amounts)]


@given(COURSES, COURSES, AMOUNTS)
def test_figures_stand_inside_the_drawing_and_apart(
    base: list[Decimal], beside: list[Decimal], limit: Decimal
) -> None:
    both = min(len(base), len(beside))
    chart = draw(held(base[:both]), held(beside[:both]), limit, Horizon.WEEKS)

    (_base, one), (_beside, other) = chart.dots
    for dot in (one, other):
        assert 0 <= dot.x <= WIDTH
        assert 0 <= dot.text_y <= HEIGHT - BOTTOM
    if abs(one.x - other.x) <= 90 and one.side == other.side:
        assert abs(one.text_y - other.text_y) >= 13.9


def test_without_a_scenario_there_is_one_lowest_point() -> None:
    chart = draw(held([Decimal(100), Decimal(50)]), None, Decimal(0), Horizon.DAYS)

    assert [kind for kind, _dot in chart.dots] == ["base"]
    assert chart.beside == ""
