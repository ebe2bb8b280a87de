"""Amounts are exact kroner and øre, whatever form they arrive in."""

from __future__ import annotations

import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.money import (
    LARGEST_AMOUNT,
    MoneyError,
    MoneyProblem,
    has_parts_of_ore,
    parse_amount,
    round_to_ore,
    sum_amounts,
)

ore = st.integers(-(10**17), 10**17)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("-1250.5", "-1250.50"),
        ("0", "0.00"),
        ("-0.00", "0.00"),
        ("1.500", "1.50"),
        ("1E+3", "1000.00"),
        ("9007199254740993.01", "9007199254740993.01"),
        (7, "7.00"),
        (Decimal("-88000.0"), "-88000.00"),
        (LARGEST_AMOUNT, "9999999999999999.99"),
    ],
)
def test_amount_is_read_exactly_with_two_decimals(value, written):
    assert str(parse_amount(value)) == written


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (0.5, "float"),
        (float("nan"), "float"),
        (True, "float"),
        (None, "float"),
        ("", "not_a_number"),
        ("1 000", "not_a_number"),
        ("1_000", "not_a_number"),
        ("1,50", "not_a_number"),
        ("١٢", "not_a_number"),
        ("NaN", "not_a_number"),
        (Decimal("Infinity"), "not_a_number"),
        ("0.295", "parts_of_ore"),
        (Decimal("-0.001"), "parts_of_ore"),
        ("1e-300", "parts_of_ore"),
        ("10000000000000000", "too_large"),
        ("-1e999", "too_large"),
    ],
)
def test_what_is_no_amount_is_refused_with_its_reason(value, problem):
    with pytest.raises(MoneyError) as caught:
        parse_amount(value)

    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("0.0049999", "0.00"),
        ("-0.001", "0.00"),
        ("1.015", "1.02"),
        ("2.675", "2.68"),
    ],
)
def test_rounding_is_half_up_away_from_zero(exact, rounded):
    assert str(round_to_ore(Decimal(exact))) == rounded


def test_parts_of_an_ore_are_seen():
    assert has_parts_of_ore(Decimal("10.005"))
    assert not has_parts_of_ore(Decimal("10.500"))


def test_sum_of_nothing_is_zero_with_two_decimals():
    assert str(sum_amounts([])) == "0.00"


def test_error_survives_the_way_between_processes():
    copy = pickle.loads(pickle.dumps(MoneyError(MoneyProblem.PARTS_OF_ORE, "0.295")))  # noqa: S301 our own bytes

    assert copy.value == "0.295"


@given(ore)
def test_whole_ore_read_back_as_themselves(count):
    amount = Decimal(count).scaleb(-2)

    assert parse_amount(str(amount)) == amount
    assert parse_amount(amount) == amount


@given(st.lists(ore, max_size=50))
def test_sum_is_exact(counts):
    amounts = [Decimal(count).scaleb(-2) for count in counts]

    assert sum_amounts(amounts) * 100 == sum(counts)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15))
def test_rounding_moves_an_amount_by_half_an_ore_at_most(amount):
    rounded = round_to_ore(amount)

    assert abs(rounded - amount) <= Decimal("0.005")
    assert round_to_ore(rounded) == rounded
