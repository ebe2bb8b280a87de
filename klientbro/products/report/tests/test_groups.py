"""Several clients side by side: sums, eliminations, unequal years, nobody left out in silence."""

from __future__ import annotations

import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from klientbro.ledger.tests.book_table import book_table
from klientbro.practice.books.tests.test_pages import text_of
from klientbro.products.report.models import Group, GroupElimination
from klientbro.products.report.tests.conftest import CHART, POSTINGS, YEARS
from klientbro.products.report.tests.test_statement_pages import cells

pytestmark = pytest.mark.django_db
BROKEN = (("01.07.2024", "30.06.2025"), ("01.07.2025", "30.06.2026"), ("01.07.2026", "30.06.2027"))


def client(name: str, orgnr: str, years=YEARS, **more):
    made = book_table(
        CHART,
        anchor=more.pop("anchor", "31.12.2024"),
        conversion=more.pop("conversion", "01.01.2025"),
        years=years,
        name=name,
        orgnr=orgnr,
        **more,
    )
    return made.post(POSTINGS)


def group_of(signed_in, *books, name: str = "Konsernet") -> str:
    form = {"name": name, "client": [str(one.client.public_id) for one in books]}
    signed_in.post("/rapport/grupper/ny/", form)
    return f"/rapport/grupper/{Group.objects.get(name=name).public_id}/"


@pytest.fixture
def pair(book):
    return book, client("Søster AS", "310000019")


def test_two_clients_are_summed_with_what_is_between_them_taken_out(signed_in, pair) -> None:
    address = group_of(signed_in, *pair)
    form = {
        "til": "2026-10",
        "text": "Leie innen konsernet",
        "line": "sales",
        "other": "cost_of_goods",
        "amount": "10 000",
    }
    signed_in.post(address + "eliminer/", form)
    page = signed_in.get(address + "?til=2026-10")

    assert cells(page, "Salgsinntekt") == ["180 001", "180 001", "360 001", "−10 000", "350 001"]
    assert cells(page, "Årsresultat") == ["115 001", "115 001", "230 001", "0", "230 001"]
    assert cells(page, "Sum eiendeler")[-1] == cells(page, "Sum egenkapital og gjeld")[-1]


def test_eliminations_are_brought_forward_once_and_removed_ones_are_kept(signed_in, pair) -> None:
    address = group_of(signed_in, *pair)
    form = {
        "til": "2026-09",
        "text": "Mellomværende",
        "line": "receivables",
        "other": "trade_payables",
        "amount": "500",
    }
    signed_in.post(address + "eliminer/", form)
    for _press in range(2):
        signed_in.post(address + "eliminering/", {"til": "2026-10", "action": "carry"})
    assert GroupElimination.objects.count() == 2
    newest = GroupElimination.objects.order_by("-pk")[0]
    signed_in.post(address + "eliminering/", {"til": "2026-10", "id": str(newest.public_id)})

    assert cells(signed_in.get(address + "?til=2026-10"), "Fordringer")[-2] == "0"
    assert GroupElimination.objects.count() == 2


def test_a_month_alone_takes_what_the_eliminations_have_grown_by(signed_in, pair) -> None:
    address = group_of(signed_in, *pair)
    form = {"text": "Leie", "line": "sales", "other": "cost_of_goods"}
    signed_in.post(address + "eliminer/", form | {"til": "2026-09", "amount": "9 000"})
    signed_in.post(address + "eliminer/", form | {"til": "2026-10", "amount": "10 000"})

    october = signed_in.get(address + "?til=2026-10&vis=maned")
    september = signed_in.get(address + "?til=2026-09&vis=maned")

    assert cells(october, "Salgsinntekt")[-2] == "−1 000"
    assert cells(october, "Sum eiendeler")[-1] == cells(october, "Sum egenkapital og gjeld")[-1]
    assert "Ingen elimineringer" not in text_of(october)
    assert "Ingen elimineringer er ført for august 2026" in text_of(september)


def test_a_new_year_takes_only_the_balance_sheets_eliminations_along(signed_in, pair) -> None:
    address = group_of(signed_in, *pair)
    rent = {"text": "Leie", "line": "sales", "other": "cost_of_goods", "amount": "9 000"}
    owed = {"text": "Lån", "line": "receivables", "other": "trade_payables", "amount": "500"}
    for form in (rent, owed):
        signed_in.post(address + "eliminer/", form | {"til": "2025-12"})

    form = {"til": "2026-01", "action": "carry"}
    answer = signed_in.post(address + "eliminering/", form, follow=True)

    assert "1 eliminering ble hentet fram." in text_of(answer)
    assert "fjorårets inntekter og kostnader" in text_of(answer)
    brought = GroupElimination.objects.filter(month="2026-01-01")
    assert [one.text for one in brought] == ["Lån"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"amount": "mye"}, "Skriv beløpet som 1250"),
        ({"amount": "0"}, "noe annet enn null"),
        ({"other": "sales"}, "to forskjellige linjer"),
        ({"line": "operating_income"}, "Velg to linjer"),
        ({"text": " "}, "Skriv hva som elimineres"),
    ],
)
def test_elimination_that_cannot_be_is_refused(signed_in, pair, change, message) -> None:
    address = group_of(signed_in, *pair)
    form = {
        "til": "2026-10", "text": "Leie", "line": "sales", "other": "cost_of_goods", "amount": "1",
    }  # fmt: skip

    answer = signed_in.post(address + "eliminer/", form | change, follow=True)

    assert message in text_of(answer)
    assert not GroupElimination.objects.exists()


