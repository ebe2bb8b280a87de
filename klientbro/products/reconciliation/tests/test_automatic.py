"""What the ledger says by itself: VAT by code, and open items."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.subledger import DifferenceKind
from klientbro.ledger.queries.reconciling import items_at
from klientbro.ledger.queries.sql import fetch_all
from klientbro.ledger.queries.vat import differing_vouchers, term_postings
from klientbro.ledger.tests.book_table import BookTable, book_table, insert, run
from klientbro.lib.numbers import format_nok
from klientbro.products.reconciliation.sheet import Line
from klientbro.products.reconciliation.subledgers import subledger_sheet
from klientbro.products.reconciliation.tests.conftest import OCTOBER, control, open_items, sheet_now
from klientbro.products.reconciliation.vat_term import specification
from klientbro.products.reconciliation.views import account as views_of_account

pytestmark = pytest.mark.django_db
ZERO = Decimal("0.00")
FIRST, LAST = date(2026, 9, 1), date(2026, 10, 31)
VAT_CHART = """
Konto | Navn                  | Type      | Inngående
1920  | Bank                  | asset     | 500 000,00
2000  | Aksjekapital          | equity    | -500 000,00
2700  | Utgående mva          | liability |
2704  | Utgående mva utland   | liability |
2710  | Inngående mva         | liability |
2714  | Inngående mva utland  | liability |
2740  | Oppgjør mva           | liability |
3000  | Salg                  | income    |
6540  | Inventar              | expense   |
6790  | Fremmede tjenester    | expense   |
7830  | Tap på krav           | expense   |
"""
# the worked example of norwegian-accounting.md §10: 15 000 to pay
TERM = """
Bilag | Dato       | Konto | Beløp       | Tekst    | vat_code | vat_rate | vat_amount
1     | 05.09.2026 | 1920  | 125 000,00  | Salg     |          |          |
1     | 05.09.2026 | 3000  | -100 000,00 | Salg     | 3        | 0.25     | -25000
1     | 05.09.2026 | 2700  | -25 000,00  | Mva      | 0        |          |
2     | 06.10.2026 | 6540  | 40 000,00   | Stoler   | 1        | 0.25     | 10000
2     | 06.10.2026 | 2710  | 10 000,00   | Mva      | 0        |          |
2     | 06.10.2026 | 1920  | -50 000,00  | Stoler   |          |          |
3     | 07.10.2026 | 6790  | 20 000,00   | Utland   | 86       | 0.25     | 5000
3     | 07.10.2026 | 2704  | -5 000,00   | Mva      | 0        |          |
3     | 07.10.2026 | 2714  | 5 000,00    | Mva      | 0        |          |
3     | 07.10.2026 | 1920  | -20 000,00  | Utland   |          |          |
"""
LOSS = """
Bilag | Dato       | Konto | Beløp      | Tekst
4     | 20.10.2026 | 7830  | -500,00    | Tap
4     | 20.10.2026 | 2700  | 500,00     | Tap
"""
RETURN = """
Bilag | Dato       | Konto | Beløp       | Tekst       | voucher_type
9     | 31.10.2026 | 2700  | 25 000,00   | Mva-melding | vat_return
9     | 31.10.2026 | 2704  | 5 000,00    | Mva-melding | vat_return
9     | 31.10.2026 | 2710  | -10 000,00  | Mva-melding | vat_return
9     | 31.10.2026 | 2714  | -5 000,00   | Mva-melding | vat_return
9     | 31.10.2026 | 2740  | -15 000,00  | Mva-melding | vat_return
"""


@pytest.fixture
def vat_book(firm: Any) -> BookTable:
    made = book_table(VAT_CHART).post(TERM).prove("2026-10")
    insert(
        "ledger_vat_code",
        firm_id=made.connection.firm_id,
        connection_id=made.connection.pk,
        source_id="43",
        code="3",
        name="Utgående mva høy sats",
        is_active=True,
    )
    return made


def line_of(book: BookTable, number: str, month: Month = OCTOBER) -> Line:
    found = sheet_now(book, month).line(book.accounts[number])
    assert found is not None
    return found


def check_of(book: BookTable, month: Month = OCTOBER) -> Any:
    sheet = sheet_now(book, month)
    assert sheet.grounds is not None
    closings = {
        held.account.number: sheet.grounds.closings[id_]
        for id_, held in sheet.grounds.accounts.items()
    }
    return specification(sheet.books.connection_id, sheet.grounds.facts, month, closings)


def page_of(signed_in: Any, book: BookTable, number: str) -> str:
    address = f"/avstemming/{book.client.public_id}/2026-10/konto/{book.accounts[number]}/"
    return str(signed_in.get(address).content.decode())


def test_term_agrees_by_code_and_every_vat_account_is_explained(vat_book: BookTable) -> None:
    found = check_of(vat_book)

    assert found.check.payable == found.check.payable_by_codes == 15_000
    assert found.check.problems == ()
    assert [(one.code, one.base, one.expected) for one in found.check.codes] == [
        ("1", 40_000, 10_000),
        ("3", -100_000, -25_000),
        ("86", 20_000, 0),
    ]
    line = line_of(vat_book, "2700")
    assert (line.truth.code, line.difference, line.truth.is_automatic) == (
        "vat_specification",
        ZERO,
        True,
    )


def test_vat_posted_by_hand_is_named_by_its_voucher_and_parts_the_account(
    vat_book: BookTable,
) -> None:
    vat_book.post(LOSS)

    assert [
        (one.finding.value, one.amount, one.subject) for one in check_of(vat_book).check.problems
    ] == [("voucher_differs_from_codes", 500, "4")]
    assert line_of(vat_book, "2700").difference == 500
    assert line_of(vat_book, "2710").difference == 0


def test_the_fast_look_and_the_specification_name_the_same_vouchers(vat_book: BookTable) -> None:
    vat_book.post(LOSS)
    connection = vat_book.connection.pk
    slow = check_of(vat_book).check.problems
    fast = differing_vouchers(connection, FIRST, LAST)

    assert [(str(one.voucher_no), one.amount) for one in fast] == [
        (problem.subject, problem.amount) for problem in slow
    ]


def test_after_the_return_the_vat_accounts_should_be_empty(vat_book: BookTable) -> None:
    vat_book.post(RETURN)
    found = check_of(vat_book)

    assert (found.filed, found.return_vouchers, found.check.problems) == (15_000, (9,), ())
    line = line_of(vat_book, "2700")
    assert (line.truth.code, line.truth.amount, line.difference) == (
        "vat_after_transfer",
        ZERO,
        ZERO,
    )


def test_voucher_that_comes_after_the_return_is_a_difference_from_it(vat_book: BookTable) -> None:
    vat_book.post(RETURN)
    vat_book.post(TERM.replace("1     |", "11    |").split("2     |")[0])

    assert [one.finding.value for one in check_of(vat_book).check.problems] == [
        "return_differs",
        "not_transferred",
    ]
    assert line_of(vat_book, "2700").difference == -25_000


def test_in_the_middle_of_the_term_only_what_has_come_so_far_counts(vat_book: BookTable) -> None:
    september = Month(2026, 9)
    found = check_of(vat_book, september)

    assert (found.term.first, found.term.last, found.term.until) == (FIRST, LAST, date(2026, 9, 30))
    assert found.check.payable == 25_000
    assert line_of(vat_book, "2700", september).difference == ZERO


def test_reversed_return_counts_as_not_made(vat_book: BookTable) -> None:
    back = RETURN.replace("9     |", "10    |").replace("vat_return", "manual")
    signs = back.replace("| 25 000", "| -25 000").replace("| 5 000", "| -5 000")
    turned = signs.replace("| -10 000", "| 10 000").replace("| -5 000,00   |", "| 5 000,00   |", 0)
    vat_book.post(RETURN)
    vat_book.post(
        turned.replace("-15 000", "15 000").replace("2714  | -5 000,00", "2714  | 5 000,00"),
        reverses_voucher_no=9,
    )

    assert term_postings(vat_book.connection.pk, FIRST, LAST).filed is None


def test_account_page_shows_codes_each_opening_to_its_postings(
    signed_in: Any, vat_book: BookTable
) -> None:
    body = page_of(signed_in, vat_book, "2700")
    postings = signed_in.get(
        f"/avstemming/{vat_book.client.public_id}/2026-10/mva/?kode=3"
    ).content.decode()

    assert "Utgående mva høy sats" in body
    assert "/mva/?kode=3" in body
    assert "-25 000,00" in body.replace("\xa0", " ").replace("−", "-")
    assert "18.11.2026 kl. 14:02" in body.replace("\xa0", " ")  # as of when
    assert f"/klienter/{vat_book.client.public_id}/bilag/1/" in postings
    assert f"/klienter/{vat_book.client.public_id}/bilag/2/" not in postings


def test_code_of_another_firms_client_is_not_found(signed_in: Any, vat_book: BookTable) -> None:
    address = "/avstemming/00000000-0000-4000-8000-000000000000/2026-10/mva/?kode=3"
    assert signed_in.get(address).status_code == 404


# ---- open items

CHART = """
Konto | Navn            | Type      | Inngående
1500  | Kundefordringer | asset     |
1920  | Bank            | asset     | 10 000,00
2000  | Aksjekapital    | equity    | -10 000,00
3000  | Salg            | income    |
"""
INVOICES = """
Bilag | Dato       | Konto | Beløp     | Tekst        | customer_no
1     | 05.10.2026 | 1500  | 1 540,00  | Faktura 1001 | 10001
1     | 05.10.2026 | 3000  | -1 540,00 | Faktura 1001 |
2     | 12.10.2026 | 1500  | 5 000,00  | Faktura 1002 | 10002
2     | 12.10.2026 | 3000  | -5 000,00 | Faktura 1002 |
"""


@pytest.fixture
def sales(firm: Any) -> BookTable:
    made = book_table(CHART).post(INVOICES).prove("2026-10")
    control(made, "1500", "customer")
    return made


def snapshot(book: BookTable, items: list[tuple[str, int, str, str]]) -> None:
    """Items as (party, voucher, day of October, amount), open in full."""
    total = str(sum(Decimal(amount) for *_rest, amount in items))
    open_items(book, "customer", total)
    found = items_at(book.connection.pk, OCTOBER.last_day)["customer"]
    for at, (party, voucher, day, amount) in enumerate(items):
        insert(
            "ledger_item",
            firm_id=book.connection.firm_id,
            snapshot_id=found.id,
            source_id=f"i{at}",
            party_no=party,
            voucher_no=voucher,
            posting_date=date(2026, 10, int(day)),
            amount=amount,
            balance=amount,
        )


RIGHT = [("10001", 1, "5", "1540.00"), ("10002", 2, "12", "5000.00")]


def compared(book: BookTable) -> Any:
    found = items_at(book.connection.pk, OCTOBER.last_day)["customer"]
    return subledger_sheet(book.connection.pk, found)


def test_equal_ledgers_read_no_party_and_name_nothing(sales: BookTable) -> None:
    snapshot(sales, RIGHT)
    found = compared(sales)

    assert (found.differences, found.before) == ((), ZERO)


@pytest.mark.parametrize(
    ("items", "kind", "effect"),
    [
        (RIGHT[:1], DifferenceKind.MISSING_IN_SUBLEDGER, "5000.00"),
        ([*RIGHT, RIGHT[1]], DifferenceKind.DOUBLED_IN_SUBLEDGER, "-5000.00"),
        ([("10001", 1, "5", "1450.00"), RIGHT[1]], DifferenceKind.SWAPPED_DIGITS, "90.00"),
        ([("10001", 1, "5", "1543.00"), RIGHT[1]], DifferenceKind.WRONG_AMOUNT, "-3.00"),
        ([*RIGHT, ("10003", 7, "9", "70.00")], DifferenceKind.MISSING_IN_LEDGER, "-70.00"),
    ],
)
def test_differing_item_is_named_with_its_party_and_voucher(
    sales: BookTable, items: list[Any], kind: DifferenceKind, effect: str
) -> None:
    snapshot(sales, items)
    found = compared(sales)

    assert [(one.kind, one.effect) for one in found.differences] == [(kind, Decimal(effect))]
    line = line_of(sales, "1500")
    assert line.difference == found.explained


def test_doubled_item_in_place_of_another_is_found_though_the_sums_are_equal(
    firm: Any,
) -> None:
    even = INVOICES.replace("1 540,00", "5 000,00").replace("10002", "10001")
    book = book_table(CHART).post(even).prove("2026-10")
    control(book, "1500", "customer")
    snapshot(book, [("10001", 1, "5", "5000.00"), ("10001", 1, "5", "5000.00")])

    assert {one.kind for one in compared(book).differences} == {
        DifferenceKind.DOUBLED_IN_SUBLEDGER,
        DifferenceKind.MISSING_IN_SUBLEDGER,
    }


def test_page_of_many_differences_counts_them_all_and_leads_to_the_rest(
    sales: BookTable, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views_of_account, "MOST_SHOWN", 1)
    snapshot(sales, [])
    every = compared(sales)
    account = sales.accounts["1500"]
    address = f"/avstemming/{sales.client.public_id}/2026-10/konto/{account}/"
    shown = signed_in.get(address).content.decode()
    assert (shown.count('name="item"'), len(every.differences)) == (1, 2)
    assert "De 1 største av 2 vises." in shown
    assert format_nok(every.explained) in shown
    assert signed_in.get(address + "?poster=alle").content.decode().count('name="item"') == 2


def test_posting_that_came_after_the_items_were_read_says_so(sales: BookTable) -> None:
    snapshot(sales, RIGHT)
    sales.post(
        "Bilag | Dato | Konto | Beløp | Tekst | customer_no\n"
        "5 | 30.10.2026 | 1500 | 250,00 | Sen faktura | 10001\n"
        "5 | 30.10.2026 | 3000 | -250,00 | Sen faktura |"
    )

    assert [(one.voucher, one.came_later) for one in compared(sales).differences] == [("5", True)]


def test_payment_of_an_invoice_from_before_the_books_is_not_called_an_error(firm: Any) -> None:
    chart = CHART.replace("asset     |\n1920", "asset     | 900,00\n1920").replace(
        "-10 000,00", "-10 900,00"
    )
    book = book_table(chart).post(INVOICES)
    book.post(
        "Bilag | Dato | Konto | Beløp | Tekst | customer_no\n"
        "3 | 20.10.2026 | 1920 | 900,00 | Innbetaling |\n"
        "3 | 20.10.2026 | 1500 | -900,00 | Innbetaling | 10009"
    ).prove("2026-10")
    control(book, "1500", "customer")
    snapshot(book, RIGHT)
    found = compared(book)

    assert (found.differences, found.before) == ((), 900)
    assert line_of(book, "1500").difference == ZERO


def test_page_of_receivables_lists_the_items_that_differ(signed_in: Any, sales: BookTable) -> None:
    snapshot(sales, [("10001", 1, "5", "1450.00"), RIGHT[1]])
    body = page_of(signed_in, sales, "1500")

    assert "Sifre har byttet plass" in body
    assert f"/klienter/{sales.client.public_id}/bilag/1/" in body


def test_typed_lines_go_before_what_the_ledger_says(vat_book: BookTable) -> None:
    run(
        "insert into reconciliation_documentedline (firm_id, public_id, client_id, account_id, "
        "month, text, amount, is_carried, source, added_at) values (%(firm)s, gen_random_uuid(), "
        "%(client)s, %(account)s, '2026-10-01', 'Egen', -1, false, '', now())",
        {
            "firm": vat_book.connection.firm_id,
            "client": vat_book.client.pk,
            "account": vat_book.accounts["2700"],
        },
    )
    assert line_of(vat_book, "2700").truth.amount == -1


def test_opening_a_month_asks_for_its_open_items_once(signed_in: Any, sales: BookTable) -> None:
    days = "select day, worked_on_at from sync_itemday where connection_id = %(connection)s"
    first_body = page_of(signed_in, sales, "1500")
    first = fetch_all(days, {"connection": sales.connection.pk})
    page_of(signed_in, sales, "1500")

    assert "De er bestilt" in first_body
    assert [row[0] for row in first] == [OCTOBER.last_day]
    assert fetch_all(days, {"connection": sales.connection.pk}) == first
