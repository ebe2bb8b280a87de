"""What a page shows, as files: numbers as numbers, harmless texts, and every row."""

from __future__ import annotations

import io
from datetime import datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from klientbro.ledger.tests.book_table import book_table
from klientbro.practice.books.exports import Sheet, write_excel
from klientbro.practice.books.tests.conftest import CHART, POSTINGS


def csv_of(response) -> list[list[str]]:
    """The rows of a streamed CSV file."""
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return [line.split(";") for line in text.split("\r\n")[:-1]]


def sheet_of(response) -> list[tuple[object, ...]]:
    """The rows of a streamed Excel file."""
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    return list(book.worksheets[0].iter_rows(values_only=True))


def row_with(rows, text):
    return next(row for row in rows if text in row)


@pytest.mark.django_db(transaction=True)
def test_streamed_export_outside_the_requests_transaction_has_every_posting(
    client, firm_account, user
) -> None:
    # A real commit and a real request: the body is read after the request's transaction ended.
    from klientbro.tenants.context import firm

    with firm(firm_account.id):
        rows = "\n".join(
            f"{number} | 05.0{1 + number % 9}.2026 | 1920 | {number},50 | Linje {number}"
            for number in range(1, 3001)
        )
        book = book_table(CHART).post("Bilag | Dato | Konto | Beløp | Tekst\n" + rows)
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    response = client.get(f"/klienter/{book.client.public_id}/konto/a1920/eksport.csv?til=2026-11")
    exported = csv_of(response)

    head_and_headings = 10
    assert len(exported) == 3000 + head_and_headings
    assert exported[-1][-1] == str(130_000 + sum(range(1, 3001)) + 1500) + ",00"


@pytest.mark.django_db
def test_head_says_whose_as_of_when_exported_when_and_what_is_sealed(signed_in, home) -> None:
    rows = csv_of(signed_in.get(home + "saldobalanse/eksport.csv?til=2026-10&vis=maned"))

    head = {row[0]: row[1] for row in rows[1:8]}
    assert head["Klient"] == "Fjordglimt Bakeri AS"
    assert head["Tall per"] == "18.11.2026 14:02"
    assert head["Eksportert"] == "18.11.2026 15:00"
    assert head["Hentet fra"] == "PowerOffice Go"
    assert head["Avstemt mot kilden"] == "Ikke: oktober 2026 (ikke avstemt mot kilden)"


@pytest.mark.django_db
def test_trial_balance_in_csv_has_plain_numbers_and_the_derived_line(signed_in, home) -> None:
    rows = csv_of(signed_in.get(home + "saldobalanse/eksport.csv?til=2026-10"))

    assert row_with(rows, "1920") == [
        "1920",
        "Driftskonto bank",
        "130000,00",
        "1250,50",
        "131250,50",
        "",
    ]
    assert row_with(rows, "Udisponert resultat tidligere år")[2] == "-294150,00"
    assert rows[-1] == ["", "Sum", "0,00", "0,00", "0,00", ""]


@pytest.mark.django_db
def test_excel_has_numbers_and_days_as_such_and_no_formulas(signed_in, home) -> None:
    rows = sheet_of(signed_in.get(home + "konto/a1920/eksport.xlsx?til=2026-11"))

    posting = row_with(rows, 20500)
    assert (posting[0], posting[1]) == (datetime(2026, 10, 5), "=1+1")  # noqa: DTZ001 a day
    assert posting[8:10] == (1250.5, 131250.5)
    balance = sheet_of(signed_in.get(home + "saldobalanse/eksport.xlsx?til=2026-11"))
    assert row_with(balance, '=HYPERLINK("http://x";"y")')[0] == "43100"


def test_text_that_looks_like_a_formula_is_stored_as_text_in_excel() -> None:
    file = io.BytesIO()
    write_excel(file, Sheet("Prøve", [], ["A"], [["=1+1", Decimal("1.10"), None, 3]]))

    cell = load_workbook(file).worksheets[0]["A4"]

    assert (cell.value, cell.data_type) == ("=1+1", "s")


@pytest.mark.django_db
def test_text_that_looks_like_a_formula_is_harmless_in_csv(signed_in, home) -> None:
    rows = csv_of(signed_in.get(home + "konto/a1920/eksport.csv?til=2026-11"))

    assert row_with(rows, "'=1+1")[2] == "20500"


@pytest.mark.django_db
def test_export_is_narrowed_as_the_page_is_and_says_so(signed_in, home) -> None:
    rows = csv_of(signed_in.get(home + "konto/a1920/eksport.csv?til=2026-11&q=varekjøp"))

    assert row_with(rows, "Utvalg")[1] == "Avgrenset med filter"
    assert [row[2] for row in rows if len(row) > 5][1:] == ["20600"]
    assert rows[-1][-1] == ""


@pytest.mark.django_db
def test_vouchers_and_one_voucher_are_exported(signed_in, home) -> None:
    several = csv_of(signed_in.get(home + "bilag/eksport.csv?til=2026-09"))
    one = csv_of(signed_in.get(home + "bilag/20418/eksport.csv"))

    assert several[-1] == [
        "20418",
        "Faktura 7731",
        "28.09.2026",
        "Manuelt bilag",
        "3",
        "23000,00",
        "",
    ]
    assert one[-1][-2:] == ["23000,00", "23000,00"]


@pytest.mark.django_db
def test_unknown_kind_of_file_is_not_there(signed_in, home) -> None:
    assert signed_in.get(home + "saldobalanse/eksport.exe").status_code == 404


@pytest.mark.django_db
def test_list_too_long_for_excel_points_to_csv(signed_in, firm, monkeypatch) -> None:
    monkeypatch.setattr("klientbro.practice.books.views.exports.MOST_EXCEL_ROWS", 1)
    book = book_table(CHART).post(POSTINGS)

    response = signed_in.get(
        f"/klienter/{book.client.public_id}/konto/a1920/eksport.xlsx?til=2026-11", follow=True
    )

    assert "Lagre som CSV i stedet" in response.content.decode()
