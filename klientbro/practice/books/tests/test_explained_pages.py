"""Changes explained, as a signed-in person meets them: late vouchers, as it stood, fetch anew."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.ledger.queries import late_vouchers
from klientbro.ledger.queries.late import LateFilter, Partner
from klientbro.ledger.tests.book_table import BookTable, book_table, insert
from klientbro.practice.books.tests.conftest import CHART, NOW, POSTINGS
from klientbro.practice.books.tests.test_exports import csv_of, row_with, sheet_of
from klientbro.practice.books.tests.test_pages import NBSP, figures_of, text_of
from klientbro.sync.models import State
from klientbro.tenants.context import firm_set
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db
LATE = """
Bilag | Dato     | Konto | Beløp      | vat_code | vat_amount | {its}_voucher_id | {its}_voucher_no
{no} | 28.09.2026 | 1250 | 18 400,00  | 1        | 4600       | v20418           | 20418
{no} | 28.09.2026 | 6620 | -18 400,00 |          |            | v20418           | 20418
"""


def late_voucher(book: BookTable, number: int = 20978, relation: str = "corrects") -> BookTable:
    """A voucher that corrects (or reverses) 20418 of September, after September was locked."""
    book.post(LATE.format(no=number, its=relation))
    return book.late(number, "2026-09", landing=book.landing, effect="-18 400,00")


def filed(book: BookTable, number: int) -> None:
    """The same voucher also came after the VAT return of its term."""
    insert(
        "ledger_late_change",
        **book._own(),
        landing=book.landing,
        month="2026-09-01",
        voucher_id=f"v{number}",
        voucher_no=number,
        reason="vat_return",
        source_created_at=NOW - timedelta(days=2),
        late_after=datetime(2026, 10, 10, 9, tzinfo=UTC),
        result_effect=-18400,
        term_first="2026-09-01",
        term_last="2026-10-31",
        vat_return_id="v1",
        vat_return_no=1,
    )


def test_late_voucher_shows_what_it_corrects_its_effects_and_why_it_is_late(
    signed_in: Any, home: str, book: BookTable
) -> None:
    late_voucher(book)
    filed(book, 20978)

    page = signed_in.get(home + "endret-etter-lasing/")
    text = text_of(page).replace(NBSP, " ")

    assert "Låst til og med 30.09.2026." in text
    assert "Mva-meldingen for 01.09.2026–31.10.2026 ble sendt 10.10.2026." in text
    assert "Korrigerer 20418 (september 2026)" in text
    assert f'href="{home}bilag/20418/?id=v20418"' in page.content.decode()
    assert "1250 Inventar +18 400,00" in text
    assert "6620 Reparasjon og vedlikehold −18 400,00" in text
    assert "Kode 1 av +18 400,00 +4 600,00" in text
    assert figures_of(page, "20978/?id=v20978") == ["+18 400,00"]


def test_corrected_voucher_that_came_late_itself_shows_what_came_after_it(
    book: BookTable,
) -> None:
    late_voucher(book, relation="reverses")
    book.late(20418, "2026-09", landing=1)

    rows = {row.voucher_no: row for row in late_vouchers(book.connection.pk).rows}

    month = rows[20978].month
    assert rows[20978].partners == (Partner("reverses", "v20418", 20418, month),)
    assert rows[20418].partners == (Partner("reversed_by", "v20978", 20978, month),)


def test_partner_in_another_period_is_named_with_its_month(
    signed_in: Any, home: str, book: BookTable
) -> None:
    book.post("""
        Bilag | Dato       | Konto | Beløp     | reverses_voucher_id | reverses_voucher_no
        20999 | 05.11.2026 | 6620  | -18 400,00 | v20418 | 20418
        20999 | 05.11.2026 | 2400  | 18 400,00  | v20418 | 20418
    """).late(20418, "2026-09", landing=1)

    text = text_of(signed_in.get(home + "endret-etter-lasing/"))

    assert "Tilbakeført av 20999 (november 2026)" in text


def test_tax_and_appropriations_are_no_part_of_the_result_before_tax(firm: Any) -> None:
    book = book_table(CHART + "8300 | Betalbar skatt | expense |\n").post("""
        Bilag | Dato       | Konto | Beløp
        1     | 28.09.2026 | 8300  | 2 200,00
        1     | 28.09.2026 | 6620  | 300,00
        1     | 28.09.2026 | 2400  | -2 500,00
    """)
    book.late(1, "2026-09", landing=1)

    (row,) = late_vouchers(book.connection.pk).rows

    assert row.result_before_tax == -300
    assert [effect.amount for effect in row.accounts] == [-2500, 300, 2200]


def test_late_vouchers_are_narrowed_by_reason_period_and_account(book: BookTable) -> None:
    late_voucher(book)
    filed(book, 20978)
    book.late(20500, "2026-10", landing=1, reason="seal")

    def found(**narrowed: Any) -> list[int]:
        rows = late_vouchers(book.connection.pk, LateFilter(**narrowed)).rows
        return sorted(row.voucher_no for row in rows)

    september, october = (book.state.first_month.plus(n) for n in (8, 9))  # type: ignore[union-attr]
    assert found() == [20500, 20978]
    assert found(reason="vat_return") == found(reason="lock") == [20978]
    assert found(first=october) == found(reason="seal") == [20500]
    assert found(last=september) == found(account_id="a1250") == [20978]


def test_voucher_that_has_vanished_since_is_said_to_be_gone(
    signed_in: Any, home: str, book: BookTable
) -> None:
    late_voucher(book).close(20978)

    page = signed_in.get(home + "endret-etter-lasing/")

    assert "Borte fra regnskapssystemet" in text_of(page)
    assert figures_of(page, "20978/?id=v20978") == ["0,00"]


def test_late_vouchers_are_exported_with_a_line_for_each_account_and_code(
    signed_in: Any, home: str, book: BookTable
) -> None:
    late_voucher(book)

    rows = csv_of(signed_in.get(home + "endret-etter-lasing/eksport.csv?grunn=lock"))
    other = csv_of(signed_in.get(home + "endret-etter-lasing/eksport.csv?grunn=seal"))
    excel = sheet_of(signed_in.get(home + "endret-etter-lasing/eksport.xlsx"))

    assert row_with(rows, "1250")[6:] == [
        "Korrigerer 20418",
        "1250",
        "Inventar",
        "18400,00",
        "",
        "0,00",
    ]
    assert row_with(rows, "6620")[-1] == "18400,00"
    assert row_with(rows, "Mva-kode 1")[9:11] == ["18400,00", "4600,00"]
    assert row_with(rows, "Utvalg")[1] == "Avgrenset med filter"
    assert len(other) < len(rows)
    assert row_with(excel, "6620")[11] == 18400


def test_summary_counts_what_came_late_and_tells_the_findings(
    signed_in: Any, home: str, book: BookTable
) -> None:
    late_voucher(book)
    insert(
        "ledger_finding",
        **book._own(),
        kind="voucher_gap",
        reference="|20601-20603",
        detail='{"series": "", "first": 20601, "last": 20603}',
    )

    page = signed_in.get(home)

    assert figures_of(page, "?grunn=lock") == ["1"]
    assert "Bilagsnumrene 20601–20603 mangler" in text_of(page)


def test_trial_balance_row_leads_to_what_came_late_on_the_account(
    signed_in: Any, home: str, book: BookTable
) -> None:
    late_voucher(book)

    body = signed_in.get(home + "saldobalanse/?til=2026-09").content.decode()
    ways = re.findall(r'href="([^"]+endret-etter-lasing/\?konto=[^"]+)"', body)

    assert len(ways) == 2
    assert all("fra=2026-01&amp;til=2026-09" in way for way in ways)
    found = signed_in.get(ways[0].replace("&amp;", "&"))
    assert "20978" in text_of(found)
    later = signed_in.get(home + "saldobalanse/?til=2026-10&vis=maned").content.decode()
    assert "endret-etter-lasing/?konto=" not in later


def test_late_page_asks_a_fixed_number_of_times(signed_in: Any, home: str, book: BookTable) -> None:
    late_voucher(book)
    path = home + "endret-etter-lasing/"
    signed_in.get(path)
    with CaptureQueriesContext(connection) as few:
        signed_in.get(path)
    for number in range(30000, 30010):
        late_voucher(book, number)
    with CaptureQueriesContext(connection) as many:
        signed_in.get(path)
    assert len(few) == len(many)


# ---- as it stood


@pytest.fixture
def two_moments(firm: Any) -> tuple[BookTable, str]:
    """Figures published at 10 and again at 12 on 10 November, when a late voucher had come."""
    book = book_table(CHART, columns={"complete_at": datetime(2026, 11, 10, 9, tzinfo=UTC)})
    book.post(POSTINGS)
    book.change(complete_at=datetime(2026, 11, 10, 11, tzinfo=UTC))
    late_voucher(book)
    return book, f"/klienter/{book.client.public_id}/"


def test_trial_balance_as_it_stood_is_beside_todays_with_the_difference_and_a_checksum(
    signed_in: Any, two_moments: tuple[BookTable, str]
) -> None:
    _book, home = two_moments

    before = signed_in.get(home + "saldobalanse/?til=2026-10&kjent=2026-11-10T11:00")
    after = signed_in.get(home + "saldobalanse/?til=2026-10&kjent=2026-11-10T12:30")

    assert "Slik saldobalansen sto per vår kunnskap 10.11.2026" in text_of(before)
    assert figures_of(before, ">Inventar<")[2:] == ["274 150,00", "292 550,00", "+18 400,00"]
    assert figures_of(after, ">Inventar<")[2:] == ["292 550,00", "292 550,00", "0,00"]
    hashes = [
        re.findall(r"<code>([0-9a-f]{64})</code>", r.content.decode()) for r in (before, after)
    ]
    assert len(hashes[0]) == len(hashes[1]) == 1
    assert hashes[0] != hashes[1]


def test_same_question_has_the_same_checksum_after_more_has_come(
    signed_in: Any, two_moments: tuple[BookTable, str]
) -> None:
    book, home = two_moments
    path = home + "saldobalanse/?til=2026-10&kjent=2026-11-10T11:00"
    pattern = r"<code>([0-9a-f]{64})</code>"
    first = re.findall(pattern, signed_in.get(path).content.decode())
    book.post(POSTINGS.replace("2041", "2141").replace("2050", "2150"))
    assert re.findall(pattern, signed_in.get(path).content.decode()) == first
    exported = csv_of(
        signed_in.get(home + "saldobalanse/eksport.csv?til=2026-10&kjent=2026-11-10T11:00")
    )
    assert [row_with(exported, "Kontrollsum (SHA-256)")[1]] == first
    assert row_with(exported, "1250")[4] == "274150,00"


def test_before_our_time_and_after_now_are_said_and_never_shown_as_zero(
    signed_in: Any, two_moments: tuple[BookTable, str]
) -> None:
    _book, home = two_moments

    early = text_of(signed_in.get(home + "saldobalanse/?kjent=2026-10-01"))
    late = text_of(signed_in.get(home + "saldobalanse/?kjent=2027-01-01T08:00"))

    assert "Da visste vi ingenting om denne klienten" in early
    assert "0,00" not in early
    assert "Det tidspunktet har ikke vært ennå" in late
    assert signed_in.get(home + "saldobalanse/eksport.csv?kjent=2027-01-01").status_code == 404


def test_as_known_page_asks_a_fixed_number_of_times(
    signed_in: Any, two_moments: tuple[BookTable, str]
) -> None:
    book, home = two_moments
    path = home + "saldobalanse/?til=2026-10&kjent=2026-11-10T11:00"
    signed_in.get(path)
    with CaptureQueriesContext(connection) as few:
        signed_in.get(path)
    for number in range(30000, 30005):
        late_voucher(book, number)
    with CaptureQueriesContext(connection) as many:
        signed_in.get(path)
    assert len(few) == len(many)


@pytest.mark.parametrize("text", ["tull", "2026-13-40", "2026-11-10T99:99", "0001-01-01T00:00"])
def test_odd_moments_are_answered(
    signed_in: Any, two_moments: tuple[BookTable, str], text: str
) -> None:
    _book, home = two_moments
    assert signed_in.get(home + f"saldobalanse/?kjent={text}").status_code == 200


# ---- fetch anew


def test_fetch_anew_asks_first_and_a_press_queues_the_period_with_who_pressed(
    signed_in: Any, home: str, book: BookTable, user: Any
) -> None:
    asked = signed_in.get(home + "hent-pa-nytt/?til=2026-09")
    assert "Hva skal hentes på nytt?" in text_of(asked)
    assert State.objects.filter(connection=book.connection).count() == 0

    pressed = signed_in.post(
        home + "hent-pa-nytt/", {"til": "2026-09", "hva": "maned"}, follow=True
    )

    assert "Perioden 01.09.2026–30.09.2026 hentes på nytt" in text_of(pressed)
    state = State.objects.get(connection=book.connection)
    assert state.run_reason == "refetch"
    assert (str(state.refetch_first), str(state.refetch_last)) == ("2026-09-01", "2026-09-30")
    assert state.requested_by == user.pk


def test_fetch_anew_of_a_year_and_of_everything(signed_in: Any, home: str, book: BookTable) -> None:
    signed_in.post(home + "hent-pa-nytt/", {"til": "2026-09", "hva": "aar"})
    state = State.objects.get(connection=book.connection)
    assert (str(state.refetch_first), str(state.refetch_last)) == ("2026-01-01", "2026-12-31")
    signed_in.post(home + "hent-pa-nytt/", {"hva": "alt"})
    state.refresh_from_db()
    assert state.refetch_first.year == 1900


def test_inactive_client_is_not_fetched_anew(signed_in: Any, firm: Any) -> None:
    book = book_table(CHART, is_active=False).post(POSTINGS)

    page = signed_in.post(f"/klienter/{book.client.public_id}/hent-pa-nytt/", {"hva": "alt"})

    assert "ikke aktiv" in text_of(page)
    assert not State.objects.filter(connection=book.connection, run_reason="refetch").exists()


PAGES = (
    "endret-etter-lasing/",
    "endret-etter-lasing/eksport.csv",
    "hent-pa-nytt/",
    "saldobalanse/?kjent=2026-11-10T11:00",
)


@pytest.mark.parametrize("path", PAGES)
def test_another_firms_client_is_not_there(
    client: Any, user: Any, firm_account: Any, path: str
) -> None:
    other = create_firm("Nabobyrået AS")
    with firm_set(other.id), connection.cursor() as cursor:
        cursor.execute("select set_config('klientbro.firm', %s, true)", [str(other.id)])
        book = book_table(CHART).post(POSTINGS)
        cursor.execute("select set_config('klientbro.firm', '', true)")
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert client.get(f"/klienter/{book.client.public_id}/{path}").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_nobody_looks_without_signing_in(client: Any, home: str, path: str) -> None:
    assert client.get(home + path).status_code == 302
