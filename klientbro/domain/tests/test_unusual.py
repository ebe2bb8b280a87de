"""An account's month is held against the months before it, and only what stands out is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.reconciliation.unusual import Moved, Unusual, look_at

RENT = [Moved(Decimal(12000), 1)] * 12
AMOUNTS = st.decimals(-1_000_000, 1_000_000, places=2)
MONTHS = st.lists(st.builds(Moved, AMOUNTS, st.integers(0, 50)), max_size=12)


def found(now: Moved, before: list[Moved]) -> tuple[Unusual, ...]:
    look = look_at(now, before)
    assert look is not None
    return look.found


def test_a_month_like_the_others_has_nothing_unusual() -> None:
    assert found(Moved(Decimal(12000), 1), RENT) == ()


def test_twice_the_rent_is_named_though_every_month_before_was_equal() -> None:
    assert found(Moved(Decimal(24000), 2), RENT) == (Unusual.AMOUNT,)


def test_a_swing_within_two_standard_deviations_is_usual() -> None:
    swinging = [Moved(Decimal(amount), 10) for amount in (10000, 50000, 30000, 70000, 20000)]
    assert found(Moved(Decimal(75000), 10), swinging) == ()
    assert found(Moved(Decimal(85000), 10), swinging) == (Unusual.AMOUNT,)


def test_a_small_amount_is_no_news_however_even_the_months_were() -> None:
    assert found(Moved(Decimal(12500), 1), RENT) == ()


def test_a_month_without_postings_is_named_where_every_month_had_some() -> None:
    assert found(Moved(), RENT) == (Unusual.AMOUNT, Unusual.NO_POSTINGS)
    with_a_gap = [*RENT[:6], Moved(), *RENT[7:]]
    assert Unusual.NO_POSTINGS not in found(Moved(), with_a_gap)


@pytest.mark.parametrize(
    ("postings", "expected"),
    [(40, (Unusual.MORE_POSTINGS,)), (2, (Unusual.FEWER_POSTINGS,)), (22, ())],
)
def test_the_number_of_postings_is_held_against_the_months_before(postings, expected) -> None:
    busy = [Moved(Decimal(5000), number) for number in (18, 20, 22, 21, 19)]
    assert found(Moved(Decimal(5000), postings), busy) == expected


def test_two_months_are_too_few_to_say_anything() -> None:
    assert look_at(Moved(Decimal(99999), 1), RENT[:2]) is None
    assert look_at(Moved(Decimal(99999), 1), []) is None


def test_months_before_the_account_was_used_are_not_counted() -> None:
    new = [*[Moved()] * 9, *RENT[:3]]
    look = look_at(Moved(Decimal(12000), 1), new)
    assert look is not None
    assert (look.months, look.mean, look.found) == (3, Decimal("12000.00"), ())


def test_the_same_month_last_year_is_told_beside_the_mean() -> None:
    look = look_at(RENT[0], RENT, last_year=Moved(Decimal(11500), 1))
    assert look is not None
    assert (look.mean, look.mean_postings, look.last_year) == (
        Decimal("12000.00"),
        Decimal(1),
        Decimal(11500),
    )


@given(st.builds(Moved, AMOUNTS, st.integers(1, 50)), st.integers(3, 12))
def test_a_month_that_repeats_itself_is_never_unusual(each: Moved, months: int) -> None:
    assert found(each, [each] * months) == ()


@given(MONTHS, st.builds(Moved, AMOUNTS, st.integers(0, 50)))
def test_the_order_of_the_months_that_were_used_means_nothing(before, now) -> None:
    used = [each for each in before if each.postings]
    assert look_at(now, used) == look_at(now, used[::-1])
