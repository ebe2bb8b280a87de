"""CAMT.053: versions, signs, batches, and every kind of file that is refused."""

from __future__ import annotations

import io
import pickle
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.bank_statements import FileLimits, StatementFileError, StatementProblem
from klientbro.domain.bank_statements.camt import read_camt
from klientbro.domain.tests.camt_files import (
    BATCH,
    DETAILS,
    JUNE,
    balance,
    document,
    entry,
    statement,
)


def refused(content, **limits):
    with pytest.raises(StatementFileError) as caught:
        read_camt(content, FileLimits(**limits))
    return caught.value


@pytest.mark.parametrize("version", ["02", "04", "08", "13"])
def test_every_version_is_read(version):
    file = read_camt(document(statement(*JUNE), version=version))
    (found,) = file.statements

    assert file.format == f"camt.053.001.{version}"
    assert (found.id, found.sequence, found.account) == ("S1", 7, "NO9386011117947")
    assert (found.opening, found.closing, found.currency) == (1000, 1750, "NOK")
    assert found.adds_up
    assert (found.first_day, found.last_day) == (date(2026, 6, 1), date(2026, 6, 30))


def test_elements_with_a_named_namespace_are_read():
    plain = read_camt(document(statement(*JUNE)))

    assert read_camt(document(statement(*JUNE), prefix="ns2")).statements == plain.statements


def test_lines_carry_what_the_bank_says():
    (found,) = read_camt(document(statement(*JUNE))).statements
    paid, wages = found.lines

    assert (paid.day, paid.amount) == (date(2026, 6, 5), Decimal("1250.00"))
    assert paid.text == "Innbetaling / Faktura 10234"
    assert (paid.reference, paid.party) == ("0010234", "Fjord Handel AS")
    assert (paid.party_account, paid.bank_reference) == ("12345678903", "A1")
    assert paid.parts == ()
    assert wages.amount == Decimal("-500.00")
    assert [(part.amount, part.party) for part in wages.parts] == [(-300, "Kari"), (-200, "Ola")]


def test_parts_that_are_not_the_whole_line_are_left_out():
    lines = entry("2026-06-12", "-600.00", details=BATCH)
    (found,) = read_camt(document(statement(lines, *JUNE[:2]))).statements

    assert found.lines[0].parts == ()
    assert found.lines[0].amount == -600


def test_entries_not_booked_are_set_aside_and_told():
    later = entry("2026-06-30", "-9.00", status="<Sts><Cd>PDNG</Cd></Sts>")
    booked = entry("2026-06-30", "-8.00", status="<Sts><Cd>BOOK</Cd></Sts>")
    file = read_camt(document(statement(*JUNE, later, booked), version="08"))

    assert [line.amount for line in file.statements[0].lines] == [1250, -500, -8]
    assert [(one.reason, one.value) for one in file.skipped] == [("not_booked", "PDNG")]


def test_several_statements_keep_their_own_balances():
    july = (balance("PRCD", "-10.00", "2026-07-01"), balance("CLBD", "-10.00", "2026-07-31"))
    other = statement(*july, id_="S2", account="<Othr><Id>1234 56 78903</Id></Othr>")
    first, second = read_camt(document(statement(*JUNE), other)).statements

    assert first.closing == 1750
    assert (second.opening, second.closing, second.account) == (-10, -10, "12345678903")
    assert second.lines == ()
    assert second.adds_up


def test_moments_and_a_stated_span_are_read():
    days = (
        "<FrToDt><FrDtTm>2026-06-01T00:00:00+02:00</FrDtTm>"
        "<ToDtTm>2026-06-30T23:59:59+02:00</ToDtTm></FrToDt>"
    )
    at_night = entry("2026-06-05", "1.00").replace(
        "<BookgDt><Dt>2026-06-05</Dt>", "<BookgDt><DtTm>2026-06-05T23:30:00+02:00</DtTm>"
    )
    (found,) = read_camt(document(statement(at_night, days=days))).statements

    assert (found.first_day, found.last_day) == (date(2026, 6, 1), date(2026, 6, 30))
    assert found.lines[0].day == date(2026, 6, 5)
    assert found.opening is found.adds_up is None


