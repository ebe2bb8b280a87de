"""The ledger pages as a signed-in person meets them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.ledger.tests.book_table import AS_OF, BookTable, book_table, insert
from klientbro.practice.books.tests.conftest import CHART, POSTINGS
from klientbro.sync.models import State
from klientbro.tenants.context import firm_set
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db
NBSP = "\N{NO-BREAK SPACE}"


def text_of(response) -> str:
    """What a reader sees: tags gone, spaces as one."""
    body = re.sub(r"<(script|style).*?</\1>", " ", response.content.decode(), flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&#x27;", "'").split())


def figures_of(response, label: str) -> list[str]:
    """The figures of the table row with the label."""
    for row in re.findall(r"<tr.*?</tr>", response.content.decode(), flags=re.S):
        if label in row:
            cells = re.findall(r'<td class="num[^>]*>(.*?)</td>', row, flags=re.S)
            return [re.sub(r"<[^>]+>", "", cell).replace(NBSP, " ") for cell in cells]
    raise AssertionError(f"no row says {label!r}")


def test_trial_balance_shows_year_to_date_with_last_year_and_the_derived_line(
    signed_in, home
) -> None:
    page = signed_in.get(home + "saldobalanse/?til=2026-10")

    assert figures_of(page, "Driftskonto bank")[:3] == ["130 000,00", "1 250,50", "131 250,50"]
    assert figures_of(page, "Udisponert resultat tidligere år")[0] == "−294 150,00"
    assert figures_of(page, "Sum</th>")[:3] == ["0,00", "0,00", "0,00"]
    assert "Inngående 01.01." in text_of(page)
    assert "Saldo 31.10." in text_of(page)


def test_trial_balance_of_one_month_opens_at_its_first_day(signed_in, home) -> None:
    page = signed_in.get(home + "saldobalanse/?til=2026-10&vis=maned")

    assert figures_of(page, "Leverandørgjeld")[:3] == ["−53 000,00", "0,00", "−53 000,00"]
    assert "Inngående 01.10." in text_of(page)


def test_without_a_period_the_month_of_the_figures_is_shown(signed_in, home) -> None:
    page = signed_in.get(home + "saldobalanse/")

    assert "November 2026 er åpen" in text_of(page)
    assert "99,00" in figures_of(page, "HYPERLINK")[2]


def test_month_that_differs_says_where_and_by_how_much(signed_in, home) -> None:
    page = signed_in.get(home + "saldobalanse/?til=2026-10")

    assert "Oktober 2026 er ikke avstemt mot kilden" in text_of(page)
    assert "Oktober 2026: differanse" in text_of(page)
    assert "−1 250,00" in text_of(page).replace(NBSP, " ")
    assert 'aria-label="Avviker fra kilden"' in page.content.decode()


def test_sealed_month_shows_its_seal_and_its_facts(signed_in, home) -> None:
    page = signed_in.get(home + "saldobalanse/?til=2026-09")

    assert "September 2026 er avstemt mot kilden" in text_of(page)
    assert "9f3c…e27a" in text_of(page)
    assert 'aria-label="september 2026: Avstemt mot kilden"' in page.content.decode()


def test_search_keeps_matching_accounts_and_sums_only_them(signed_in, home) -> None:
    page = signed_in.get(home + "saldobalanse/?til=2026-10&q=19")

    assert "Driftskonto bank" in text_of(page)
    assert "Aksjekapital" not in text_of(page)
    assert figures_of(page, "Sum av det som vises")[2] == "131 250,50"


def test_period_before_the_history_held_says_so_and_shows_no_zero(signed_in, firm) -> None:
    book = book_table(
        CHART,
        conversion="01.01.2024",
        is_whole=False,
        stage="history",
        years=(("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026")),
    ).post(POSTINGS)

    page = signed_in.get(f"/klienter/{book.client.public_id}/saldobalanse/?til=2025-05")

    assert "Henter historikk for mai 2025" in text_of(page)
    assert "0,00" not in text_of(page)


def test_books_that_are_not_here_yet_show_how_far_it_has_come(signed_in, firm) -> None:
    book = book_table(CHART, stage="new")

    page = signed_in.get(f"/klienter/{book.client.public_id}/saldobalanse/")

    assert page.status_code == 200
    assert "Tallene vises så snart" in text_of(page)


def test_progress_panel_becomes_the_page_when_the_books_are_here(signed_in, home) -> None:
    asked = {"HX-Request": "true", "HX-Target": "progress"}

    for path in ("", "saldobalanse/"):
        assert signed_in.get(home + path, headers=asked)["HX-Refresh"] == "true"


def test_what_stops_the_copying_is_told_with_what_to_do(signed_in, home, book) -> None:
    State.objects.create(
        firm_id=book.connection.firm_id,
        connection=book.connection,
        cause="vanished",
        cause_detail={"count": 412},
        cause_since=AS_OF,
    )

    page = text_of(signed_in.get(home + "saldobalanse/"))

    assert "412" in page
    assert "18.11.2026" in page


def test_deactivated_client_says_since_when(signed_in, firm) -> None:
    book = book_table(CHART, is_active=False).post(POSTINGS)

    page = signed_in.get(f"/klienter/{book.client.public_id}/saldobalanse/")

    assert "Ikke oppdatert siden 18.11.2026" in text_of(page).replace(NBSP, " ")


def test_account_page_has_a_running_balance_and_leads_to_vouchers(signed_in, home) -> None:
    page = signed_in.get(home + "konto/a1920/?til=2026-11")

    assert figures_of(page, "20500/?id=v20500") == ["1 250,50", "131 250,50"]
    assert figures_of(page, "Inngående saldo") == ["130 000,00"]


def test_account_page_narrowed_has_a_sum(signed_in, home) -> None:
    page = signed_in.get(home + "konto/a1920/?til=2026-11&q=varekjøp")

    assert figures_of(page, "Sum av det som ble funnet") == ["−99,00"]


@pytest.mark.parametrize(
    "query",
    ["?side=x", "?til=2026-13", "?til=9999-12&vis=tull", "?minst=abc&bilag=--", "?q=%25%00'"],
)
def test_odd_addresses_are_answered(signed_in, home, query) -> None:
    assert signed_in.get(home + "konto/a1920/" + query).status_code == 200
    assert signed_in.get(home + "bilag/" + query).status_code == 200
    assert signed_in.get(home + "saldobalanse/" + query).status_code == 200


def test_vouchers_of_the_month_lead_to_the_voucher(signed_in, home) -> None:
    page = signed_in.get(home + "bilag/?til=2026-09")

    assert figures_of(page, "20418/?id=v20418") == ["3", "23 000,00"]


def test_voucher_page_has_every_line_in_balance(signed_in, home, book) -> None:
    insert(
        "ledger_party",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        kind="supplier",
        source_id="s1",
        number="20001",
        name="Kystkulde Service AS",
        is_active=True,
    )

    page = signed_in.get(home + "bilag/20418/")

    assert figures_of(page, "Sum, i balanse") == ["23 000,00", "23 000,00"]
    assert "Kystkulde Service AS" in text_of(page)
    assert "25 %" in text_of(page).replace(NBSP, " ")
    assert "Vis bilag" in text_of(page)


def test_voucher_after_locking_is_told_on_its_page_and_in_the_list(signed_in, home, book) -> None:
    book.post("""
        Bilag | Dato       | Konto | Beløp      | corrects_voucher_id | corrects_voucher_no
        20978 | 28.09.2026 | 1250  | 18 400,00  | v20418              | 20418
        20978 | 28.09.2026 | 6620  | -18 400,00 | v20418              | 20418
    """).late(20978, "2026-09", landing=2, effect="-18 400,00")

    page = signed_in.get(home + "bilag/20978/")

    assert "Endret etter låsing" in text_of(page)
    assert figures_of(page, ">Inventar</th>") == ["274 150,00", "292 550,00", "+18 400,00"]
    assert "Korrigerer" in text_of(page)
    assert "+18 400,00" in text_of(signed_in.get(home + "endret-etter-lasing/")).replace(NBSP, " ")


def test_summary_shows_seals_open_items_and_settings(signed_in, home, book) -> None:
    insert(
        "ledger_item_snapshot",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        side="supplier",
        as_of="2026-11-18",
        landing=1,
        items=3,
        total=-53000,
        control_total=-53000,
    )

    page = signed_in.get(home)

    assert figures_of(page, "Leverandører") == ["3", "−53 000,00", "−53 000,00", "0,00"]
    assert "01.01.2026–31.12.2026" in text_of(page)
    assert "1 av 11" in text_of(page)


def test_clients_are_listed_found_and_lead_to_their_summary(signed_in, home) -> None:
    book_table(CHART, name="Ærlig Kaffe AS", orgnr="312480786")

    everyone = signed_in.get("/klienter/")
    found = signed_in.get("/klienter/?q=312 480 778")

    assert "Fjordglimt Bakeri AS" in text_of(everyone)
    assert "Ærlig Kaffe AS" in text_of(everyone)
    assert "Ærlig Kaffe AS" not in text_of(found)
    assert home in found.content.decode()


PAGES = (
    "",
    "saldobalanse/",
    "saldobalanse/eksport.csv",
    "konto/a1920/",
    "konto/a1920/eksport.csv",
    "bilag/",
    "bilag/20418/",
    "bilag/20418/eksport.xlsx",
    "endret-etter-lasing/",
)


@pytest.mark.parametrize("path", PAGES)
def test_another_firms_client_is_not_there(client, user, firm_account, path) -> None:
    other = create_firm("Nabobyrået AS")
    with firm_set(other.id), connection.cursor() as cursor:
        cursor.execute("select set_config('klientbro.firm', %s, true)", [str(other.id)])
        book = book_table(CHART).post(POSTINGS)
        cursor.execute("select set_config('klientbro.firm', '', true)")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get(f"/klienter/{book.client.public_id}/{path}").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_nobody_looks_without_signing_in(client, home, path) -> None:
    assert client.get(home + path).status_code == 302


@pytest.mark.parametrize("path", ["", "saldobalanse/", "konto/a1920/", "bilag/", "bilag/20418/"])
def test_pages_ask_a_fixed_number_of_times(signed_in, home, book: BookTable, path) -> None:
    signed_in.get(home + path)
    with CaptureQueriesContext(connection) as few:
        signed_in.get(home + path)
    book.post(POSTINGS.replace("2041", "2141").replace("2050", "2150"), landed_at=AS_OF)
    with CaptureQueriesContext(connection) as many:
        signed_in.get(home + path)

    assert len(few) == len(many)


def test_missing_account_and_voucher_are_not_there(signed_in, home) -> None:
    assert signed_in.get(home + "konto/a1/").status_code == 404
    assert signed_in.get(home + "bilag/1/").status_code == 404
    assert signed_in.get(home + "bilag/99999999999999999999999/").status_code == 404


def test_tables_have_captions_and_headings_for_rows_and_columns(signed_in, home) -> None:
    for path in ("saldobalanse/", "konto/a1920/", "bilag/?til=2026-09", "bilag/20418/", ""):
        body = signed_in.get(home + path).content.decode()
        for table in re.findall(r"<table.*?</table>", body, flags=re.S):
            assert "<caption" in table
            assert not re.findall(r"<th(?![^>]*scope=)[ >]", table)
