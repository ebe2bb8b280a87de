"""The budget: made, edited by two at once, imported, gone back from; every version kept."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from openpyxl import Workbook

from klientbro.domain.periods import FinancialYear, Month
from klientbro.practice.books.tests.test_pages import NBSP, text_of
from klientbro.products.report.budgets import budget_for
from klientbro.products.report.models import BudgetVersion
from klientbro.products.report.tests.test_statement_pages import cells

pytestmark = pytest.mark.django_db
YEAR = FinancialYear.of_months(Month(2026, 1), Month(2026, 12))
OCTOBER = Month(2026, 10)


def budget(book):
    return budget_for(book.client.pk, YEAR)


def make(signed_in, home, **more):
    form = {"ar": "2026-01", "seen": "0", "percent": "10", "spread": "season", "unit": "0.01"}
    return signed_in.post(home + "budsjett/lag/", form | more, follow=True)


def type_cells(signed_in, home, book, seen, **typed):
    form = {"ar": "2026-01", "seen": str(seen)}
    for key, text in typed.items():
        number, month = key.removeprefix("k").split("_")
        form[f"c:2026-{month}:{book.accounts[number]}"] = text
    return signed_in.post(home + "budsjett/lagre/", form, follow=True)


def test_budget_is_made_from_last_year_and_stands_beside_the_month(signed_in, home, book) -> None:
    answer = make(signed_in, home)

    assert "Budsjettet er laget fra i fjor." in text_of(answer)
    assert budget(book).cells[book.accounts["3000"], OCTOBER] == Decimal("-55000.00")
    page = signed_in.get(home + "?til=2026-10&mot=budsjett")
    assert cells(page, "Salgsinntekt")[:4] == ["60 001", "55 000", "180 001", "165 000"]


def test_budget_of_a_client_without_last_year_says_why_and_what_to_do(signed_in, home) -> None:
    answer = signed_in.post(
        home + "budsjett/lag/", {"ar": "2025-01", "seen": "0", "percent": "3"}, follow=True
    )

    assert "Regnskapet hadde ikke begynt" in text_of(answer)
    assert "Skriv inn budsjettet, eller importer en fil." in text_of(answer)
    assert not BudgetVersion.objects.exists()


@pytest.mark.parametrize("percent", ["mye", "2000", "1e400"])
def test_per_cent_that_is_none_is_refused(signed_in, home, percent) -> None:
    assert "Skriv prosenten som et tall" in text_of(make(signed_in, home, percent=percent))
    assert not BudgetVersion.objects.exists()


def test_typed_cells_are_saved_in_the_ledgers_sign(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k3000_01="1 000,50", k4300_01="400")

    assert budget(book).cells == {
        (book.accounts["3000"], Month(2026, 1)): Decimal("-1000.50"),
        (book.accounts["4300"], Month(2026, 1)): Decimal("400"),
    }
    assert 'value="1\xa0000,50"' in signed_in.get(home + "budsjett/?ar=2026-01").content.decode()


def test_cell_that_is_no_amount_saves_nothing_and_keeps_what_was_typed(
    signed_in, home, book
) -> None:
    answer = type_cells(
        signed_in, home, book, 0, k3000_01="tusen", k4300_01="400", k4300_02="1,005"
    )

    text = text_of(answer)
    assert answer.status_code == 422
    assert "3000 Salg, januar 2026: «tusen» er ikke et beløp." in text
    assert "4300 Varekjøp, februar 2026: «1,005» har deler av en øre." in text
    assert 'value="tusen"' in answer.content.decode()
    assert 'value="400"' in answer.content.decode()
    assert not BudgetVersion.objects.exists()


def test_two_who_edit_different_cells_at_once_both_stand(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k3000_01="100")
    type_cells(signed_in, home, book, 0, k3000_02="200")

    assert [abs(amount) for amount in budget(book).cells.values()] == [100, 200]
    assert budget(book).version == 2


def test_two_who_edit_the_same_cell_are_told_and_the_first_stands(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k3000_01="100")
    answer = type_cells(signed_in, home, book, 0, k3000_01="999", k3000_03="5")

    text = text_of(answer).replace(NBSP, " ")
    assert "3000, januar 2026: du skrev 999,00, det er nå 100,00" in text
    assert budget(book).cells[book.accounts["3000"], Month(2026, 1)] == Decimal(-100)
    assert budget(book).cells[book.accounts["3000"], Month(2026, 3)] == Decimal(-5)


def test_making_anew_over_anothers_change_is_refused(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k3000_01="100")

    assert "Noen andre har endret budsjettet" in text_of(make(signed_in, home))
    assert budget(book).version == 1


def test_earlier_version_can_be_gone_back_to_and_nothing_is_lost(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k3000_01="100")
    type_cells(signed_in, home, book, 1, k3000_01="200")
    form = {"ar": "2026-01", "seen": "2", "number": "1"}
    answer = signed_in.post(home + "budsjett/tilbake/", form, follow=True)

    assert "Budsjettet er som i versjon 1." in text_of(answer)
    assert list(budget(book).cells.values()) == [Decimal(-100)]
    assert [one.number for one in BudgetVersion.objects.order_by("number")] == [1, 2, 3]
    gone = signed_in.post(home + "budsjett/tilbake/", form | {"seen": "3", "number": "77"})
    assert gone.status_code == 302
    assert budget(book).version == 3


def test_versions_are_never_changed(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k3000_01="100")

    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        BudgetVersion.objects.update(cells={})


def upload(signed_in, home, name: str, content: bytes, seen: str = "0"):
    form = {"ar": "2026-01", "seen": seen, "file": SimpleUploadedFile(name, content)}
    return signed_in.post(home + "budsjett/importer/", form, follow=True)


HEAD = "Konto;Navn;" + ";".join(f"{m:02}.2026" for m in range(1, 13)) + ";Sum\n"


def line(number: str, first: str) -> str:
    return f"{number};Navn;{first};" + ";" * 11 + "\n"


def test_csv_is_imported_and_other_accounts_stand(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k6300_01="12", k3000_05="7")
    answer = upload(signed_in, home, "b.csv", (HEAD + line("3000", "1 234,50")).encode(), "1")

    assert "1 konto ble importert." in text_of(answer)
    assert budget(book).cells[book.accounts["3000"], Month(2026, 1)] == Decimal("-1234.50")
    assert budget(book).cells[book.accounts["6300"], Month(2026, 1)] == Decimal(12)
    assert (book.accounts["3000"], Month(2026, 5)) not in budget(book).cells


def test_file_with_anything_wrong_changes_nothing_and_names_it_all(signed_in, home, book) -> None:
    bad = HEAD + line("8888", "1") + line("1920", "1") + line("3000", "mye")
    answer = upload(signed_in, home, "b.csv", bad.encode("cp1252"))

    text = text_of(answer)
    assert answer.status_code == 422
    assert "Rad 2: kontoen 8888 finnes ikke i klientens kontoplan." in text
    assert "Rad 3: kontoen 1920 er en balansekonto." in text
    assert "Rad 4, januar 2026: «mye» er ikke et beløp." in text
    assert not BudgetVersion.objects.exists()


def test_file_of_another_year_is_refused(signed_in, home) -> None:
    answer = upload(signed_in, home, "b.csv", HEAD.replace("2026", "2024").encode())

    assert "ligger ikke i regnskapsåret 2026" in text_of(answer)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Velg en fil først."),
        (b"   \n", "Filen er tom."),
        (b"PK\x03\x04 not a zip", "kan ikke leses som en Excel-arbeidsbok"),
        (b"\xd0\xcf\x11\xe0 old", "gammel Excel-arbeidsbok"),
        (b"\x00\x01\x02;\x00", "verken CSV eller en Excel-arbeidsbok"),
        (b"a" * 2_000_001, "større enn 2 MB"),
        (b"Konto;Navn\n", "ingen rad har måneder som overskrifter"),
    ],
)
def test_file_that_is_none_is_refused_with_what_to_do(signed_in, home, content, message) -> None:
    answer = upload(signed_in, home, "b.xlsx", content)

    assert message in text_of(answer) or (not content and answer.status_code == 200)
    assert not BudgetVersion.objects.exists()


def test_what_is_saved_as_excel_can_be_imported_again(signed_in, home, book) -> None:
    make(signed_in, home)
    before = budget(book).cells
    saved = signed_in.get(home + "budsjett.xlsx?ar=2026-01").getvalue()
    answer = upload(signed_in, home, "b.xlsx", saved, "1")

    assert "kontoer ble importert" in text_of(answer)
    assert {cell: amount for cell, amount in budget(book).cells.items() if amount} == {
        cell: amount for cell, amount in before.items() if amount
    }


def test_csv_that_is_saved_can_be_imported_again(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k3000_01="-1000,50", k4300_02="400")
    before = budget(book).cells
    saved = b"".join(signed_in.get(home + "budsjett.csv?ar=2026-01").streaming_content)
    upload(signed_in, home, "b.csv", saved, "1")

    assert budget(book).cells == before
    assert budget(book).version == 2


def test_workbook_with_formulas_and_days_for_headings_is_read(signed_in, home, book) -> None:
    workbook = Workbook()
    page = workbook.active
    page.append(["Konto", "Navn", *(f"2026-{m:02}" for m in range(1, 13))])
    page.append([3000, "Salg", 0.1 + 0.2, *[None] * 11])
    file = io.BytesIO()
    workbook.save(file)
    upload(signed_in, home, "b.xlsx", file.getvalue())

    assert budget(book).cells[book.accounts["3000"], Month(2026, 1)] == Decimal("-0.30")


def test_account_that_is_gone_from_the_chart_is_named(signed_in, home, book) -> None:
    type_cells(signed_in, home, book, 0, k3000_01="100")
    version = BudgetVersion.objects.get()
    BudgetVersion.objects.create(
        firm_id=version.firm_id,
        budget=version.budget,
        number=2,
        how="edited",
        cells={"gone-1": {"2026-01": "5.00"}},
        by=version.by,
    )
    version.budget.version = 2
    version.budget.save()

    assert "1 konto i budsjettet finnes ikke lenger" in text_of(
        signed_in.get(home + "budsjett/?ar=2026-01")
    )
    against = text_of(signed_in.get(home + "?til=2026-10&mot=budsjett"))
    assert "Budsjettet har 1 konto som ikke lenger finnes i kontoplanen" in against


def test_budget_of_next_year_can_be_made_before_it_begins(signed_in, home, book) -> None:
    page = signed_in.get(home + "budsjett/?ar=2027-01")

    assert "Regnskapsår 2027" in text_of(page)
    answer = signed_in.post(
        home + "budsjett/lag/", {"ar": "2027-01", "seen": "0", "percent": "0"}, follow=True
    )
    assert "Budsjettet er laget fra i fjor." in text_of(answer)