def test_clients_with_different_years_are_said_to_be(signed_in, book) -> None:
    address = group_of(signed_in, book, client("Broken AS", "310000019", BROKEN))

    own = text_of(signed_in.get(address + "?til=2026-10"))
    assert "Klientene har forskjellige regnskapsår" in own
    assert "juli–oktober 2026" in own
    calendar = signed_in.get(address + "?til=2026-10&vis=kalender")
    assert "forskjellige regnskapsår" not in text_of(calendar)
    assert cells(calendar, "Salgsinntekt")[:2] == ["180 001", "180 001"]


def test_client_without_figures_makes_the_sum_unknown_and_is_named(signed_in, book) -> None:
    late = client(
        "Ny AS", "310000019", conversion="01.01.2020", anchor="31.12.2025", is_whole=False
    )
    nothing = book_table(CHART, name="Tom AS", orgnr="310000043", stage="new")
    address = group_of(signed_in, book, late)

    rolling = signed_in.get(address + "?til=2026-10&vis=rullende")
    assert "Ny AS: Henter historikk. Summen er ikke kjent" in text_of(rolling)
    assert cells(rolling, "Salgsinntekt")[1:3] == ["–", "–"]
    other = group_of(signed_in, book, nothing, name="Med tom")
    assert "Tom AS: Ingenting hentet." in text_of(signed_in.get(other + "?til=2026-10"))


def test_group_needs_two_clients_and_a_name_of_its_own(signed_in, pair) -> None:
    answer = signed_in.post(
        "/rapport/grupper/ny/",
        {"name": "En", "client": [str(pair[0].client.public_id)]},
        follow=True,
    )
    assert "Velg minst to klienter." in text_of(answer)
    group_of(signed_in, *pair)
    again = {"name": "Konsernet", "client": [str(one.client.public_id) for one in pair]}
    assert "En annen gruppe har dette navnet." in text_of(
        signed_in.post("/rapport/grupper/ny/", again, follow=True)
    )


def test_two_who_change_a_group_at_once_the_second_is_told(signed_in, pair) -> None:
    address = group_of(signed_in, *pair)
    form = {"seen": "1", "name": "Nytt", "client": [str(one.client.public_id) for one in pair]}
    signed_in.post(address + "endre/", form)

    answer = signed_in.post(address + "endre/", form | {"name": "Annet"}, follow=True)

    assert "Noen andre har endret gruppen" in text_of(answer)
    assert Group.objects.get().name == "Nytt"


def test_more_clients_ask_no_more_questions(signed_in, pair) -> None:
    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert signed_in.get(address + "?til=2026-10").status_code == 200
        return len(asked)

    two = group_of(signed_in, *pair)
    count(two)
    four = group_of(
        signed_in,
        *pair,
        client("Tre AS", "310000043"),
        client("Fire AS", "312345676"),
        name="Fire",
    )

    assert count(four) == count(two)


def test_the_workbook_holds_what_the_page_shows_with_numbers_as_numbers(signed_in, book) -> None:
    late = client(
        "Ny AS", "310000019", conversion="01.01.2020", anchor="31.12.2025", is_whole=False
    )
    address = group_of(signed_in, book, late)
    form = {"til": "2026-10", "line": "sales", "other": "cost_of_goods", "amount": "10 000"}
    signed_in.post(address + "eliminer/", form | {"text": "=HYPERLINK()"})

    def rows(query: str) -> dict[str, list]:
        answer = signed_in.get(f"{address}gruppe.xlsx?til=2026-10{query}")
        page = load_workbook(io.BytesIO(answer.content)).active
        return {row[1]: list(row[2:]) for row in page.iter_rows(values_only=True)}

    year, rolling = rows(""), rows("&vis=rullende")

    assert year["Salgsinntekt"] == [180000.5, 180000.5, 360001, -10000, 350001]
    assert rolling["Salgsinntekt"][1:3] == [None, None]
    assert "=HYPERLINK(): Salgsinntekt / Varekostnad" in year
