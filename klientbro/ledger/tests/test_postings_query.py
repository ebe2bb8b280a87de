"""An account's postings: pages, running balance, filters."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.domain.periods import Month, Period
from klientbro.ledger.queries import account_postings, every_posting, find
from klientbro.ledger.rows import PostingFilter
from klientbro.ledger.tests.book_table import book_table, insert

pytestmark = pytest.mark.django_db

YEAR = Period(Month(2026, 1), Month(2026, 12))
CHART = """
Konto | Navn             | Type    | Inngående
1920  | Driftskonto bank | asset   | 1 000,00
19200 | Skattetrekk      | asset   |
3000  | Salg             | income  |
6300  | Leie lokale      | expense |
"""
BANK = """
Bilag | Dato       | Konto | Beløp    | Tekst
1     | 05.01.2026 | 1920  | 100,00   | Innbetaling A
3     | 05.02.2026 | 1920  | -30,00   | Husleie
2     | 05.02.2026 | 1920  | 200,00   | Innbetaling B
4     | 20.02.2026 | 1920  | 5,00     | Renter
5     | 01.03.2026 | 1920  | -75,00   | Husleie mars
"""


def test_running_balance_goes_on_from_page_to_page(firm) -> None:
    book = book_table(CHART).post(BANK)

    pages = [account_postings(book.state, "a1920", YEAR, page=n, page_size=2) for n in (1, 2, 3)]

    assert [[(r.voucher_no, str(r.balance)) for r in page.rows] for page in pages] == [
        [(1, "1100.00"), (2, "1300.00")],
        [(3, "1270.00"), (4, "1275.00")],
        [(5, "1200.00")],
    ]
    assert [str(page.brought_forward) for page in pages] == ["1000.00", "1300.00", "1275.00"]
    assert (pages[0].pages, pages[0].total_rows) == (3, 5)
    assert (pages[0].opening, pages[0].closing) == (Decimal("1000.00"), Decimal("1200.00"))


def test_period_within_the_year_opens_with_what_came_before(firm) -> None:
    book = book_table(CHART).post(BANK)

    page = account_postings(book.state, "a1920", Period(Month(2026, 2), Month(2026, 2)))

    assert (str(page.opening), str(page.closing)) == ("1100.00", "1275.00")
    assert str(page.total_amount) == "175.00"


def test_page_beyond_the_last_is_the_last(firm) -> None:
    book = book_table(CHART).post(BANK)

    assert account_postings(book.state, "a1920", YEAR, page=99, page_size=2).page == 3


@pytest.mark.parametrize(
    ("narrowed", "numbers"),
    [
        (PostingFilter(text="husleie"), [3, 5]),
        (PostingFilter(text="5", number=Decimal(5)), [4, 5]),
        (PostingFilter(text="%"), []),
        (PostingFilter(smallest=Decimal(75), largest=Decimal(100)), [1, 5]),
        (PostingFilter(voucher_no=4), [4]),
        (PostingFilter(project="P1"), [2]),
        (PostingFilter(department="10"), [2]),
        (PostingFilter(text="kystkulde"), [2]),
    ],
)
def test_filtered_postings_have_a_sum_and_no_running_balance(firm, narrowed, numbers) -> None:
    book = book_table(CHART).post(BANK.replace("2     | 05.02.2026", "9     | 05.02.2026"))
    book.close(9).post("""
        Bilag | Dato       | Konto | Beløp  | Tekst | project_code | department_code | supplier_no
        2     | 05.02.2026 | 1920  | 200,00 | B     | P1           | 10              | 20001
    """)
    insert(
        "ledger_party",
        firm_id=firm.id,
        connection_id=book.connection.pk,
        kind="supplier",
        source_id="s1",
        number="20001",
        name="Kystkulde Service AS",
        is_active=True,
    )

    page = account_postings(book.state, "a1920", YEAR, narrowed)

    assert [row.voucher_no for row in page.rows] == numbers
    assert page.total_amount == sum((row.amount for row in page.rows), Decimal(0))
    assert page.is_filtered
    assert all(row.balance is None for row in page.rows)


def test_result_account_is_listed_from_the_start_of_its_financial_year(firm) -> None:
    book = book_table(
        CHART,
        anchor="31.12.2024",
        conversion="01.01.2025",
        years=(("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026")),
    ).post("""
        Bilag | Dato       | Konto | Beløp
        1     | 10.12.2025 | 3000  | -900,00
        2     | 10.01.2026 | 3000  | -100,00
    """)

    page = account_postings(book.state, "a3000", Period(Month(2025, 1), Month(2026, 1)))

    assert [(row.voucher_no, str(row.balance)) for row in page.rows] == [(2, "-100.00")]
    assert page.period.first == Month(2026, 1)


def test_running_balance_is_missing_where_history_is(firm) -> None:
    book = book_table(
        CHART,
        conversion="01.01.2024",
        is_whole=False,
        stage="history",
        years=(("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026")),
    ).post(BANK)

    page = account_postings(book.state, "a1920", Period(Month(2025, 6), Month(2026, 2)))

    assert not page.is_whole
    assert page.opening is None
    assert [row.balance for row in page.rows] == [None] * 4


def test_export_gives_every_posting_with_the_same_balances(firm) -> None:
    book = book_table(CHART).post(BANK)

    rows = list(every_posting(book.state, "a1920", YEAR))

    assert [str(row.balance) for row in rows] == [
        "1100.00",
        "1300.00",
        "1270.00",
        "1275.00",
        "1200.00",
    ]


def test_number_of_statements_does_not_grow_with_postings(firm) -> None:
    small, large = book_table(CHART).post(BANK), book_table(CHART, orgnr="312480786").post(BANK * 1)
    large.post(BANK)

    counts = []
    for book in (small, large):
        with CaptureQueriesContext(connection) as asked:
            account_postings(book.state, "a1920", YEAR)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 9


def test_unknown_account_is_none(firm) -> None:
    assert account_postings(book_table(CHART).state, "a9999", YEAR) is None


def test_finder_finds_accounts_by_number_and_name_and_vouchers_by_number(firm) -> None:
    book = book_table(CHART).post(BANK)

    by_number = find(book.connection.pk, "1920")
    assert [account.number for account in by_number.accounts] == ["1920", "19200"]
    assert [account.number for account in find(book.connection.pk, "leie").accounts] == ["6300"]
    assert [one.voucher_no for one in find(book.connection.pk, "3").vouchers] == [3]
    assert find(book.connection.pk, "  ").accounts == ()
