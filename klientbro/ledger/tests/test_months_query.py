"""The strip of months, the seals and what differs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from klientbro.domain.periods import FinancialYear, Month
from klientbro.ledger.queries import last_seal, month_marks, month_strip, proof_details
from klientbro.ledger.tests.book_table import book_table

pytestmark = pytest.mark.django_db

CHART = """
Konto | Navn            | Type      | Inngående
1920  | Driftskonto     | asset     | 100,00
2400  | Leverandørgjeld | liability | -100,00
"""
TODAY = date(2026, 11, 18)
YEAR = FinancialYear.of_months(Month(2026, 1), Month(2026, 12))


def test_strip_has_a_mark_for_each_month_of_the_year(firm) -> None:
    book = book_table(CHART).prove("2026-08", changed_after_lock=True).prove("2026-09")
    book.prove("2026-10", "differs", {"a2400": ("-862 348,52", "-863 598,52")})

    strip = month_strip(book.state, YEAR, TODAY)

    assert [mark.state.value for mark in strip] == [
        *["unproved"] * 7,
        "sealed",
        "sealed",
        "differs",
        "open",
        "ahead",
    ]
    assert strip[7].changed_after_lock
    assert strip[8].seal is not None
    assert strip[9].difference_count == 1


def test_months_before_history_say_so_and_months_before_the_books_too(firm) -> None:
    book = book_table(CHART, conversion="01.06.2025", is_whole=False, stage="history")

    marks = month_marks(book.state, Month(2025, 5), Month(2026, 1), TODAY)

    assert [mark.state.value for mark in marks] == ["before", *["missing"] * 7, "unproved"]


def test_broken_year_has_its_own_twelve_marks(firm) -> None:
    year = FinancialYear.of_months(Month(2025, 7), Month(2026, 6))
    book = book_table(CHART).prove("2026-05")

    strip = month_strip(book.state, year, TODAY)

    assert (strip[0].month, strip[10].state.value) == (Month(2025, 7), "sealed")


def test_proof_names_each_account_that_differs_and_by_how_much(firm) -> None:
    book = book_table(CHART).prove(
        "2026-10", "differs", {"a2400": ("-110,00", "-100,00"), "a1920": ("110,00", "100,00")}
    )

    proof = proof_details(book.state, Month(2026, 10), TODAY)

    assert [(one.number, one.name, one.amount) for one in proof.differences] == [
        ("1920", "Driftskonto", Decimal("-10.00")),
        ("2400", "Leverandørgjeld", Decimal("10.00")),
    ]
    assert proof.sum_of_differences == Decimal("0.00")
    assert proof.seal is None


def test_last_seal_is_the_newest_of_the_last_month_sealed(firm) -> None:
    book = book_table(CHART).prove("2026-08").prove("2026-09").prove("2026-09")

    seal = last_seal(book.connection.pk, Month(2026, 10))

    assert seal is not None
    assert seal.month == Month(2026, 9)
    assert last_seal(book.connection.pk, Month(2026, 7)) is None
