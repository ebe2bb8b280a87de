"""A Norwegian bank's CSV: however it is written, and told by line what cannot be read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.domain.bank_statements import (
    FileLimits,
    StatementFileError,
    StatementProblem,
    read_statement_file,
)
from klientbro.domain.bank_statements.csv_cells import decimal_mark, parse_cell, parse_day
from klientbro.domain.bank_statements.csv_file import ColumnMapping, read_csv, sketch_csv

DNB = """"Dato";"Forklaring";"Rentedato";"Ut fra konto";"Inn på konto"
"05.06.2026";"Innbetaling 10234";"05.06.2026";"";"1 250,00"
"12.06.2026";"Lønn";"12.06.2026";"500,00";""
"""
SPAREBANK = """Kontoutskrift;;;;
;;;;
Dato;Beskrivelse;Rentedato;Inn;Ut;Saldo
12.06.2026;Lønn;12.06.2026;;-500,00;1750,00
05.06.2026;Innbetaling 10234;05.06.2026;1250,00;;2250,00
"""
NORDEA = """Bokføringsdato;Beløp;Avsender;Mottaker;Navn;Tittel;Valuta;Betalingstype
2026/06/05;1250,00;;;Fjord Handel AS;Innbetaling 10234;NOK;Innbetaling
Reservert;-99,00;;;;Kiwi;NOK;Varekjøp
2026/06/12;-500,00;;;;Lønn;NOK;Overføring
"""
ENGLISH = """Booking date,Description,Amount,Balance,Account number
2026-06-05,"Payment, 10234","1,250.00","2,250.00",1234.56.78903
2026-06-12,Wages,-500.00,"1,750.00",1234.56.78903
"""


def only(text, **more):
    (found,) = read_csv(text.encode(), **more).statements
    return found


def refused(text, **more):
    content = text if isinstance(text, bytes) else text.encode()
    with pytest.raises(StatementFileError) as caught:
        read_csv(content, **more)
    return caught.value


@pytest.mark.parametrize("text", [DNB, SPAREBANK, NORDEA, ENGLISH])
def test_each_banks_way_gives_the_same_movements(text):
    found = only(text)

    assert [(line.day, line.amount) for line in found.lines] == [
        (date(2026, 6, 5), Decimal("1250.00")),
        (date(2026, 6, 12), Decimal("-500.00")),
    ]
    assert "10234" in found.lines[0].text
    assert (found.first_day, found.last_day) == (date(2026, 6, 5), date(2026, 6, 12))


def test_balances_are_taken_from_a_running_one_newest_first_or_last():
    newest_first, oldest_first = only(SPAREBANK), only(ENGLISH)

    assert (newest_first.opening, newest_first.closing) == (1000, 1750)
    assert (oldest_first.opening, oldest_first.closing) == (1000, 1750)
    assert newest_first.adds_up
    assert only(DNB).opening is None


def test_line_missing_in_the_middle_shows_in_the_balances():
    text = SPAREBANK.replace(";1750,00", ";1700,00")

    assert only(text).adds_up is False


def test_order_within_one_day_is_read_from_the_balances():
    text = "Dato;Tekst;Beløp;Saldo\n05.06.2026;b;-10,00;0,00\n05.06.2026;a;5,00;10,00\n"
    found = only(text)

    assert [line.text for line in found.lines] == ["a", "b"]
    assert (found.opening, found.closing) == (5, 0)
    assert found.adds_up


def test_newest_first_is_turned_within_a_day_too():
    text = (
        "Dato;Tekst;Beløp;Saldo\n"
        "06.06.2026;c;-1,00;14,00\n05.06.2026;b;10,00;15,00\n05.06.2026;a;5,00;5,00\n"
    )
    found = only(text)

    assert [line.text for line in found.lines] == ["a", "b", "c"]
    assert (found.opening, found.closing, found.adds_up) == (0, 14, True)


def test_account_currency_and_how_it_was_read_are_told():
    file = read_csv(ENGLISH.encode("utf-16"))
    details = dict(file.details)

    assert file.statements[0].account == "12345678903"
    assert (details["encoding"], details["delimiter"], details["decimal"]) == ("utf-16", ",", ".")
    assert details["amount"] == "3"
    assert only(NORDEA).currency == "NOK"
    assert only(DNB, account="99").account == "99"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_norwegian_letters_in_every_encoding(encoding):
    (found,) = read_csv(DNB.encode(encoding)).statements

    assert found.lines[1].text == "Lønn"


def test_reserved_lines_and_lines_without_movement_are_set_aside():
    file = read_csv((NORDEA + "2026/06/30;;;;;Utgående saldo;NOK;\n").encode())

    assert [(one.line, one.reason) for one in file.skipped] == [(3, "not_booked"), (5, "no_amount")]


def test_what_goes_out_is_negative_however_the_bank_signs_it():
    plus = only("Dato;Tekst;Ut;Inn\n05.06.2026;a;10,00;\n")
    minus = only("Dato;Tekst;Ut;Inn\n05.06.2026;a;-10,00;\n")

    assert plus.movement == minus.movement == -10


def test_a_person_may_say_which_column_is_which():
    text = "Når;Hva;Kroner\n05.06.2026;a;1.234\n"
    mapping = ColumnMapping({"day": "Når", "text": "Hva", "amount": "kroner"}, decimal=",")

    assert refused(text).problem is StatementProblem.NO_HEADER
    assert only(text, mapping=mapping).movement == 1234
    with pytest.raises(ValueError, match="no such column: beløp"):
        ColumnMapping({"beløp": "Kroner"})
    with pytest.raises(ValueError, match="comma or a point"):
        ColumnMapping(decimal=";")


def test_every_line_that_cannot_be_read_is_named():
    error = refused(
        "Dato;Tekst;Beløp\n32.01.2026;a;1,00\n05.06.2026;b;1,0x\n;c;3,00\n06.06.2026;d;4,00\n"
    )

    assert [(one.line, one.problem.value, one.field, one.value) for one in error.faults] == [
        (2, "bad_date", "day", "32.01.2026"),
        (3, "bad_amount", "amount", "1,0x"),
        (4, "bad_date", "day", ""),
    ]
    assert str(error).startswith("line 2: day bad_date ('32.01.2026'); line 3:")


def test_at_most_twenty_faults_are_shown_and_all_are_counted():
    error = refused("Dato;Tekst;Beløp\n" + "x;a;1,00\n" * 50)

    assert (len(error.faults), error.total) == (20, 50)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (" \r\n", "empty"),
        ("bare tekst\nuten noe\n", "no_header"),
        ("Saldo;Tekst\n1,00;a\n", "missing_column"),
        ("Dato;Tekst\n05.06.2026;a\n", "missing_column"),
        ("Dato;Tekst;Beløp\n", "no_statement"),
        ("Dato;Tekst;Beløp\n05.06.2026;a;1.234\n", "ambiguous_decimals"),
        ("Dato;Tekst;Beløp\n05.06.2026;a;1,50\n05.06.2026;b;1.50\n", "ambiguous_decimals"),
        ("Dato;Beløp;Valuta\n05.06.2026;1,50;NOK\n05.06.2026;2,50;EUR\n", "mixed_currencies"),
        ("Dato;Beløp;Tekst;Saldo\n05.06.2026;1,50\n", "short_row"),
        (b"Dato;Bel\x00p\n", "unreadable_text"),
    ],
)
def test_file_that_is_no_statement_is_refused(text, problem):
    assert refused(text).problem.value == problem


def test_limits_are_kept():
    assert refused(DNB, limits=FileLimits(most_bytes=10)).problem is StatementProblem.TOO_LARGE
    assert refused(DNB, limits=FileLimits(most_lines=1)).problem is StatementProblem.TOO_MANY_LINES


@pytest.mark.parametrize("content", [b"%PDF-1.7", b"PK\x03\x04xlsx", b"MZ\x90"])
def test_other_kinds_of_file_are_known_by_their_content(content):
    with pytest.raises(StatementFileError) as caught:
        read_statement_file(content)

    assert caught.value.problem is StatementProblem.UNKNOWN_FORMAT


@pytest.mark.parametrize(
    ("cell", "mark", "amount"),
    [
        ("1 234,50", ",", "1234.50"),
        ("1.234,50", ",", "1234.50"),
        ("-1.234.567,5", ",", "-1234567.50"),
        ("1,234.50", ".", "1234.50"),
        ("1234,50-", ",", "-1234.50"),
        ("\u2212 99,00", ",", "-99.00"),
        ("(12,00)", ",", "-12.00"),
        ("kr 12,00", ",", "12.00"),
        ("12 NOK", ",", "12.00"),
        ("+7", ",", "7.00"),
        ("-0,00", ",", "0.00"),
        ("1\u00a0000,00", ",", "1000.00"),
    ],
)
def test_amounts_as_banks_write_them(cell, mark, amount):
    assert str(parse_cell(cell, mark)) == amount


@pytest.mark.parametrize("cell", ["", "x", "1,234", "1.23,50", "12.3456,00", "1,2,3", "--1", "²"])
def test_what_is_no_amount_is_none(cell):
    assert parse_cell(cell, ",") is None


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1.234,50", "12"], ","),
        (["1,234.50"], "."),
        (["99,5"], ","),
        (["1.234.567"], ","),
        (["1.234"], None),
        (["1.234", "5,00"], ","),
        (["5,00", "6.00"], None),
        (["12", "13"], ","),
        ([], ","),
    ],
)
def test_decimal_mark_is_found_by_all_amounts_together(cells, mark):
    assert decimal_mark(cells) == mark


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("31.12.2026", "2026-12-31"),
        ("1.2.26", "2026-02-01"),
        ("31/12/2026", "2026-12-31"),
        ("2026-12-31T08:00:00", "2026-12-31"),
        ("20261231", "2026-12-31"),
        ("2026/12/31 08:00", "2026-12-31"),
    ],
)
def test_days_as_banks_write_them(text, day):
    assert parse_day(text) == date.fromisoformat(day)


@pytest.mark.parametrize("text", ["", "31.02.2026", "12-2026", "i dag", "99999999"])
def test_what_is_no_day_is_none(text):
    assert parse_day(text) is None


amounts = st.integers(-(10**11), 10**11).map(lambda ore: Decimal(ore).scaleb(-2))


@given(amounts, st.sampled_from([",", "."]), st.sampled_from(["", " ", "\u00a0"]))
def test_amounts_come_back_as_they_were_written(amount, mark, space):
    written = f"{amount:,.2f}".replace(",", space).replace(".", mark)

    assert parse_cell(written, mark) == amount


PIECES = [
    "Dato",
    "Beløp",
    "Saldo",
    ";",
    ",",
    "\n",
    '"',
    "05.06.2026",
    "1,50",
    "-2.000,00",
    "x",
    " ",
]


def outcome(content):
    """The number of statements, or of faults."""
    try:
        return len(read_statement_file(content).statements)
    except StatementFileError as error:
        return error.total


@given(st.binary(max_size=300))
def test_any_bytes_give_a_statement_or_a_clear_refusal(content):
    assert outcome(content) >= 1


@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_csv_gives_a_statement_or_a_clear_refusal(text):
    assert outcome(text.encode()) >= 1


def test_sketch_shows_headings_and_first_rows_of_a_file_nobody_knows():
    strange = (
        "Rapport fra banken\n\nNår;Hva;Kroner\n05.06.2026;Leie;-10,00\n06.06.2026;Salg;20,00\n"
    )

    found = sketch_csv(strange.encode(), rows=1)

    assert found.headings == ("Når", "Hva", "Kroner")
    assert found.rows == (("05.06.2026", "Leie", "-10,00"),)
    assert found.places == {}


def test_sketch_believes_what_it_knows_until_a_person_says_otherwise():
    assert sketch_csv(DNB.encode()).places["amount_out"] == "Ut fra konto"

    chosen = sketch_csv(DNB.encode(), ColumnMapping({"day": "Rentedato"}))

    assert chosen.places["day"] == "Rentedato"


def test_sketch_of_what_is_no_table_is_refused():
    with pytest.raises(StatementFileError) as caught:
        sketch_csv(b"Kj\xc3\xa6re bank\nhva skjer\n")

    assert caught.value.problem is StatementProblem.NO_HEADER
