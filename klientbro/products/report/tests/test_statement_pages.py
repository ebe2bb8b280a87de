"""Resultat, Balanse and the pages beside them, as a signed-in person meets them."""

from __future__ import annotations

import io
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from klientbro.ledger.tests.book_table import BookTable, book_table
from klientbro.practice.books.tests.test_pages import NBSP, text_of
from klientbro.products.report.tests.conftest import CHART, POSTINGS, YEARS, items

pytestmark = pytest.mark.django_db


def cells(response, label: str) -> list[str]:
    """The figures of the row that begins with the label."""
    import re

    for row in re.findall(r"<tr.*?</tr>", response.content.decode(), flags=re.S):
        head = re.search(r'<t[hd] ?(?:scope="row")?.*?>(.*?)</t[hd]>', row, flags=re.S)
        if head and re.sub(r"<[^>]+>", "", head[1]).strip().startswith(label):
            found = re.findall(r'<td class="num[^>]*>(.*?)</td>', row, flags=re.S)
            return [re.sub(r"<[^>]+>", "", cell).replace(NBSP, " ").strip() for cell in found]
    raise AssertionError(f"no row begins with {label!r}")


def test_month_and_year_so_far_stand_beside_last_years(signed_in, home) -> None:
    page = signed_in.get(home + "?til=2026-10")

    assert cells(page, "Salgsinntekt") == [
        "60 001", "50 000", "180 001", "150 000", "+30 001", "+20,0 %",
    ]  # fmt: skip
    assert cells(page, "Årsresultat")[:4] == ["−5 000", "30 000", "115 001", "130 000"]


def test_without_a_month_the_last_one_that_has_ended_is_shown(signed_in, home) -> None:
    assert "Oktober 2026" in text_of(signed_in.get(home))


def test_month_that_differs_is_named_with_the_effect_on_the_result(signed_in, home) -> None:
    page = text_of(signed_in.get(home + "?til=2026-10")).replace(NBSP, " ")

    assert "9 av 10 måneder avstemt mot kilden." in page
    assert "Oktober 2026: kilden har 1 000,00 lavere resultat." in page


def test_line_opens_to_accounts_that_lead_to_their_postings(signed_in, home, book) -> None:
    page = signed_in.get(home + "?til=2026-10&apne=cost_of_goods")

    address = f"/klienter/{book.client.public_id}/konto/{book.accounts['4300']}/"
    assert cells(page, "4300 Varekjøp")[:2] == ["25 000", "20 000"]
    assert f"{address}?til=2026-10&amp;vis=hittil" in page.content.decode()
    assert signed_in.get(f"{address}?til=2026-10&vis=hittil").status_code == 200
    assert "3000 Salg" not in text_of(page)


def test_ore_are_shown_when_asked_for(signed_in, home) -> None:
    assert cells(signed_in.get(home + "?til=2026-10&ore=1"), "Salgsinntekt")[0] == "60 000,50"


def test_months_across_end_with_the_year(signed_in, home) -> None:
    found = cells(signed_in.get(home + "?til=2026-10&mot=maneder"), "Salgsinntekt")

    assert len(found) == 11
    assert found[-3:] == ["120 000", "60 001", "180 001"]


def test_twelve_months_stand_beside_the_twelve_before(signed_in, home) -> None:
    page = signed_in.get(home + "?til=2026-10&mot=rullende")

    assert cells(page, "Salgsinntekt")[:2] == ["180 001", "–"]
    assert "Regnskapet hadde ikke begynt" in text_of(page)


def test_without_a_budget_its_columns_are_empty_and_lead_to_it(signed_in, home) -> None:
    page = signed_in.get(home + "?til=2026-10&mot=budsjett")

    assert cells(page, "Salgsinntekt")[1] == "–"
    assert "Det finnes ikke noe budsjett for oktober 2026." in text_of(page)


def test_the_short_layout_has_sums_only_in_the_file_too(signed_in, home) -> None:
    page = signed_in.get(home + "?til=2026-10&linjer=kort")
    file = signed_in.get(home + "resultat.csv?til=2026-10&linjer=kort")
    csv = b"".join(file.streaming_content).decode("utf-8-sig")

    assert cells(page, "Sum driftsinntekter")[2] == "180 001"
    assert cells(page, "Årsresultat")[2] == "115 001"
    assert "Salgsinntekt</a>" not in page.content.decode()
    assert "Årsresultat" in csv
    assert "Salgsinntekt" not in csv


