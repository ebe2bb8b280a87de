"""The worked examples of norwegian-accounting.md §2, and that what is typed round-trips."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.orgnr import OrgnrStatus, check_orgnr, format_orgnr, normalise_orgnr

NBSP = "\N{NO-BREAK SPACE}"
WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("123456785", "123456785"),
        ("312345676", "312345676"),
        ("310000019", "310000019"),
        ("310000000", "310000000"),
        ("210000003", "210000003"),
        ("310 000 043", "310000043"),
        ("NO310000043MVA", "310000043"),
        ("no 310 000 043 mva", "310000043"),
        ("NO 310.000.043 MVA", "310000043"),
        (f"310{NBSP}000{NBSP}043", "310000043"),
        ("310\N{NARROW NO-BREAK SPACE}000\N{THIN SPACE}043\r\n", "310000043"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}310000043\N{ZERO WIDTH SPACE}", "310000043"),
    ],
)
def test_valid_number_is_accepted_however_it_is_written(typed, digits):
    check = check_orgnr(typed)

    assert (check.status, check.digits) == (OrgnrStatus.OK, digits)


@pytest.mark.parametrize("typed", ["312345675", "123456784", "310000001"])
def test_wrong_check_digit_is_refused(typed):
    assert check_orgnr(typed).status is OrgnrStatus.CHECKSUM


@pytest.mark.parametrize("last", range(10))
@pytest.mark.parametrize("first_eight", ["31999999", "91234567"])
def test_remainder_one_has_no_valid_number(first_eight, last):
    assert check_orgnr(f"{first_eight}{last}").status is OrgnrStatus.CHECKSUM


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "31000001", "3100000190", "31000001A", "NO", "MVA", "NONO310000043"),
        *("310-000-043", "３１００００043", "٣١٠٠٠٠٠٤٣", "+310000043", "310000043 SE"),
    ],
)
def test_anything_but_nine_digits_is_a_wrong_format(typed):
    check = check_orgnr(typed)

    assert (check.status, check.digits) == (OrgnrStatus.FORMAT, "")


def test_number_is_shown_in_threes_that_stay_on_one_line():
    assert format_orgnr("314021177") == f"314{NBSP}021{NBSP}177"


@st.composite
def orgnrs(draw):
    """Any valid number, by the rule as the register writes it."""
    first = draw(st.lists(st.integers(0, 9), min_size=8, max_size=8))
    remainder = sum(w * d for w, d in zip(WEIGHTS, first, strict=True)) % 11
    if remainder == 1:
        first[-1] = (first[-1] + 1) % 10
        remainder = sum(w * d for w, d in zip(WEIGHTS, first, strict=True)) % 11
    return "".join(map(str, [*first, (11 - remainder) % 11]))


@given(orgnrs())
def test_shown_number_reads_back_as_itself(digits):
    assert check_orgnr(f"NO {format_orgnr(digits)} MVA").digits == digits


@given(orgnrs(), st.integers(0, 8), st.integers(1, 9))
def test_one_mistyped_digit_is_always_found(digits, place, change):
    mistyped = str((int(digits[place]) + change) % 10)

    check = check_orgnr(digits[:place] + mistyped + digits[place + 1 :])

    assert check.status is OrgnrStatus.CHECKSUM


@given(st.text())
def test_normalising_twice_changes_nothing_in_a_number_found_valid(text):
    check = check_orgnr(text)

    assert check.status is not OrgnrStatus.OK or normalise_orgnr(check.digits) == check.digits