def test_statement_whose_figures_do_not_hold_together_says_so():
    (found,) = read_camt(document(statement(*JUNE[:3]))).statements

    assert found.adds_up is False
    assert (found.calculated, found.closing) == (2250, 1750)


def test_equal_lines_get_ids_of_their_own_and_keep_them():
    twice = statement(entry("2026-06-05", "5.00"), entry("2026-06-05", "5.00"))
    first, again = read_camt(document(twice)), read_camt(document(twice))
    ids = [line.id for line in first.statements[0].lines]

    assert len(set(ids)) == 2
    assert first == again
    assert first.statements[0].fingerprint == again.statements[0].fingerprint


BOMB = '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (document(statement(*JUNE), before=BOMB), "forbidden_xml"),
        (document(statement(*JUNE), before=OUTSIDE), "forbidden_xml"),
        (document(statement(*JUNE))[:-40], "broken_xml"),
        (b"<Document>", "other_message"),
        (b"<html><body>Logg inn</body></html>", "other_message"),
        (document().replace(b"camt.053", b"camt.054"), "other_message"),
        (document(), "no_statement"),
        (document(statement(*JUNE, account="")), "missing_field"),
        (document(statement()), "missing_field"),
    ],
)
def test_file_that_is_no_statement_is_refused(content, problem):
    assert refused(content).problem.value == problem


@pytest.mark.parametrize(
    ("old", "new", "problem", "field"),
    [
        ("1250.00", "1 250.00", "bad_amount", "Amt"),
        ("1250.00", "1250.005", "bad_amount", "Amt"),
        ("1250.00", "NaN", "bad_amount", "Amt"),
        ("2026-06-05", "2026-02-30", "bad_date", "Dt"),
        ("<CdtDbtInd>CRDT", "<CdtDbtInd>PLUS", "missing_field", "CdtDbtInd"),
        ('<Amt Ccy="NOK">1250.00</Amt>', "", "missing_field", "Amt"),
        ('<Amt Ccy="NOK">1250', '<Amt Ccy="EUR">1250', "mixed_currencies", "Ccy"),
    ],
)
def test_entry_that_cannot_be_read_is_named(old, new, problem, field):
    xml = document(statement(*JUNE)).decode()
    assert old in xml
    error = refused(xml.replace(old, new).replace("<Bal>", "\n<Bal>").encode())

    assert (error.problem.value, error.faults[0].field) == (problem, field)
    assert error.faults[0].line is not None
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301


def test_entry_without_any_day_is_refused():
    undated = (
        "".join(part for part in entry("2026-06-05", "1.00").split("<BookgDt>")[0:1]) + "</Ntry>"
    )

    assert refused(document(statement(undated))).faults[0].field == "BookgDt"


def test_larger_than_allowed_is_refused_while_reading():
    content = document(statement(*JUNE))

    assert refused(content, most_bytes=500).problem is StatementProblem.TOO_LARGE
    assert refused(io.BytesIO(content), most_bytes=500).problem is StatementProblem.TOO_LARGE
    assert refused(content, most_lines=1).problem is StatementProblem.TOO_MANY_LINES


def test_a_long_statement_is_read_whole():
    many = (entry("2026-06-05", "1.00", details=DETAILS, reference=str(at)) for at in range(600))
    (found,) = read_camt(io.BytesIO(document(statement(*many)))).statements

    assert len(found.lines) == 600
    assert found.movement == 600
    assert found.lines[-1].bank_reference == "599"


@given(st.integers(1, 400), st.binary(max_size=3))
def test_file_cut_or_damaged_anywhere_is_refused_and_never_read_in_part(cut, rest):
    content = document(statement(*JUNE))

    assert refused(content[: -cut - 1] + rest).total == 1