def test_years_forecast_without_a_budget_is_a_dash_and_leads_to_it(signed_in, home) -> None:
    page = signed_in.get(home + "?til=2026-10&mot=prognose")

    assert cells(page, "Salgsinntekt")[:5] == ["180 001", "–", "–", "–", "150 000"]
    assert "Det finnes ikke noe budsjett for november–desember 2026." in text_of(page)
    assert "Gå til budsjettet" in text_of(page)


def test_years_forecast_is_the_year_so_far_and_the_budget_of_the_rest(signed_in, home) -> None:
    signed_in.post(
        home + "budsjett/lag/",
        {"ar": "2026-01", "seen": "0", "percent": "0", "spread": "season", "unit": "0.01"},
    )

    page = signed_in.get(home + "?til=2026-10&mot=prognose")

    # last year's December had rent of 12 000 and nothing else, which is the budget of the rest
    assert cells(page, "Annen driftskostnad")[:5] == ["0", "12 000", "12 000", "12 000", "12 000"]
    assert cells(page, "Salgsinntekt")[:6] == [
        "180 001", "0", "180 001", "150 000", "150 000", "+30 001",
    ]  # fmt: skip
    assert "Prognose 2026" in text_of(page)


def test_years_stand_beside_each_other(signed_in, home) -> None:
    page = signed_in.get(home + "?til=2026-10&mot=ar")

    assert cells(page, "Salgsinntekt") == ["150 000", "180 001"]
    assert "Hittil okt. 2026" in text_of(page)


def test_balance_sheet_opens_moves_and_closes(signed_in, home) -> None:
    page = signed_in.get(home + "balanse/?til=2026-10&mot=bevegelse")

    assert cells(page, "Bankinnskudd, kontanter o.l.") == ["148 000", "20 001", "168 001"]
    assert cells(page, "Sum eiendeler") == cells(page, "Sum egenkapital og gjeld")
    assert "Bevegelse" in text_of(page)


def test_balance_sheet_balances_with_the_result_not_disposed_of(signed_in, home) -> None:
    page = signed_in.get(home + "balanse/?til=2026-10")

    assert cells(page, "Sum eiendeler") == cells(page, "Sum egenkapital og gjeld")
    assert cells(page, "Udisponert resultat")[0] == "115 001"
    assert cells(page, "Udisponert resultat tidligere år")[0] == "118 000"


def test_months_not_fetched_are_dashes_and_never_zero(signed_in, firm) -> None:
    book = book_table(
        CHART,
        anchor="31.12.2025",
        conversion="01.01.2020",
        is_whole=False,
        stage="history",
        years=YEARS,
    ).post(POSTINGS)

    page = signed_in.get(f"/rapport/{book.client.public_id}/?til=2026-10")

    assert cells(page, "Salgsinntekt")[1] == "–"
    assert cells(page, "Varekostnad")[3] == "–"
    assert "fremdeles hentes" in text_of(page) or "hentes fortsatt" in text_of(page)


def test_account_without_a_line_is_counted_and_named(signed_in, firm) -> None:
    chart = CHART + "9999  | Feilkonto                | expense   |\n"
    post = POSTINGS + (
        "300   | 12.10.2026 | 9999  | 500,00     | Feil    |   |      |            |\n"
        "300   | 12.10.2026 | 1920  | -500,00    | Feil    |   |      |            |\n"
    )
    book = book_table(chart, anchor="31.12.2024", conversion="01.01.2025", years=YEARS).post(post)

    page = signed_in.get(f"/rapport/{book.client.public_id}/?til=2026-10")

    assert "1 konto mangler rapportlinje" in text_of(page)
    assert cells(page, "Årsresultat")[0] == "−5 500"


def test_books_that_have_not_landed_show_their_progress(signed_in, firm) -> None:
    book = book_table(CHART, stage="new")

    for part in ("", "balanse/", "nokkeltall/", "aldersfordeling/", "mva/", "budsjett/", "pakker/"):
        page = signed_in.get(f"/rapport/{book.client.public_id}/{part}")
        assert page.status_code == 200
        assert "Tallene vises så snart" in text_of(page)


def test_key_figures_show_their_formula_and_their_amounts(signed_in, home) -> None:
    page = signed_in.get(home + "nokkeltall/?til=2026-10")

    text = text_of(page).replace(NBSP, " ")
    assert "Driftsresultat / driftsinntekter × 100" in text
    assert cells(page, "Driftsmargin") == ["63,9 %", "86,7 %"]
    assert "Driftsresultat 115 001" in text
    assert "Gjennomsnittlige kundefordringer × 304 / (driftsinntekter × 1,25)" in text


