"""A month as PDF and Excel: everything § 11 asks for, numbers as numbers, texts harmless."""

from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import load_workbook
from pypdf import PdfReader

from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation.documentation import add_line, write_note
from klientbro.products.reconciliation.period_findings import matching_mark
from klientbro.products.reconciliation.signing import Seen, mark_of, prepare, review
from klientbro.products.reconciliation.tests.banking import Bank, camt
from klientbro.products.reconciliation.tests.conftest import OCTOBER, open_items, sheet_now

pytestmark = pytest.mark.django_db
SPOILED = '=HYPERLINK("http://ond.example") #pagebreak() *fet*'


@pytest.fixture
def worked(book: BookTable, user: Any, reviewer: Any) -> BookTable:
    """Receivables prepared and reviewed, stock documented by a line with a nasty text."""
    open_items(book, "customer", "25000.00")
    stock = book.accounts["1250"]
    add_line(book.client.pk, stock, OCTOBER, SPOILED, sheet_now(book).line(stock).closing, by=user)
    write_note(book.client.pk, stock, OCTOBER, "Telt av Kari", by=user)
    sheet = sheet_now(book)
    line = sheet.line(book.accounts["1500"])
    assert line is not None
    prepare(sheet, [Seen(line.account.id, mark_of(sheet, line))], "Stemmer", by=user)
    sheet = sheet_now(book)
    line = sheet.line(book.accounts["1500"])
    assert line is not None
    review(sheet, [Seen(line.account.id, mark_of(sheet, line))], "", by=reviewer)
    return book


def file_of(signed_in: Any, book: BookTable, kind: str) -> Any:
    return signed_in.get(f"/avstemming/{book.client.public_id}/2026-10/dokumentasjon.{kind}")


def text_of(response: Any) -> tuple[str, int]:
    reader = PdfReader(io.BytesIO(response.content))
    text = "\n".join(page.extract_text() for page in reader.pages)
    return text.replace("\xa0", " ").replace("−", "-"), len(reader.pages)


def test_pdf_says_whose_as_of_when_sealed_and_who_has_signed(
    signed_in: Any, worked: BookTable
) -> None:
    response = file_of(signed_in, worked, "pdf")
    text, pages = text_of(response)

    assert response["Content-Type"] == "application/pdf"
    assert response["Cache-Control"] == "no-store"
    for said in (
        "Furulund Regnskap AS",
        "Fjordglimt Bakeri AS",
        "312480778",
        "01.10.2026–31.10.2026",
        "18.11.2026 14:02",  # the figures' own as-of
        "Avstemt mot kilden på øret",
        "1500",
        "25 000,00",
        "Ola Brekke",
        "Kari Nordahl",
        "bundet til landing 1",
        "Telt av Kari",
        "bokføringsloven § 11",
        f"Side 1 av {pages}",
    ):
        assert said in text, said


def test_text_in_the_pdf_is_never_markup(signed_in: Any, worked: BookTable) -> None:
    text, _pages = text_of(file_of(signed_in, worked, "pdf"))

    assert "#pagebreak() *fet*" in text.replace("\n", " ")


def test_pdf_of_an_unsealed_month_says_so(signed_in: Any, worked: BookTable) -> None:
    worked.prove("2026-10", "moving")
    text, _pages = text_of(file_of(signed_in, worked, "pdf"))

    assert "Tallene er ikke avstemt mot kilden." in text


def test_excel_has_numbers_as_numbers_and_no_formula(signed_in: Any, worked: BookTable) -> None:
    book = load_workbook(io.BytesIO(file_of(signed_in, worked, "xlsx").content))
    accounts = {row[0]: row for row in book["Kontoer"].iter_rows(values_only=True) if row[0]}
    (line,) = [
        row
        for row in book["Linjer og vedlegg"].iter_rows()
        if str(row[1].value).startswith("=HYPER")
    ]

    receivables = accounts["1500"]
    assert receivables[6:9] == (25_000, 25_000, 0)
    assert all(isinstance(value, int | float) for value in receivables[5:10])
    assert receivables[13:17:2] == ("Kari Nordahl", "Ola Brekke")
    assert line[1].data_type == "s"
    signatures = list(book["Signaturer"].iter_rows(values_only=True))
    assert [row[1] for row in signatures if row[0] == "1500"] == ["Kari Nordahl", "Ola Brekke"]


def test_changed_books_stand_in_the_documentation_as_suspended(
    signed_in: Any, worked: BookTable
) -> None:
    worked.post(
        "Bilag | Dato | Konto | Beløp | Tekst | customer_no\n"
        "30 | 30.10.2026 | 1500 | 100,00 | Sen | 10001\n"
        "30 | 30.10.2026 | 3000 | -100,00 | Sen |"
    )
    text, _pages = text_of(file_of(signed_in, worked, "pdf"))

    assert "Suspendert" in text
    assert "Saldoen var 25 000,00 og er 25 100,00." in text.replace("\n", " ")


def test_other_kinds_and_clients_are_not_found(signed_in: Any, worked: BookTable) -> None:
    assert file_of(signed_in, worked, "docx").status_code == 404
    other = "/avstemming/00000000-0000-4000-8000-000000000000/2026-10/dokumentasjon.pdf"
    assert signed_in.get(other).status_code == 404


def test_what_a_difference_consists_of_stands_in_both_files(
    signed_in: Any, book: BookTable
) -> None:
    bank = Bank(signed_in, book)
    bank.upload(
        camt(
            (("2026-10-05", "1520.50", "Kontantsalg"), ("2026-10-20", "-8000.00", "Kjøledisk")),
            closing="123520.50",
        )
    )
    text, _pages = text_of(file_of(signed_in, book, "pdf"))
    assert "Hva differansen består av" in text
    assert "Byttede siffer: 05.10.2026 20500 Kontantsalg" in text
    assert "-270,00" in text
    content = file_of(signed_in, book, "xlsx").content
    rows = list(load_workbook(io.BytesIO(content))["Differanser"].iter_rows(values_only=True))
    assert ("1920", "Byttede siffer: 05.10.2026 20500 Kontantsalg", -270) in [
        row[:3] for row in rows
    ]


def test_a_match_makes_the_kept_file_another(book: BookTable, user: Any, signed_in: Any) -> None:
    bank = Bank(signed_in, book)
    bank.upload(camt())
    before = matching_mark(book.client.pk)
    bank.send("match-godta", {"all": "1"})
    assert matching_mark(book.client.pk) != before
