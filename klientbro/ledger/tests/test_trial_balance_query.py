"""The trial balance from kept balances, with books an accountant can check."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.domain.periods import Month, Period
from klientbro.domain.trial_balance import TrialBalance
from klientbro.ledger.queries import books_of, trial_balance
from klientbro.ledger.tests.book_table import BookTable, book_table
from klientbro.tenants.context import firm_set
from klientbro.tenants.services import create_firm

pytestmark = pytest.mark.django_db

CHART = """
Konto | Navn             | Type      | Inngående
1500  | Kundefordringer  | asset     | 20 000,00
1920  | Driftskonto bank | asset     | 130 000,00
2000  | Aksjekapital     | equity    | -100 000,00
2400  | Leverandørgjeld  | liability | -30 000,00
3000  | Salg             | income    |
6300  | Leie lokale      | expense   |
8050  | Renteinntekt     | income    |
"""
SALES = """
Bilag | Dato       | Konto | Beløp      | Tekst
1     | 15.01.2026 | 1500  | 10 000,00  | Faktura 1
1     | 15.01.2026 | 3000  | -10 000,00 | Faktura 1
2     | 03.02.2026 | 6300  | 4 000,00   | Leie februar
2     | 03.02.2026 | 1920  | -4 000,00  | Leie februar
3     | 28.02.2026 | 1920  | 10 000,00  | Innbetaling
3     | 28.02.2026 | 1500  | -10 000,00 | Innbetaling
"""


def period(first: str, last: str | None = None) -> Period:
    return Period(Month.parse(first), Month.parse(last or first))


def sheet(book: BookTable, first: str, last: str | None = None, **more: object) -> TrialBalance:
    found = trial_balance(book.connection.pk, period(first, last), **more)  # type: ignore[arg-type]
    assert found is not None
    return found


def columns(balance: TrialBalance) -> dict[str, tuple[str | None, ...]]:
    """Opening, movement, closing and last year by account number; «udisponert» for the line."""
    return {
        row.account.number if row.account else "udisponert": tuple(
            None if amount is None else str(amount)
            for amount in (
                row.figures.opening,
                row.figures.movement,
                row.figures.closing,
                row.figures.last_year,
            )
        )
        for row in balance.rows
    }


def test_opening_movement_and_closing_of_each_account_stand_beside_each_other(firm) -> None:
    balance = columns(sheet(book_table(CHART).post(SALES), "2026-01", "2026-02"))

    assert balance["1920"] == ("130000.00", "6000.00", "136000.00", None)
    assert balance["1500"] == ("20000.00", "0.00", "20000.00", None)
    assert balance["3000"] == ("0.00", "-10000.00", "-10000.00", None)
    assert balance["6300"] == ("0.00", "4000.00", "4000.00", None)
    assert "8050" not in balance


def test_everything_sums_to_zero_with_the_undisposed_result_of_earlier_years(firm) -> None:
    found = sheet(book_table(CHART).post(SALES), "2026-02")

    assert columns(found)["udisponert"] == ("-20000.00", "0.00", "-20000.00", None)
    assert found.total.opening == found.total.closing == Decimal("0.00")
    assert found.sections[1].rows[-1].kind == "undisposed"


def test_voucher_posted_in_june_but_dated_31_december_belongs_to_december(firm) -> None:
    book = book_table(
        CHART,
        anchor="31.12.2024",
        conversion="01.01.2025",
        years=(("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026")),
    ).post("""
        Bilag | Dato       | Konto | Beløp
        1     | 10.06.2025 | 1920  | 7 000,00
        1     | 10.06.2025 | 3000  | -7 000,00
    """)
    before = columns(sheet(book, "2026-01"))["udisponert"]
    book.post("""
        Bilag | Dato       | Konto | Beløp
        2     | 31.12.2025 | 6300  | 500,00
        2     | 31.12.2025 | 2400  | -500,00
    """)

    assert before[2] == "-27000.00"
    assert columns(sheet(book, "2025-12"))["6300"] == ("0.00", "500.00", "500.00", "0.00")
    assert columns(sheet(book, "2026-06"))["udisponert"] == (
        "-26500.00",
        "0.00",
        "-26500.00",
        "-20000.00",
    )
    assert "6300" not in columns(sheet(book, "2026-06"))


def test_broken_financial_year_starts_its_result_accounts_in_july(firm) -> None:
    book = book_table(
        CHART,
        anchor="30.06.2025",
        conversion="01.07.2025",
        years=(("01.07.2025", "30.06.2026"), ("01.07.2026", "30.06.2027")),
    ).post("""
        Bilag | Dato       | Konto | Beløp
        1     | 01.07.2025 | 1920  | 100,00
        1     | 01.07.2025 | 3000  | -100,00
        2     | 30.06.2026 | 1920  | 30,00
        2     | 30.06.2026 | 3000  | -30,00
        3     | 01.07.2026 | 1920  | 7,00
        3     | 01.07.2026 | 3000  | -7,00
    """)

    assert columns(sheet(book, "2026-06"))["3000"] == ("-100.00", "-30.00", "-130.00", "0.00")
    assert columns(sheet(book, "2026-07"))["3000"] == ("0.00", "-7.00", "-7.00", "-100.00")
    assert columns(sheet(book, "2026-07"))["udisponert"][0] == "-20130.00"


@pytest.mark.parametrize("source_returns_the_opening_voucher", [True, False])
def test_books_converted_in_mid_year_keep_what_the_result_accounts_brought_with_them(
    firm, source_returns_the_opening_voucher: bool
) -> None:
    chart = """
    Konto | Navn  | Type   | Inngående
    1920  | Bank  | asset  | {bank}
    2000  | Kapital | equity | {capital}
    3000  | Salg  | income | {sales}
    """
    if source_returns_the_opening_voucher:
        book = book_table(
            chart.format(bank="", capital="", sales=""),
            anchor="30.06.2026",
            conversion="01.07.2026",
        ).post("""
            Bilag | Dato       | Konto | Beløp
            1     | 30.06.2026 | 1920  | 160,00
            1     | 30.06.2026 | 2000  | -100,00
            1     | 30.06.2026 | 3000  | -60,00
        """)
    else:
        book = book_table(
            chart.format(bank="160,00", capital="-100,00", sales="-60,00"),
            anchor="30.06.2026",
            conversion="01.07.2026",
        )
    book.post("""
        Bilag | Dato       | Konto | Beløp
        2     | 05.07.2026 | 1920  | 40,00
        2     | 05.07.2026 | 3000  | -40,00
    """)

    assert columns(sheet(book, "2026-07"))["3000"] == ("-60.00", "-40.00", "-100.00", None)
    assert columns(sheet(book, "2026-07"))["1920"] == ("160.00", "40.00", "200.00", None)
    assert sheet(book, "2026-07").total.closing == Decimal("0.00")


def test_months_that_are_not_fetched_are_missing_and_never_zero(firm) -> None:
    book = book_table(
        CHART,
        conversion="01.01.2023",
        is_whole=False,
        stage="history",
        years=(("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026")),
    ).post(SALES)

    before = sheet(book, "2025-11")
    assert (before.total.opening, before.total.closing, before.rows) == (None, None, ())
    assert columns(sheet(book, "2026-01"))["1920"] == ("130000.00", "0.00", "130000.00", None)
    assert columns(sheet(book, "2026-12"))["1920"][3] == "130000.00"
    assert not book.state.is_covered(Month.parse("2025-12"))
    assert book.state.is_fetching_history


def test_last_year_stands_beside_when_it_is_held(firm) -> None:
    book = book_table(
        CHART,
        anchor="31.12.2024",
        conversion="01.01.2025",
        years=(("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026")),
    ).post("""
        Bilag | Dato       | Konto | Beløp
        1     | 10.02.2025 | 1920  | 900,00
        1     | 10.02.2025 | 3000  | -900,00
        2     | 10.02.2026 | 1920  | 1 100,00
        2     | 10.02.2026 | 3000  | -1 100,00
    """)

    found = sheet(book, "2026-01", "2026-02")

    assert columns(found)["3000"] == ("0.00", "-1100.00", "-1100.00", "-900.00")
    assert found.total.last_year == Decimal("0.00")


def test_as_known_at_a_landing_gives_the_figures_of_that_time(firm) -> None:
    book = book_table(CHART).post(SALES)
    then = columns(sheet(book, "2026-02"))
    book.post("""
        Bilag | Dato       | Konto | Beløp
        4     | 10.02.2026 | 6300  | 250,00
        4     | 10.02.2026 | 2400  | -250,00
    """)
    book.close(1)

    assert columns(sheet(book, "2026-02", as_known_at=1)) == then
    assert columns(sheet(book, "2026-02", as_known_at=2))["6300"][2] == "4250.00"
    assert columns(sheet(book, "2026-02", as_known_at=3)) == columns(sheet(book, "2026-02"))
    assert "3000" not in columns(sheet(book, "2026-02"))


def test_sources_that_let_results_accumulate_carry_them_over_the_year_end(firm) -> None:
    book = book_table(
        CHART,
        anchor="31.12.2024",
        conversion="01.01.2025",
        years=(("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026")),
        columns={"results_restart": False},
    ).post("""
        Bilag | Dato       | Konto | Beløp
        1     | 10.02.2025 | 1920  | 900,00
        1     | 10.02.2025 | 3000  | -900,00
        2     | 10.02.2026 | 1920  | 100,00
        2     | 10.02.2026 | 3000  | -100,00
    """)

    assert columns(sheet(book, "2026-02"))["3000"] == ("-900.00", "-100.00", "-1000.00", "-900.00")


def test_account_of_five_digits_and_two_agriculture_departments_are_accounts_like_others(
    firm,
) -> None:
    book = book_table("""
        Konto | Navn        | Type    | Avdeling | Inngående
        1920  | Bank        | asset   |          | 10,00
        43100 | Såvarer     | expense | Farming  |
        43100 | Planter     | expense | Forestry |
        5000  | Lønn        | expense |          |
    """).post("""
        Bilag | Dato       | Konto         | Beløp
        1     | 10.02.2026 | 43100Farming  | 3,00
        1     | 10.02.2026 | 43100Forestry | 4,00
        1     | 10.02.2026 | 5000          | 2,00
        1     | 10.02.2026 | 1920          | -9,00
    """)

    rows = sheet(book, "2026-02").sections[-1].rows

    assert [(row.account.number, str(row.figures.closing)) for row in rows if row.account] == [
        ("43100", "3.00"),
        ("43100", "4.00"),
        ("5000", "2.00"),
    ]


def test_voucher_dated_in_a_year_to_come_opens_that_year(firm) -> None:
    book = book_table(CHART).post("""
        Bilag | Dato       | Konto | Beløp
        1     | 05.01.2027 | 1920  | 10,00
        1     | 05.01.2027 | 3000  | -10,00
    """)

    assert columns(sheet(book, "2027-01"))["3000"] == ("0.00", "-10.00", "-10.00", "0.00")
    assert book.state.years[-1].label == "2027"


def test_nothing_is_shown_before_this_year_has_landed(firm) -> None:
    book = book_table(CHART, stage="new")

    assert trial_balance(book.connection.pk, period("2026-01")) is None


def test_another_firm_sees_no_books(firm) -> None:
    book = book_table(CHART).post(SALES)

    other = create_firm("Nabobyrået AS")
    with firm_set(other.id), connection.cursor() as cursor:
        cursor.execute("select set_config('klientbro.firm', %s, true)", [str(other.id)])
        seen = (books_of(book.client.pk), trial_balance(book.connection.pk, period("2026-01")))
        cursor.execute("select set_config('klientbro.firm', %s, true)", [str(firm.id)])

    assert seen == (None, None)


def test_trial_balance_asks_as_often_whatever_the_books_hold(firm) -> None:
    book = book_table(CHART).post(SALES).post(SALES.replace("2026", "2025"))

    with CaptureQueriesContext(
        connection,
    ) as asked:
        sheet(book, "2026-02")
    with CaptureQueriesContext(connection) as asked_as_known:
        sheet(book, "2026-02", as_known_at=1)

    assert (len(asked), len(asked_as_known)) == (6, 7)
