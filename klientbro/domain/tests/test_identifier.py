"""What a person may type as Orgnummer, and what is said when it cannot be used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.identifier import (
    Identifier,
    IdentifierKind,
    IdentifierProblem,
    parse_identifier,
)

NBSP = "\N{NO-BREAK SPACE}"


def parse(text, *, accept_synthetic=True, accept_2032=False):
    return parse_identifier(text, accept_synthetic=accept_synthetic, accept_2032=accept_2032)


@pytest.mark.parametrize("text", ["", "   ", f"\t{NBSP}\n"])
def test_nothing_typed_is_no_identifier_and_no_problem(text):
    assert parse(text) is None


@pytest.mark.parametrize("text", ["310000043", "310 000 043", "NO310000043MVA", "no 310000043"])
def test_orgnr_is_kept_as_nine_digits(text):
    assert parse(text) == Identifier(IdentifierKind.ORGNR, "310000043")


@pytest.mark.parametrize("text", ["01819010192", "018190 10192", "018190-10192", "018190.10192"])
def test_national_id_is_kept_as_eleven_digits(text):
    assert parse(text) == Identifier(IdentifierKind.NATIONAL_ID, "01819010192")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31000001A", "not_digits"),
        ("Fjordglimt Bakeri AS", "not_digits"),
        ("0181-9010192", "not_digits"),
        ("31000001", "length"),
        ("3100000190", "length"),
        ("0181901019", "length"),
        ("NO 31000004 MVA", "length"),
        ("NO01819010192", "length"),
        ("312345675", "orgnr_checksum"),
        ("319999991", "orgnr_checksum"),
        ("01819010191", "national_id_checksum"),
        ("01819010109", "national_id_checksum"),
        ("30829010085", "national_id_date"),
        ("01814560089", "national_id_series"),
    ],
)
def test_wrong_identifier_is_refused_with_its_reason(text, code):
    problem = parse(text)

    assert isinstance(problem, IdentifierProblem)
    assert problem.code == code


def test_number_under_the_2032_rule_is_accepted_when_the_setting_is_on():
    assert parse("01819010109", accept_2032=True).kind is IdentifierKind.NATIONAL_ID


@pytest.mark.parametrize("text", ["01819010192", "41819010186", "01819010109"])
def test_synthetic_number_is_refused_where_only_real_ones_are_taken(text):
    assert parse(text, accept_synthetic=False, accept_2032=True).code == "synthetic"


def test_orgnr_of_the_test_series_is_taken_everywhere():
    assert parse("310000043", accept_synthetic=False).display == f"310{NBSP}000{NBSP}043"


def test_person_is_shown_masked_in_every_form():
    identifier = parse("01819010192")

    assert identifier.display == "018190 *****"
    assert str(identifier) == "018190 *****"
    assert f"{identifier}" == "018190 *****"
    assert "0192" not in repr(identifier)


def test_problem_never_holds_what_was_typed():
    assert "018190" not in repr(parse("01819010191"))


@given(st.text())
def test_any_text_is_read_without_an_exception(text):
    found = parse(text, accept_2032=True)

    assert not isinstance(found, Identifier) or parse(found.digits, accept_2032=True) == found