def test_ageing_shows_bands_by_due_date_and_odd_dates_apart(signed_in, home, book) -> None:
    items(
        book,
        [
            ("10001", "Kunde A", date(2026, 10, 10), "600.00"),
            ("10001", "Kunde A", date(2026, 6, 1), "400.00"),
            ("10002", "Kunde B", None, "50.00"),
            ("10003", "Kunde C", date(2062, 1, 1), "25.00"),
            ("10004", "Kunde D", date(2026, 11, 5), "-75.00"),
        ],
    )

    page = signed_in.get(home + "aldersfordeling/?til=2026-10")

    assert cells(page, "10001 Kunde A") == [
        "0", "600", "0", "0", "400", "0", "0", "1 000", "152",
    ]  # fmt: skip
    assert cells(page, "10004 Kunde D")[6] == "−75"
    assert "1 post har en forfallsdato som ikke kan stemme" in text_of(page)
    assert cells(page, "10002 Kunde B")[5] == "50"


def test_ageing_before_anything_is_fetched_says_so(signed_in, home) -> None:
    assert "Ingen åpne poster er hentet ennå" in text_of(
        signed_in.get(home + "aldersfordeling/?til=2026-10")
    )


def test_vat_terms_of_the_year_with_the_codes_of_one(signed_in, home) -> None:
    page = signed_in.get(home + "mva/?til=2026-10")

    assert cells(page, "September–oktober 2026")[:3] == ["30 000", "6 250", "23 750"]
    assert cells(page, "Januar–februar 2026")[2] == "0"
    assert cells(page, "Å betale etter kodene")[-1] == "23 750,00"


def test_departments_sum_to_the_result_of_the_report(signed_in, home) -> None:
    page = signed_in.get(home + "avdelinger/?til=2026-10")

    assert cells(page, "Salgsinntekt") == ["120 000", "60 001", "180 001"]
    assert cells(page, "Årsresultat")[-1] == "115 001"


def test_one_department_stands_beside_all_the_others(signed_in, home) -> None:
    page = signed_in.get(home + "avdelinger/?til=2026-10&verdi=20")

    assert cells(page, "Salgsinntekt") == ["60 001", "120 000", "180 001"]


def test_nothing_with_a_project_is_said(signed_in, home) -> None:
    page = signed_in.get(home + "avdelinger/?til=2026-10&del=prosjekt")

    assert "Ingenting er ført med avdeling eller prosjekt" in text_of(page)


def test_what_is_open_on_the_page_is_open_in_excel_with_numbers_as_numbers(
    signed_in, home, book
) -> None:
    answer = signed_in.get(home + "resultat.xlsx?til=2026-10&apne=sales")
    rows = list(load_workbook(io.BytesIO(answer.getvalue())).active.iter_rows(values_only=True))

    sales = next(row for row in rows if row[1] == "Salgsinntekt")
    assert sales[2:6] == (60000.5, 50000, 180000.5, 150000)
    assert [row[0] for row in rows if row[0] in book.accounts] == ["3000"]


def test_csv_of_the_balance_sheet_holds_what_the_page_shows(signed_in, home) -> None:
    answer = signed_in.get(home + "balanse.csv?til=2026-10")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")

    assert "Sum eiendeler;" in text
    assert "31.10.2026" in text


def test_list_shows_active_clients_and_keeps_those_deactivated(signed_in, home, book) -> None:
    page = signed_in.get("/rapport/?maned=2026-10")

    assert cells(page, "Fjordglimt Bakeri AS") == ["115 001", "130 000", "−15 000", "−11,5 %"]
    assert "Ikke oppdatert siden" not in text_of(page)
    book.connection.is_active = False
    book.connection.save()
    stopped = signed_in.get("/rapport/?maned=2026-10")
    assert cells(stopped, "Fjordglimt Bakeri AS")[0] == "115 001"
    assert "Ikke oppdatert siden" in text_of(stopped)


def test_client_that_was_never_activated_is_not_on_the_list(signed_in, home, book) -> None:
    book.connection.is_active = False
    book.connection.activated_at = None
    book.connection.save()

    assert "Fjordglimt" not in text_of(signed_in.get("/rapport/"))
    signed_in.post(home + "pakker/ny/", {"til": "2026-10", "title": "Rapport"})
    assert "Fjordglimt" in text_of(signed_in.get("/rapport/"))


def test_last_year_that_is_not_held_is_a_dash_on_the_list(signed_in, firm) -> None:
    book_table(CHART, anchor="31.12.2025", conversion="01.01.2026", years=YEARS[1:]).post(POSTINGS)

    assert cells(signed_in.get("/rapport/?maned=2026-10"), "Fjordglimt")[1:] == ["–", "–", "–"]


