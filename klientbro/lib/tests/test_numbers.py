"""Numbers are written and read the Norwegian way."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.lib.numbers import format_count, format_nok, parse_typed_number


def spaced(text):
    """The expected text with its spaces as no-break spaces and its hyphen as a true minus."""
    return text.replace(" ", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("1234567.89", "1 234 567,89"),
        ("-1250.5", "-1 250,50"),
        ("0", "0,00"),
        ("-0.00", "0,00"),
        ("999", "999,00"),
        ("1000", "1 000,00"),
        ("1E+3", "1 000,00"),
        ("0.004", "0,004"),
        ("-0.0040", "-0,004"),
        ("9007199254740993.01", "9 007 199 254 740 993,01"),
        ("-100000000000000000000000000000.01", "-100 000 000 000 000 000 000 000 000 000,01"),
    ],
)
def test_amount_is_written_in_full(amount, written):
    assert format_nok(Decimal(amount)) == spaced(written)


@pytest.mark.parametrize(
    ("amount", "decimals", "written"),
    [
        ("1128406.50", 0, "1 128 407"),
        ("-0.4", 0, "0"),
        ("-0.5", 0, "-1"),
        ("19.6499", 1, "19,6"),
        ("2.805", 2, "2,81"),
    ],
)
def test_amount_is_rounded_half_up_when_decimals_are_asked_for(amount, decimals, written):
    assert format_nok(Decimal(amount), decimals=decimals) == spaced(written)


@pytest.mark.parametrize(("amount", "written"), [("5", "+5,00"), ("-5", "-5,00"), ("0", "0,00")])
def test_change_carries_its_sign(amount, written):
    assert format_nok(Decimal(amount), signed=True) == spaced(written)


def test_count_has_no_decimals():
    assert format_count(41206) == spaced("41 206")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1 234,50", "1234.50"),
        ("1234.5", "1234.5"),
        (" −12 ", "-12"),
        ("-12,05", "-12.05"),
        ("+7", "7"),
    ],
)
def test_typed_number_is_read(typed, number):
    assert parse_typed_number(typed) == Decimal(number)


@pytest.mark.parametrize("typed", ["", "-", "1.234,50", "1,2,3", "tolv", "1e5", "٣", ",5", "5,"])
def test_what_is_not_one_number_is_not_guessed(typed):
    assert parse_typed_number(typed) is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_written_amount_reads_back_as_itself(amount):
    assert parse_typed_number(format_nok(amount)) == amount
