"""The worked examples of norwegian-accounting.md §3. All numbers are synthetic (month + 80)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.national_id import (
    NationalIdKind,
    NationalIdStatus,
    check_national_id,
    hide_national_ids,
    mask_national_id,
)

# number, status with remainder {0}, status with remainders {0..3}, birth date under {0}
WORKED_EXAMPLES = """
    01819010192   ok         ok         1990-01-01
    15848510065   ok         ok         1985-04-15
    29820050043   ok         ok         2000-02-29
    01819990081   ok         ok         1999-01-01
    01811050047   ok         ok         2010-01-01
    41819010186   ok         ok         1990-01-01
    01819010109   checksum   ok         -
    01819010191   checksum   checksum   -
    29820010092   date       date       -
    30829010085   date       date       -
    99819010214   date       date       -
    29800050063   date       date       -
    01814560089   series     series     -
    0181901019    format     format     -
"""
EXAMPLES = [line.split() for line in WORKED_EXAMPLES.strip().splitlines()]

K1 = (3, 7, 6, 1, 8, 9, 4, 5, 2)
K2 = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


@pytest.mark.parametrize(("number", "status", "status_2032", "born"), EXAMPLES)
def test_worked_example(number, status, status_2032, born):
    check = check_national_id(number, accept_2032=False)

    assert check.status == status
    assert check_national_id(number, accept_2032=True).status == status_2032
    assert check.birth_date == (None if born == "-" else date.fromisoformat(born))


@pytest.mark.parametrize("accept_2032", [False, True])
def test_textbook_number_is_valid_and_not_synthetic(accept_2032):
    check = check_national_id("31129956715", accept_2032=accept_2032)

    assert check.status == "ok"
    assert check.kind is NationalIdKind.FNR
    assert not check.is_synthetic
    assert check.birth_date == date(1899, 12, 31)


def test_d_number_can_be_synthetic_too():
    check = check_national_id("41819010186", accept_2032=False)

    assert (check.kind, check.is_synthetic) == (NationalIdKind.DNR, True)


def test_number_valid_only_under_the_2032_rule_tells_no_birth_date():
    check = check_national_id("01819010109", accept_2032=True)

    assert (check.kind, check.is_synthetic, check.birth_date) == (NationalIdKind.FNR, True, None)


@pytest.mark.parametrize(
    "text",
    ["", "018190101920", "0181901019x", "018190 10192", "٠١٨١٩٠١٠١٩٢", "01819010192\n", "²" * 11],
)
def test_anything_but_eleven_digits_is_a_wrong_format(text):
    assert check_national_id(text, accept_2032=True).status == "format"


def test_eleven_zeros_are_no_date():
    assert check_national_id("00000000000", accept_2032=False).status == "date"


def number_of(day, month, year, individual):
    """The valid number with these parts, None when its control digit would be 10."""
    nine = f"{day:02}{month:02}{year:02}{individual:03}"
    for weights in (K1, K2):
        control = -sum(w * int(d) for w, d in zip(weights, nine, strict=True)) % 11
        if control == 10:
            return None
        nine += str(control)
    return nine


@pytest.mark.parametrize("added", [40, 65, 80])
def test_numbers_with_something_added_to_the_month_are_synthetic(added):
    numbers = (number_of(24, 12 + added, 85, individual) for individual in range(100, 120))
    number = next(number for number in numbers if number)

    check = check_national_id(number, accept_2032=False)

    assert (check.status, check.is_synthetic) == ("ok", True)
    assert check.birth_date == date(1985, 12, 24)


@pytest.mark.parametrize("added", [13, 40, 53, 65, 78, 93])
def test_months_that_belong_to_no_series_are_no_date(added):
    numbers = (number_of(24, added, 85, individual) for individual in range(100, 120))
    number = next(number for number in numbers if number)

    assert check_national_id(number, accept_2032=False).status == "date"


@pytest.mark.parametrize(
    ("year", "individual", "full_year"),
    [
        *((0, 0, 1900), (99, 499, 1999), (54, 500, 1854), (99, 749, 1899)),
        *((40, 900, 1940), (99, 999, 1999), (0, 500, 2000), (39, 999, 2039)),
        *((53, 500, None), (54, 750, None), (40, 899, None), (40, 500, None)),
    ],
)
def test_century_follows_from_the_individual_digits(year, individual, full_year):
    # A day of the first month for which the control digits exist.
    numbers = (number_of(day, 81, year, individual) for day in range(1, 29))
    number = next(number for number in numbers if number)

    check = check_national_id(number, accept_2032=False)

    assert (check.birth_date.year if check.birth_date else None) == full_year
    assert check.status == ("ok" if full_year else "series")


def test_number_is_masked_after_the_six_first_digits():
    assert mask_national_id("01819010192") == "018190 *****"


@pytest.mark.parametrize("text", ["", "0181901019", "01819010192 "])
def test_what_is_no_number_is_masked_whole(text):
    assert mask_national_id(text) == "*****"


def test_repr_of_the_check_shows_neither_number_nor_birth_date():
    shown = repr(check_national_id("01819010192", accept_2032=False))

    assert "1990" not in shown
    assert "10192" not in shown


@given(st.text(max_size=13), st.booleans())
def test_any_text_gets_an_answer_and_never_an_exception(text, accept_2032):
    assert check_national_id(text, accept_2032=accept_2032).status


@given(st.integers(0, 10**11 - 1))
def test_the_2032_rule_refuses_nothing_that_was_accepted_before(number):
    digits = f"{number:011}"
    before = check_national_id(digits, accept_2032=False)

    after = check_national_id(digits, accept_2032=True)

    assert after == before or before.status == "checksum"


@pytest.mark.parametrize("mark", ["", " ", "\u00a0", "-"])
def test_number_is_hidden_in_a_text_however_people_part_it(mark: str) -> None:
    number = "02819110061"
    assert check_national_id(number, accept_2032=True).status is NationalIdStatus.OK
    text = f"gjelder {number[:6]}{mark}{number[6:]}."
    assert hide_national_ids(text) == "gjelder 028191 *****."
    for longer in (f"1{number[:6]}{mark}{number[6:]}", f"{number[:6]}{mark}{number[6:]}1"):
        assert hide_national_ids(longer) == longer  # more digits beside it: another number