@pytest.mark.parametrize(
    ("part", "most"),
    [
        ("", 22),
        ("?mot=maneder&apne=alle", 22),
        ("?mot=budsjett", 23),
        ("balanse/", 22),
        ("nokkeltall/", 22),
        ("aldersfordeling/", 26),
        ("mva/", 28),
        ("avdelinger/", 24),
        ("budsjett/", 25),
        ("pakker/", 25),
    ],
)
def test_pages_ask_a_fixed_number_of_questions(signed_in, home, book, part, most) -> None:
    signed_in.get(home + part)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert signed_in.get(home + part).status_code == 200
    before = len(asked)
    more_accounts(book)
    with CaptureQueriesContext(connection) as again:
        signed_in.get(home + part)

    assert len(again) == before
    assert before <= most


def more_accounts(book: BookTable) -> None:
    for number in range(6400, 6440):
        book.add_account({"Konto": str(number), "Navn": f"Kostnad {number}", "Type": "expense"})
    lines = [
        f"{number} | 11.10.2026 | {account} | {amount} | Mer"
        for number, cost in enumerate(range(6400, 6440), 900)
        for account, amount in ((cost, "10,00"), (1920, "-10,00"))
    ]
    book.post("Bilag | Dato | Konto | Beløp | Tekst\n" + "\n".join(lines))


def test_list_asks_as_many_questions_of_many_as_of_one(signed_in, firm, book) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert signed_in.get("/rapport/").status_code == 200
        return len(asked)

    signed_in.get("/rapport/")
    one = count()
    for number in range(3):
        book_table(
            CHART,
            anchor="31.12.2024",
            conversion="01.01.2025",
            years=YEARS,
            name=f"Klient {number} AS",
            orgnr=("310000019", "310000043", "312345676")[number],
        )
    assert count() == one


PARTS = ("", "balanse/", "nokkeltall/", "aldersfordeling/", "mva/", "avdelinger/", "budsjett/")


@pytest.mark.parametrize(
    "typed", ["til=0001-01", "til=9999-12", "til=2026-13", "til=%00", "mot=tull&apne=%3Cb%3E"]
)
def test_address_that_makes_no_sense_is_answered_with_what_there_is(signed_in, home, typed) -> None:
    pages = [signed_in.get(f"{home}{part}?{typed}") for part in PARTS]

    assert [page.status_code for page in pages] == [200] * len(PARTS)
    assert not any("<b>" in page.content.decode() for page in pages)


@pytest.mark.parametrize("month", ["0001-01", "9999-12", "tull", ""])
def test_list_of_a_month_that_makes_no_sense_shows_the_last_one(signed_in, home, month) -> None:
    assert "oktober 2026" in text_of(signed_in.get(f"/rapport/?maned={month}"))
    made = signed_in.post(home + "pakker/ny/", {"til": month, "title": "Rapport"}, follow=True)
    assert made.status_code == 200


@pytest.mark.parametrize("day", ["31.02.2026", "tull", "01.01.1900", "01.01.2999"])
def test_ageing_of_a_day_that_makes_no_sense_shows_what_there_is(signed_in, home, day) -> None:
    assert signed_in.get(home + f"aldersfordeling/?til=2026-10&dag={day}").status_code == 200


def test_client_with_a_broken_year_counts_from_its_own_first_month(signed_in, firm) -> None:
    broken = (
        ("01.07.2024", "30.06.2025"),
        ("01.07.2025", "30.06.2026"),
        ("01.07.2026", "30.06.2027"),
    )
    book = book_table(CHART, anchor="31.12.2024", conversion="01.01.2025", years=broken)
    book.post(POSTINGS)

    page = signed_in.get(f"/rapport/{book.client.public_id}/?til=2026-10&mot=maneder")

    assert cells(page, "Salgsinntekt") == ["0", "0", "120 000", "60 001", "180 001"]
    assert "Regnskapsår 2026/2027" in text_of(
        signed_in.get(f"/rapport/{book.client.public_id}/budsjett/")
    )


def test_first_year_has_nothing_to_compare_with_and_says_so(signed_in, firm) -> None:
    book = book_table(CHART, anchor="31.12.2025", conversion="01.01.2026", years=YEARS[1:])
    book.post(POSTINGS)

    page = signed_in.get(f"/rapport/{book.client.public_id}/?til=2026-10")

    assert cells(page, "Salgsinntekt")[1::2] == ["–", "–", "–"]
    assert "Regnskapet hadde ikke begynt" in text_of(page)
