"""Vouchers: one with all that belongs to it, the list, and what came after locking."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.domain.periods import Month, Period
from klientbro.ledger.queries import (
    effect_of_late_change,
    late_changes,
    voucher,
    vouchers,
)
from klientbro.ledger.rows import VoucherFilter
from klientbro.ledger.tests.book_table import AS_OF, BookTable, book_table, insert

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 18)
SEPTEMBER = Period(Month(2026, 9), Month(2026, 9))
CHART = """
Konto | Navn                     | Type      | Inngående
1250  | Inventar                 | asset     | 274 150,00
2000  | Aksjekapital             | equity    | -274 150,00
2400  | Leverandørgjeld          | liability |
2710  | Inngående mva, høy sats  | liability |
6620  | Reparasjon, vedlikehold  | expense   |
"""
REPAIR = """
Bilag | Dato       | Konto | Beløp      | Tekst                        | vat_code | supplier_no
20418 | 28.09.2026 | 6620  | 18 400,00  | Kjøledisk, komplett skifte   | 1        |
20418 | 28.09.2026 | 2710  | 4 600,00   |                              |          |
20418 | 28.09.2026 | 2400  | -23 000,00 | Faktura 7731                 |          | 20001
20500 | 30.09.2026 | 6620  | 100,00     | Rekvisita                    |          |
20500 | 30.09.2026 | 2400  | -100,00    | Rekvisita                    |          |
"""
REVERSAL = """
Bilag | Dato       | Konto | Beløp      | reverses_voucher_id | reverses_voucher_no
20977 | 28.09.2026 | 6620  | -18 400,00 | v20418              | 20418
20977 | 28.09.2026 | 2400  | 18 400,00  | v20418              | 20418
"""
CORRECTION = """
Bilag | Dato       | Konto | Beløp      | corrects_voucher_id | corrects_voucher_no
20978 | 28.09.2026 | 1250  | 18 400,00  | v20418              | 20418
20978 | 28.09.2026 | 2400  | -18 400,00 | v20418              | 20418
"""


@pytest.fixture
def book(firm) -> BookTable:
    return book_table(CHART).post(REPAIR, landed_at=AS_OF - timedelta(days=50))


def test_voucher_has_all_its_lines_in_balance(book) -> None:
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

    found = voucher(book.state, 20418, today=TODAY)

    assert [(line.account_number, line.debit, line.credit) for line in found.lines] == [
        ("6620", Decimal("18400.00"), None),
        ("2710", Decimal("4600.00"), None),
        ("2400", None, Decimal("23000.00")),
    ]
    assert found.balances
    assert found.lines[2].party == "Kystkulde Service AS"
    assert found.first_seen_at == AS_OF - timedelta(days=50)
    assert (found.previous, found.next.voucher_no) == (None, 20500)


def test_voucher_says_what_reversed_and_corrected_it_and_they_point_back(book) -> None:
    book.post(REVERSAL).post(CORRECTION)

    original = voucher(book.state, 20418, today=TODAY)
    reversal = voucher(book.state, 20977, today=TODAY)

    assert [one.voucher_no for one in original.reversed_by] == [20977]
    assert [one.voucher_no for one in original.corrected_by] == [20978]
    assert [(one.voucher_id, one.voucher_no) for one in reversal.reverses] == [("v20418", 20418)]


def test_voucher_out_of_balance_says_so(firm) -> None:
    book = book_table(CHART).post("""
        Bilag | Dato       | Konto | Beløp
        1     | 28.09.2026 | 6620  | 10,00
        1     | 28.09.2026 | 2400  | -9,00
    """)

    found = voucher(book.state, 1, today=TODAY)

    assert (found.balances, found.difference) == (False, Decimal("1.00"))


def test_same_number_in_two_years_is_two_vouchers(firm) -> None:
    book = (
        book_table(CHART)
        .post("Bilag | Dato | Konto | Beløp\n7 | 10.01.2025 | 6620 | 1,00", voucher_id="old")
        .post("Bilag | Dato | Konto | Beløp\n7 | 10.01.2026 | 6620 | 2,00", voucher_id="new")
    )

    newest = voucher(book.state, 7, today=TODAY)
    older = voucher(book.state, 7, "old", today=TODAY)

    assert (newest.voucher_id, [one.voucher_id for one in newest.same_number]) == ("new", ["old"])
    assert older.lines[0].amount == Decimal("1.00")
    assert voucher(book.state, 7, "other", today=TODAY) is None


def test_voucher_gone_from_the_source_is_still_shown_as_it_was(book) -> None:
    book.close(20418)

    found = voucher(book.state, 20418, today=TODAY)

    assert found.is_gone
    assert len(found.lines) == 3
    assert found.last_seen_change_at == AS_OF


def test_late_voucher_tells_what_it_did_to_the_balances_of_its_month(book) -> None:
    book.prove("2026-09").post(CORRECTION).post(REVERSAL)
    book.late(20978, "2026-09", landing=2, effect="0,00")

    found = voucher(book.state, 20978, today=TODAY)
    effect = effect_of_late_change(book.state, found.late_changes[0])

    assert [(one.number, str(one.before), str(one.after)) for one in effect] == [
        ("1250", "274150.00", "292550.00"),
        ("2400", "-23100.00", "-41500.00"),
    ]
    assert found.months[0].state.value == "sealed"
    assert [change.voucher_no for change in late_changes(book.connection.pk).rows] == [20978]
    assert late_changes(book.connection.pk, Month(2026, 8)).rows == ()


def test_list_shows_the_newest_first_and_marks_reversals_and_late_ones(book) -> None:
    book.post(REVERSAL).late(20977, "2026-09", landing=2)

    page = vouchers(book.state, SEPTEMBER)

    assert [
        (row.voucher_no, str(row.amount), row.lines, row.is_reversal, row.is_late)
        for row in page.rows
    ] == [
        (20500, "100.00", 2, False, False),
        (20977, "18400.00", 2, True, True),
        (20418, "23000.00", 3, False, False),
    ]
    assert page.total_rows == 3


@pytest.mark.parametrize(
    ("narrowed", "numbers"),
    [
        (VoucherFilter(text="kjøledisk"), [20418]),
        (VoucherFilter(number=20500), [20500]),
        (VoucherFilter(type="payroll"), []),
    ],
)
def test_list_is_narrowed_by_text_number_and_type(book, narrowed, numbers) -> None:
    assert [row.voucher_no for row in vouchers(book.state, SEPTEMBER, narrowed).rows] == numbers


def test_list_pages(book) -> None:
    pages = [vouchers(book.state, SEPTEMBER, page=n, page_size=1) for n in (1, 2)]

    assert [page.rows[0].voucher_no for page in pages] == [20500, 20418]
    assert pages[0].pages == 2


def test_voucher_asks_a_fixed_number_of_times(book) -> None:
    with CaptureQueriesContext(connection) as asked:
        voucher(book.state, 20418, today=TODAY)

    assert len(asked) <= 11
