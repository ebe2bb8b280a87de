"""What the ledger says by itself of payroll, holiday pay and the withholding account."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from klientbro.clients.models import ClientFacts
from klientbro.ledger.tests.book_table import BookTable, book_table
from klientbro.products.reconciliation.tests.test_automatic import line_of, page_of

pytestmark = pytest.mark.django_db
ZERO = Decimal("0.00")

PAY_CHART = """
Konto | Navn                  | Type      | Inngående
1920  | Bank                  | asset     | 100 000,00
1950  | Skattetrekk           | asset     |
2000  | Aksjekapital          | equity    | -100 000,00
2600  | Forskuddstrekk        | liability |
2770  | Skyldig aga           | liability |
2780  | Påløpt aga            | liability |
2781  | Påløpt aga feriepenger| liability |
2930  | Påløpt lønn           | liability |
2940  | Feriepenger           | liability |
5000  | Lønn                  | expense   |
"""
# holiday pay 120 000 and zone I: 16 920 (norwegian-accounting.md §9)
PAY = """
Bilag | Dato       | Konto | Beløp       | Tekst
1     | 12.10.2026 | 5000  | 120 000,00  | Feriepenger
1     | 12.10.2026 | 2940  | -120 000,00 | Feriepenger
2     | 12.10.2026 | 5000  | 16 920,00   | Aga
2     | 12.10.2026 | 2781  | -16 920,00  | Aga
3     | 12.10.2026 | 5000  | 30 000,00   | Trekk
3     | 12.10.2026 | 2600  | -30 000,00  | Trekk
4     | 12.10.2026 | 5000  | 14 100,00   | Aga
4     | 12.10.2026 | 2770  | -14 100,00  | Aga
5     | 12.10.2026 | 5000  | 10 000,00   | Påløpt
5     | 12.10.2026 | 2930  | -10 000,00  | Påløpt
"""


@pytest.fixture
def wages(firm: Any) -> BookTable:
    made = book_table(PAY_CHART).post(PAY).prove("2026-10")
    ClientFacts.objects.create(
        firm_id=made.connection.firm_id, client=made.client, has_payroll=True, aga_zone="I"
    )
    return made


def test_accrued_employers_tax_follows_from_holiday_pay_and_accrued_pay(wages: BookTable) -> None:
    holiday, pay = line_of(wages, "2781"), line_of(wages, "2780")

    assert (holiday.truth.amount, holiday.difference) == (Decimal("-16920.00"), ZERO)
    assert (pay.truth.amount, pay.difference) == (Decimal("-1410.00"), Decimal("1410.00"))


def test_withheld_tax_that_should_have_been_paid_is_the_difference(wages: BookTable) -> None:
    line = line_of(wages, "2600")

    assert (line.truth.code, line.truth.amount, line.difference) == (
        "withheld_not_yet_due",
        ZERO,
        -30_000,
    )


def test_employers_tax_of_a_term_that_is_not_due_agrees(wages: BookTable) -> None:
    line = line_of(wages, "2770")

    assert (line.truth.amount, line.difference) == (Decimal("-14100.00"), ZERO)


def test_two_accounts_of_the_same_digits_share_what_is_expected(wages: BookTable) -> None:
    wages.add_account({"Konto": "27811", "Navn": "Aga ferie avd 2", "Type": "liability"})
    wages.post(
        "Bilag | Dato | Konto | Beløp | Tekst\n"
        "7 | 13.10.2026 | 2781 | 6 920,00 | Flytting\n"
        "7 | 13.10.2026 | 27811 | -6 920,00 | Flytting"
    )

    assert line_of(wages, "2781").difference == ZERO
    assert line_of(wages, "27811").difference == ZERO


HOLIDAY_CHART = """
Konto | Navn                  | Type      | Inngående
1920  | Bank                  | asset     | 220 000,00
2000  | Aksjekapital          | equity    | -100 000,00
2940  | Skyldige feriepenger  | liability | -120 000,00
2945  | Utbetalte feriepenger | liability |
5000  | Lønn                  | expense   |
5180  | Feriepenger           | expense   |
"""
HOLIDAY = """
Bilag | Dato       | Konto | Beløp       | Tekst
1     | 20.02.2026 | 5000  | 100 000,00  | Lønn
1     | 20.02.2026 | 1920  | -100 000,00 | Lønn
1     | 20.02.2026 | 5180  | 12 000,00   | Opptjent
1     | 20.02.2026 | 2940  | -12 000,00  | Opptjent
2     | 20.06.2026 | 2945  | 120 000,00  | Utbetalt
2     | 20.06.2026 | 1920  | -120 000,00 | Utbetalt
"""


@pytest.fixture
def holiday(firm: Any) -> BookTable:
    made = book_table(HOLIDAY_CHART).post(HOLIDAY).prove("2026-10")
    ClientFacts.objects.create(firm_id=made.connection.firm_id, client=made.client)
    return made


def test_holiday_pay_follows_from_wages_and_what_is_paid_on_both_accounts(
    holiday: BookTable,
) -> None:
    due, paid = line_of(holiday, "2940"), line_of(holiday, "2945")

    assert (due.closing, due.truth.amount, due.difference) == (-132_000, -132_000, ZERO)
    assert (paid.closing, paid.difference) == (120_000, ZERO)
    assert due.truth.is_automatic


def test_wages_without_holiday_pay_put_aside_are_a_difference_on_2940_alone(
    holiday: BookTable,
) -> None:
    holiday.post(
        "Bilag | Dato | Konto | Beløp | Tekst\n"
        "3 | 20.09.2026 | 5000 | 50 000,00 | Lønn\n"
        "3 | 20.09.2026 | 1920 | -50 000,00 | Lønn"
    )

    assert line_of(holiday, "2940").difference == 6_000
    assert line_of(holiday, "2945").difference is None


def test_holiday_pay_that_is_put_aside_once_a_year_is_judged_in_december(firm: Any) -> None:
    monthly = [row for row in HOLIDAY.splitlines() if "Opptjent" not in row]
    made = book_table(HOLIDAY_CHART).post("\n".join(monthly)).prove("2026-10")
    ClientFacts.objects.create(firm_id=made.connection.firm_id, client=made.client)

    assert line_of(made, "2940").truth.amount is None


def test_page_of_holiday_pay_shows_what_it_is_the_sum_of(
    signed_in: Any, holiday: BookTable
) -> None:
    body = page_of(signed_in, holiday, "2940").replace("\xa0", " ")

    assert "Opptjent i fjor" in body
    assert "Utbetalt i år" in body
    assert f"/konto/{holiday.accounts['5000']}/" in body


def test_withholding_account_should_be_wound_up(wages: BookTable) -> None:
    wages.post(
        "Bilag | Dato | Konto | Beløp | Tekst\n"
        "8 | 13.10.2026 | 1950 | 400,00 | Rest\n"
        "8 | 13.10.2026 | 1920 | -400,00 | Rest"
    )
    line = line_of(wages, "1950")

    assert (line.truth.code, line.difference) == ("withholding_account", 400)


def test_page_of_accrued_tax_shows_rate_base_and_where_it_comes_from(
    signed_in: Any, wages: BookTable
) -> None:
    body = page_of(signed_in, wages, "2781").replace("\xa0", " ")

    assert "14,1 %" in body
    assert "-120 000,00" in body.replace("−", "-")
    assert f"/konto/{wages.accounts['2940']}/" in body
