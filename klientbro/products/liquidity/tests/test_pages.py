"""Likviditet's pages as a signed-in person meets them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.clients.models import Connection
from klientbro.ledger.tests.book_table import BookTable, book_table
from klientbro.products.liquidity.keeping import keep_client
from klientbro.products.liquidity.models import (
    CustomerHabit,
    ExpectedDay,
    Learned,
    Loan,
    Offer,
    PlannedLine,
    Scenario,
    Settings,
    Standing,
)
from klientbro.products.liquidity.tests.bakery import TODAY, bakery, items

pytestmark = pytest.mark.django_db


def words(answer: Any) -> str:
    """What a reader sees: tags gone, spaces as one."""
    body = re.sub(r"<(script|style|svg).*?</\1>", " ", answer.content.decode(), flags=re.S)
    text = re.sub(r"<[^>]+>", " ", body).replace("\N{NO-BREAK SPACE}", " ")
    return " ".join(text.split())


def line(**more: str) -> dict[str, str]:
    return {
        "title": "Ny ovn",
        "direction": "out",
        "amount": "320 000,00",
        "interval": "once",
        "first": "11.12.2026",
        "kind": "other_out",
    } | more


def scenario(**more: Any) -> dict[str, Any]:
    return {"name": "Treg vinter", "later": "", "revenue": ""} | more


def settings(book: BookTable, **more: Any) -> dict[str, Any]:
    return {
        "account": [book.accounts["1920"]],
        "limit": "100 000,00",
        "overdue": "spread",
        "spread_days": "28",
        "doubtful_after": "180",
        "with_estimates": "1",
        "version": "0",
    } | more


def lowest(book: BookTable) -> Standing:
    return Standing.objects.get(client=book.client)


# ---- the forecast


def test_the_forecast_shows_bank_lowest_point_seal_and_the_lines_behind(
    signed_in: Any, home: str, book: BookTable
) -> None:
    shown = words(signed_in.get(home))

    assert "Bank 18.11.2026" in shown
    assert "Oktober 2026: avstemt mot kilden" in shown
    assert "Kafé Brygga AS Betaler vanligvis 11 dager for sent" in shown
    assert "Mva, 5. termin 2026" in shown
    assert "Forfalt i 352 dager" in shown  # not counted, and said so
    assert "Tall per 18.11.2026 kl. 14:10" in shown


@pytest.mark.parametrize(("how", "rows"), [("dager", 30), ("uker", 13), ("maneder", 12)])
def test_the_same_lines_stand_by_day_week_and_month(
    signed_in: Any, home: str, how: str, rows: int
) -> None:
    body = signed_in.get(f"{home}?vis={how}").content.decode()
    table = body.partition('id="buckets-caption"')[2].partition("</table>")[0]

    assert table.count("<tr") == rows + 1
    assert "<svg" in body


def test_every_kind_of_line_opens_to_its_reason_and_what_stands_behind(
    signed_in: Any, home: str
) -> None:
    body = signed_in.get(f"{home}?alle=1&vis=maneder").content.decode()
    links = set(re.findall(r'href="(/likviditet/[^"]+/linjer/\?[^"]+)"', body))
    found = [words(signed_in.get(link.replace("&amp;", "&"))) for link in sorted(links)[::7]]
    whole = " ".join(found)

    assert len(found) > 8
    assert "Vis bilag" in whole or "Posteringene på kontoen" in whole
    assert signed_in.get(f"{home}linjer/?linje=nothing").status_code == 404


def test_a_line_of_an_open_item_leads_to_its_voucher(signed_in: Any, home: str) -> None:
    answer = signed_in.get(f"{home}linjer/?linje=customer:c1")

    assert "Vis bilag 9000" in words(answer)
    assert "/bilag/9000/" in answer.content.decode()
    assert "forfaller 17.11.2026" in words(answer)


def test_a_payment_that_somebody_expects_on_a_day_is_moved_there_and_back(
    signed_in: Any, home: str
) -> None:
    answer = {"item": "customer:c1", "day": "15.01.2027", "version": "0"}
    signed_in.post(f"{home}forventet/", answer)
    assert "15.01.2027" in words(signed_in.get(f"{home}linjer/?linje=customer:c1"))

    stale = signed_in.post(f"{home}forventet/", answer | {"day": "20.01.2027"}, follow=True)
    assert "Noen andre har endret" in words(stale)
    signed_in.post(f"{home}forventet/", answer | {"day": "", "version": "1"})
    assert ExpectedDay.objects.count() == 0


def test_items_that_are_not_fetched_are_said_and_never_shown_as_zero(
    signed_in: Any, firm: Any
) -> None:
    made = bakery()
    keep_client(made.client.pk)
    shown = words(signed_in.get(f"/likviditet/{made.client.public_id}/"))

    assert "Åpne kundeposter er ikke hentet ennå" in shown
    assert "Åpne poster eller historikk mangler" in words(signed_in.get("/likviditet/"))


def test_absurd_and_missing_due_dates_are_told(signed_in: Any, book: BookTable, home: str) -> None:
    items(
        book,
        "customer",
        ("x1", "10001", "100", None, "2026-11-01"),
        ("x2", "10001", "200", "2062-11-17", "2026-11-02"),
    )
    shown = words(signed_in.get(home))

    assert "1 åpen post mangler forfallsdato" in shown
    assert "1 åpen post har en umulig forfallsdato" in shown


def test_a_first_year_has_no_estimates_and_says_so(signed_in: Any, firm: Any) -> None:
    chart = """
    Konto | Navn  | Type  | Inngående
    1920  | Bank  | asset | 50 000,00
    2000  | Kapital | equity | -50 000,00
    """
    made = book_table(chart, anchor="30.09.2026", conversion="01.10.2026")
    shown = words(signed_in.get(f"/likviditet/{made.client.public_id}/"))

    assert "Det finnes mindre enn tre hele måneder" in shown
    assert "50 000,00" in shown


def test_a_month_that_differs_from_the_source_is_shown_so(
    signed_in: Any, book: BookTable, home: str
) -> None:
    book.prove("2026-10", "differs", {book.accounts["1920"]: ("1,00", "2,00")})

    assert "Oktober 2026: ikke avstemt mot kilden" in words(signed_in.get(home))


def test_before_there_are_figures_the_progress_is_shown(signed_in: Any, firm: Any) -> None:
    made = book_table("Konto | Navn | Type\n1920 | Bank | asset", stage="new")
    for end in ("", "treff/", "innstillinger/"):
        answer = signed_in.get(f"/likviditet/{made.client.public_id}/{end}")
        assert answer.status_code == 200
        assert "Laveste punkt" not in words(answer)
    assert signed_in.get(f"/likviditet/{made.client.public_id}/linjer/").status_code == 404


# ---- the list


def test_the_list_sorts_by_the_first_day_under_the_limit(
    signed_in: Any, book: BookTable, home: str
) -> None:
    signed_in.post(f"{home}innstillinger/", settings(book, limit="9 000 000,00"))
    other = bakery(name="Berg Bil AS", orgnr="310000019")
    keep_client(other.client.pk)
    shown = words(signed_in.get("/likviditet/"))

    assert shown.index("Fjordglimt Bakeri AS") < shown.index("Berg Bil AS")
    by_name = words(signed_in.get("/likviditet/?sorter=klient"))
    assert by_name.index("Berg Bil AS") < by_name.index("Fjordglimt Bakeri AS")
    assert "Berg Bil" not in words(signed_in.get("/likviditet/?q=fjordglimt"))


def test_a_deactivated_client_stays_and_says_since_when(
    signed_in: Any, book: BookTable, home: str
) -> None:
    Connection.objects.filter(client=book.client).update(is_active=False)
    shown = words(signed_in.get("/likviditet/"))

    assert "Ikke oppdatert siden 18.11.2026 kl. 14:10" in shown
    assert "Laveste punkt" in words(signed_in.get(home))


def test_pages_ask_a_fixed_number_of_questions(signed_in: Any, book: BookTable, home: str) -> None:
    def asked(address: str) -> int:
        signed_in.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert signed_in.get(address).status_code == 200
        return len(queries)

    pages = ["/likviditet/", home, f"{home}plan/", f"{home}treff/", f"{home}innstillinger/"]
    few = [asked(address) for address in pages]
    for number in range(4):
        other = bakery(name=f"Klient {number}", orgnr=f"31000002{number}")
        keep_client(other.client.pk)
    many_items = [(f"m{n}", "10002", "1000", "2026-12-01", "2026-11-10") for n in range(60)]
    items(book, "customer", *many_items)
    for number in range(5):
        signed_in.post(f"{home}plan/ny/", line(title=f"Linje {number}"))
    keep_client(book.client.pk)

    assert [asked(address) for address in pages] == few
    assert max(few) <= 30


# ---- planned lines, offers, loans


def test_before_the_history_is_read_nothing_is_said_to_be_offered_or_not(
    signed_in: Any, book: BookTable, home: str
) -> None:
    Offer.objects.all().delete()
    assert "Ingenting tilbys nå." in words(signed_in.get(f"{home}plan/"))
    Learned.objects.all().delete()

    shown = words(signed_in.get(f"{home}plan/"))

    assert "Historikken leses etter neste henting" in shown
    assert "Ingenting tilbys nå." not in shown


def test_an_offer_is_taken_once_and_becomes_a_line_that_can_be_given_back(
    signed_in: Any, book: BookTable, home: str
) -> None:
    offer = Offer.objects.get(client=book.client, party="20001")
    shown = words(signed_in.get(f"{home}plan/"))
    assert "Gårdeier Eiendom AS" in shown

    address = f"{home}plan/forslag/{offer.public_id}/"
    signed_in.post(address, {"svar": "ta"})
    again = words(signed_in.post(address, {"svar": "ta"}, follow=True))
    assert "er avgjort allerede" in again
    made = PlannedLine.objects.get(client=book.client)
    assert (made.offer_key, made.interval, made.amount) == (offer.key, "monthly", offer.amount)
    assert "Fast linje" in words(signed_in.get(home + "?alle=1"))

    form = {"version": str(made.version), "step": "delete"}
    signed_in.post(f"{home}plan/linje/{made.public_id}/", form)
    offer.refresh_from_db()
    assert offer.state == Offer.State.REFUSED
    keep_client(book.client.pk)  # what is refused is not offered again by the job
    offer.refresh_from_db()
    assert offer.state == Offer.State.REFUSED


def test_a_manual_line_moves_the_lowest_point_at_once(
    signed_in: Any, book: BookTable, home: str
) -> None:
    before = lowest(book).closing
    signed_in.post(f"{home}plan/ny/", line())

    assert before - lowest(book).closing == 320_000
    assert "Ny ovn" in words(signed_in.get(home))


def test_vat_in_a_line_of_ones_own_comes_back_with_its_return(
    signed_in: Any, book: BookTable, home: str
) -> None:
    signed_in.post(f"{home}plan/ny/", line(vat="25"))
    shown = words(signed_in.get(home + "?vis=maneder&alle=1"))

    assert PlannedLine.objects.get().vat_rate == Decimal("0.25")
    assert "10.02.2027 Mva av Ny ovn" in shown
    key = "vat-of:manual:" + f"{PlannedLine.objects.get().public_id}:2026-12-11"
    assert "25 % mva i" in words(signed_in.get(f"{home}linjer/?linje={key}"))
    refused = signed_in.post(f"{home}plan/ny/", line(vat="25", account="6300"))
    assert "Velg ingen mva, eller ta bort kontoen og nummeret." in words(refused)
    assert PlannedLine.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": "mye"}, "Beløpet kan ikke leses"),
        ({"amount": "0"}, "En linje på 0 flytter ingen penger"),
        ({"amount": "1,005"}, "Beløpet kan ikke leses"),
        ({"first": "31.02.2027"}, "Første dag er ikke en dag"),
        ({"first": "01.01.0001"}, "Første dag er ikke en dag"),
        ({"last": "01.01.2026"}, "Siste dag er før den første"),
        ({"interval": "av og til"}, "Velg hvor ofte"),
        ({"title": "  "}, "Teksten mangler"),
        ({"interval": "monthly", "settled": "12"}, "Bare en linje som kommer én gang"),
    ],
)
def test_a_line_that_cannot_be_is_refused_by_name_reason_and_cure(
    signed_in: Any, home: str, wrong: dict[str, str], said: str
) -> None:
    answer = signed_in.post(f"{home}plan/ny/", line(**wrong))

    assert answer.status_code == 422
    assert said in words(answer)
    assert PlannedLine.objects.count() == 0


def test_two_who_change_the_same_are_told(signed_in: Any, book: BookTable, home: str) -> None:
    signed_in.post(f"{home}plan/ny/", line())
    made = PlannedLine.objects.get()
    address = f"{home}plan/linje/{made.public_id}/"
    assert signed_in.post(address, line(version="1", title="Ovn A")).status_code == 302
    late = signed_in.post(address, line(version="1", title="Ovn B"))

    assert late.status_code == 422
    assert "Noen andre har endret dette" in words(late)
    assert PlannedLine.objects.get().title == "Ovn A"


def test_a_loan_is_paid_down_in_the_forecast(signed_in: Any, book: BookTable, home: str) -> None:
    form = {
        "title": "DNB 1",
        "remaining": "300 000",
        "instalment": "30 000",
        "rate": "6,5",
        "next_day": "28.12.2026",
        "interval": "quarterly",
        "account": "2220",
    }
    assert signed_in.post(f"{home}plan/nytt-lan/", form | {"rate": "400"}).status_code == 422
    assert signed_in.post(f"{home}plan/nytt-lan/", form).status_code == 302
    made = Loan.objects.get()
    shown = words(signed_in.get(f"{home}linjer/?linje=loan:{made.public_id}:2026-12-28"))
    assert "Avdrag 30 000,00 og renter 4 875,00" in shown
    assert words(signed_in.get(f"{home}plan/")).count("DNB 1") == 1
    gone = {"version": "1", "step": "delete"}
    signed_in.post(f"{home}plan/lan/{made.public_id}/", gone)
    assert Loan.objects.count() == 0


# ---- scenarios


def test_a_scenario_stands_beside_the_base(signed_in: Any, book: BookTable, home: str) -> None:
    form = scenario(
        later="28",
        revenue="-10",
        extra_title=["Ny ovn"],
        extra_amount=["-50 000"],
        extra_day=["11.12.2026"],
    )
    answer = signed_in.post(f"{home}scenario/nytt/", form)
    made = Scenario.objects.get()
    assert answer["location"].endswith(f"?scenario={made.public_id}")
    shown = words(signed_in.get(answer["location"]))

    assert "Laveste punkt, scenario" in shown
    assert "Alle kunder betaler 28 dager senere" in shown
    assert "Nytt salg −10 %" in shown
    assert "Ny ovn, −50 000,00 den 11.12.2026" in shown
    edit = signed_in.get(f"{home}scenario/{made.public_id}/").content.decode()
    assert 'value="28"' in edit
    assert "Ny ovn" in edit


def test_a_scenario_that_contradicts_itself_is_refused_with_a_clear_text(
    signed_in: Any, home: str
) -> None:
    form = scenario(
        line=["customer:c1", "customer:c1"],
        line_what=["out", "move"],
        line_day=["", "04.01.2027"],
        extra_title=["X", "Y"],
        extra_amount=["-5", "-5"],
        extra_day=["01.01.2020", "01.01.2040"],
    )
    answer = signed_in.post(f"{home}scenario/nytt/", form)
    shown = words(answer)

    assert answer.status_code == 422
    assert "Den samme linjen er både utelatt og flyttet" in shown
    assert "Dagen er passert" in shown
    assert "Dagen er etter prognosens tolv måneder" in shown
    assert Scenario.objects.count() == 0
    empty = signed_in.post(f"{home}scenario/nytt/", scenario())
    assert "Scenariet endrer ingenting" in words(empty)


def test_a_scenario_whose_line_has_given_way_still_works_and_says_so(
    signed_in: Any, book: BookTable, home: str
) -> None:
    form = scenario(line=["customer:c2"], line_what=["out"], line_day=[""])
    signed_in.post(f"{home}scenario/nytt/", form)
    made = Scenario.objects.get()
    items(book, "customer", ("c1", "10001", "531250", "2026-11-17", "2026-11-03"))

    shown = words(signed_in.get(f"{home}?scenario={made.public_id}"))
    assert "linjen har veket for det som skjedde" in shown
    stale = signed_in.post(f"{home}scenario/{made.public_id}/", {"version": "7", "step": "delete"})
    assert stale.status_code == 422
    signed_in.post(f"{home}scenario/{made.public_id}/", {"version": "1", "step": "delete"})
    assert Scenario.objects.count() == 0


# ---- settings


def test_settings_set_limit_bank_and_payroll(signed_in: Any, book: BookTable, home: str) -> None:
    form = settings(book, monthly_gross="300 000", pay_day="20", assessed_tax="80 000")
    assert signed_in.post(f"{home}innstillinger/", form).status_code == 302
    kept = lowest(book)

    assert kept.opening == Standing.objects.get().opening
    assert Settings.objects.get().limit == 100_000
    shown = words(signed_in.get(f"{home}?alle=1&vis=maneder"))
    assert "Netto lønn, desember 2026" in shown
    assert "Forskuddsskatt for 2026, del 1" in shown
    assert signed_in.post(f"{home}innstillinger/", form).status_code == 422  # version 0 is gone


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"pay_day": "32"}, "Lønnsdagen er et helt tall fra 1 til 31"),
        ({"limit": "lite"}, "Grensen kan ikke leses"),
        ({"account": []}, "Velg minst én bankkonto"),
        ({"monthly_gross": "-1"}, "Brutto lønn per måned er over 0"),
        ({"overdue": "aldri"}, "Velg hva som skjer med forfalte poster"),
        ({"spread_days": "0"}, "Dager å spre over er et helt tall"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    signed_in: Any, book: BookTable, home: str, wrong: dict[str, Any], said: str
) -> None:
    answer = signed_in.post(f"{home}innstillinger/", settings(book, **wrong))

    assert answer.status_code == 422
    assert said in words(answer)
    assert Settings.objects.count() == 0


def test_a_typed_habit_rules_over_the_learned_one(
    signed_in: Any, book: BookTable, home: str
) -> None:
    assert "11" in words(signed_in.get(f"{home}innstillinger/"))
    signed_in.post(f"{home}vaner/", {"party": "10001", "days": "30", "version": "0"})
    shown = words(signed_in.get(f"{home}linjer/?linje=customer:c1"))

    assert "Satt til å betale 30 dager for sent" in shown
    signed_in.post(f"{home}vaner/", {"party": "10001", "days": "", "version": "1"})
    assert CustomerHabit.objects.count() == 0
    wrong = signed_in.post(f"{home}vaner/", {"party": "10001", "days": "9999"}, follow=True)
    assert "Dager for sent er et helt tall fra −14 til 180" in words(wrong).replace("-14", "−14")


def test_the_forecast_begins_the_day_its_figures_are_from(
    signed_in: Any, book: BookTable, home: str
) -> None:
    assert lowest(book).start == TODAY
