"""A bank statement through the pages: taken in once, whatever is sent, and out again."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from klientbro.domain.tests.camt_files import document
from klientbro.ledger.tests.book_table import BookTable, insert
from klientbro.products.reconciliation.models import Statement, StatementLine
from klientbro.products.reconciliation.sheet import LineState
from klientbro.products.reconciliation.signing import Seen, mark_of, prepare, withdraw
from klientbro.products.reconciliation.statements import statement_balances
from klientbro.products.reconciliation.tests.banking import Bank, camt, stmt
from klientbro.products.reconciliation.tests.conftest import sheet_now

CSV = """Dato;Beskrivelse;Rentedato;Inn;Ut
05.10.2026;Kontantsalg;05.10.2026;1250,50;
22.10.2026;Kjøledisk;22.10.2026;;-8000,00
"""


@pytest.fixture
def bank(signed_in: Any, book: BookTable) -> Bank:
    return Bank(signed_in, book)


def line(book: BookTable):
    found = sheet_now(book).line(book.accounts["1920"])
    assert found is not None
    return found


def counted() -> int:
    return StatementLine.objects.filter(is_repeat=False, statement__removed_at=None).count()


def test_an_imported_statement_documents_the_account_in_the_months_list(bank, book) -> None:
    assert line(book).state is LineState.WAITING
    shown = bank.upload(camt())
    assert "2 linjer ble importert" in shown
    assert "Kari Nordahl" in shown
    assert (line(book).state, line(book).difference) == (LineState.READY, Decimal(0))
    assert "Angre import" in bank.see("utskrift")


def test_the_same_statement_twice_says_so_and_changes_nothing(bank) -> None:
    bank.upload(camt())
    shown = bank.upload(camt(), name="kopi av utskrift.xml")
    assert "01.10.2026–31.10.2026 ble importert" in shown
    assert "Kari Nordahl" in shown
    assert (Statement.objects.count(), counted()) == (1, 2)


def test_overlapping_lines_count_once_and_both_statements_add_up(bank, book) -> None:
    bank.upload(camt())
    more = (
        ("2026-10-22", "-8000.00", "Kjøledisk"),
        ("2026-11-03", "-500.00", "Husleie"),
    )
    shown = bank.upload(
        camt(
            more,
            opening="131250.50",
            closing="122750.50",
            first="2026-10-20",
            last="2026-11-05",
            id_="S11",
            number="11",
        )
    )
    assert "1 linje ble importert" in shown
    assert "1 linje var der fra før" in shown
    assert counted() == 3
    found = statement_balances(book.client.pk, date(2026, 11, 5))[book.accounts["1920"]]
    assert (found.balance, found.agrees_with_itself) == (Decimal("122750.50"), True)


def test_two_equal_lines_of_one_day_in_adjoining_statements_are_two(bank) -> None:
    half = (("2026-10-15", "100.00", "Vipps"),)
    one = stmt(half, "0.00", "100.00", "2026-10-01", "2026-10-15", "A", "1")
    two = stmt(half, "100.00", "200.00", "2026-10-15", "2026-10-31", "B", "2")
    bank.upload(document(one, two))
    assert counted() == 2


def test_the_same_days_as_camt_and_csv_count_once(bank) -> None:
    bank.upload(camt())
    shown = bank.upload(CSV.encode(), "utskrift.csv")
    shown = bank.send("utskrift-ta-inn", {"kept": kept(shown), "step": "import"})
    assert "ble importert" in shown
    assert counted() == 2


def test_a_gap_between_statements_is_named_with_its_days(bank) -> None:
    bank.upload(camt())
    shown = bank.upload(
        camt(
            (("2026-11-20", "1.00", "Rente"),),
            opening="99000.00",
            closing="99001.00",
            first="2026-11-16",
            last="2026-11-30",
            id_="S12",
            number="12",
        ),
        month="2026-11",
    )
    assert "31.10.2026" in shown
    assert "16.11.2026" in shown
    assert re.search(r"24\s250,50", shown)


def test_a_statement_that_does_not_add_up_is_told_and_documents_nothing(bank, book) -> None:
    shown = bank.upload(camt(closing="123000.00"))
    assert "summerer ikke" in shown
    assert line(book).state is LineState.WAITING
    assert "Importer utskriften på nytt" in bank.see("konto")


def test_a_statement_that_ended_on_friday_states_the_weekend(bank, book) -> None:
    bank.upload(camt(last="2026-10-30"))
    assert line(book).state is LineState.READY


def test_a_statement_that_ended_on_thursday_states_nothing_of_saturday(bank, book) -> None:
    bank.upload(camt(last="2026-10-29"))
    assert line(book).state is LineState.WAITING


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Filen er tom"),
        (b"%PDF-1.7 utskrift", "verken CAMT.053 eller CSV"),
        (b"PK\x03\x04 regneark", "verken CAMT.053 eller CSV"),
        (camt()[:-40], "ødelagt"),
        (b"<?xml version='1.0'?><html><body>Logg inn</body></html>", "annen melding"),
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>'
            b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"></Document>',
            "dokumenttype",
        ),
        (camt().replace(b"1250.50", b"tolv"), "ikke et beløp"),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_what_to_do(bank, content, words) -> None:
    shown = bank.upload(content, "utskrift.xml")
    assert words in shown
    assert not Statement.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(bank, monkeypatch) -> None:
    from klientbro.domain.bank_statements import FileLimits
    from klientbro.products.reconciliation.views import statements

    monkeypatch.setattr(statements, "LIMITS", FileLimits(most_bytes=100))
    assert "større enn" in bank.upload(camt())
    assert not Statement.objects.exists()


def test_another_bank_account_and_another_currency_are_refused_by_name(bank, book) -> None:
    insert(
        "ledger_bank_account",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        source_id="b1",
        number="8601.11.17947",
        account_id=book.accounts["1920"],
        is_active=True,
    )
    shown = bank.upload(camt(account="<IBAN>NO8330001234567</IBAN>"))
    assert "NO8330001234567" in shown
    assert "8601.11.17947" in shown
    assert "EUR" in bank.upload(camt().replace(b"NOK", b"EUR"))
    assert not Statement.objects.exists()
    assert "2 linjer ble importert" in bank.upload(camt())


def kept(shown: str) -> str:
    found = re.search(r'name="kept" value="([^"]+)"', shown)
    assert found is not None, shown[:2000]
    return found[1]


def test_a_csv_is_shown_before_it_is_imported_and_asks_for_the_balance(bank, book) -> None:
    shown = bank.upload(CSV.encode(), "utskrift.csv")
    assert "Ingenting er importert ennå" in shown
    assert 'value="31.10.2026"' in shown
    assert not Statement.objects.exists()
    values = {
        "kept": kept(shown),
        "step": "import",
        "first_day": "01.10.2026",
        "last_day": "31.10.2026",
        "closing": "123 250,50",
    }
    bank.send("utskrift-ta-inn", values)
    assert line(book).state is LineState.READY
    assert Statement.objects.get().opening == Decimal("130000.00")


def test_columns_that_are_not_known_are_chosen_by_the_person(bank, book) -> None:
    strange = "Når;Hva;Kroner\n05.10.2026;Kontantsalg;1250,50\n22.10.2026;Kjøledisk;-8000,00\n"
    shown = bank.upload(strange.encode(), "utskrift.csv")
    assert "overskrifter" in shown
    assert '<option value="Kroner"' in shown
    values = {
        "kept": kept(shown),
        "step": "read",
        "column_day": "Når",
        "column_amount": "Kroner",
        "column_text": "Hva",
    }
    shown = bank.send("utskrift-ta-inn", values)
    assert "2 linjer" in shown
    bank.send(
        "utskrift-ta-inn",
        values | {"kept": kept(shown), "step": "import", "last_day": "31.10.2026",
                  "first_day": "01.10.2026", "opening": "130 000,00"},
    )  # fmt: skip
    assert line(book).state is LineState.READY


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("first_day", "31.02.2026", "ikke en dato"),
        ("first_day", "10.10.2026", "må omfatte alle"),
        ("closing", "mye", "kan ikke leses"),
    ],
)
def test_what_is_typed_wrong_beside_a_csv_is_named(bank, field, typed, words) -> None:
    shown = bank.upload(CSV.encode(), "utskrift.csv")
    values = {"kept": kept(shown), "step": "import", field: typed}
    assert words in bank.send("utskrift-ta-inn", values)
    assert not Statement.objects.exists()


def test_a_csv_that_somebody_has_tampered_with_is_not_read(bank) -> None:
    shown = bank.upload(CSV.encode(), "utskrift.csv")
    broken = kept(shown)[:-3] + "abc"
    assert "ventet for lenge" in bank.send("utskrift-ta-inn", {"kept": broken, "step": "import"})


def test_an_undone_import_leaves_its_trace_and_the_account_waits_again(bank, book) -> None:
    bank.upload(camt())
    statement = Statement.objects.get()
    shown = bank.send("utskrift-angre", {"statement": str(statement.public_id)})
    assert "angret" in shown
    statement.refresh_from_db()
    assert statement.removed_by is not None
    assert line(book).state is LineState.WAITING
    assert "angret" in bank.send("utskrift-angre", {"statement": str(statement.public_id)})
    bank.upload(camt())
    assert line(book).state is LineState.READY


def test_undoing_the_first_of_two_overlapping_lets_the_seconds_lines_count(bank) -> None:
    bank.upload(camt())
    first = Statement.objects.get()
    bank.upload(
        camt(
            (("2026-10-22", "-8000.00", "Kjøledisk"),),
            opening="131250.50",
            closing="123250.50",
            first="2026-10-20",
            last="2026-11-01",
            id_="S11",
            number="11",
        )
    )
    assert counted() == 2
    bank.send("utskrift-angre", {"statement": str(first.public_id)})
    assert counted() == 1


def test_an_import_that_a_signature_stands_on_cannot_be_undone(bank, book, user) -> None:
    bank.upload(camt())
    sheet = sheet_now(book)
    account = book.accounts["1920"]
    prepare(sheet, [Seen(account, mark_of(sheet, sheet.line(account)))], "", by=user)
    statement = Statement.objects.get()
    shown = bank.send("utskrift-angre", {"statement": str(statement.public_id)})
    assert "har signert 10.2026" in shown
    statement.refresh_from_db()
    assert statement.removed_at is None
    withdraw(sheet_now(book), account, by=user)
    bank.send("utskrift-angre", {"statement": str(statement.public_id)})
    statement.refresh_from_db()
    assert statement.removed_at is not None


def test_an_account_that_is_no_bank_account_takes_no_statement(bank, book) -> None:
    other = Bank(bank.browser, book, "1500")
    assert bank.browser.get(other.address("utskrift")).status_code == 404
