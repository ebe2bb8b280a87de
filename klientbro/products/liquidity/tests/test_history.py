"""Kept forecasts beside what happened: hits and misses, each with the accounts it counted."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from klientbro.ledger.queries.cash import bank_accounts
from klientbro.ledger.tests.book_table import BookTable, run
from klientbro.products.liquidity.models import KeptForecast, Settings
from klientbro.products.liquidity.tests.bakery import TODAY
from klientbro.products.liquidity.tests.test_pages import words

pytestmark = pytest.mark.django_db


def stands_at(book: BookTable, *numbers: str) -> Decimal:
    """What the accounts hold today."""
    accounts = bank_accounts(book.connection.pk, TODAY)
    return sum((one.balance for one in accounts if one.number in numbers), Decimal(0))


def keep(book: BookTable, said: Decimal, *numbers: str, days: int = 7) -> None:
    """A forecast made a week ago of today, money out until then 100 000."""
    KeptForecast.objects.create(
        firm=book.client.firm,
        client=book.client,
        connection_id=book.connection.pk,
        landing=1,
        day=TODAY - timedelta(days=days),
        opening=0,
        lowest=0,
        lowest_day=TODAY,
        points=[[days, str(said), "100000.00"]],
        bank=[[number, f"Konto {number}"] for number in numbers],
    )


@pytest.mark.parametrize(
    ("off", "word"), [(0, "Treff"), (10_000, "Treff"), (-10_000, "Treff"), (10_001, "Bom")]
)
def test_a_hit_is_off_by_a_tenth_of_what_goes_out(
    signed_in: Any, book: BookTable, home: str, off: int, word: str
) -> None:
    keep(book, stands_at(book, "1920", "1930") - off, "1920", "1930")

    shown = words(signed_in.get(f"{home}treff/"))
    rate = "100 %" if word == "Treff" else "0 %"

    assert f"7 dager 1 {1 if word == 'Treff' else 0} {rate}" in shown
    assert f" {word}" in shown.partition("Prognose laget")[2]


def test_a_forecast_is_held_beside_the_accounts_it_counted(
    signed_in: Any, book: BookTable, home: str
) -> None:
    keep(book, stands_at(book, "1920"), "1920")

    shown = words(signed_in.get(f"{home}treff/"))

    assert "7 dager 1 1 100 %" in shown
    assert "Bank er 1920 Driftskonto bank, 1930 Sparekonto." in shown
    assert "Tidligere prognoser regnet med 1920 Konto 1920" in shown


def test_choosing_another_bank_turns_no_hit_into_a_miss(
    signed_in: Any, book: BookTable, home: str
) -> None:
    keep(book, stands_at(book, "1920", "1930"), "1920", "1930")
    Settings.objects.create(
        firm=book.client.firm, client=book.client, bank_accounts=[book.accounts["1920"]]
    )

    assert "7 dager 1 1 100 %" in words(signed_in.get(f"{home}treff/"))


def test_an_account_that_is_gone_leaves_its_forecasts_out_and_says_so(
    signed_in: Any, book: BookTable, home: str
) -> None:
    keep(book, Decimal(1), "1920", "1930")
    run(
        "update ledger_account set closed_at = now() where source_id = %(id)s "
        "and connection_id = %(connection)s",
        {"id": book.accounts["1930"], "connection": book.connection.pk},
    )

    shown = words(signed_in.get(f"{home}treff/"))

    assert "7 dager 0 0 ikke ennå" in shown
    assert "Prognoser som regnet med 1930 er utelatt" in shown


def test_forecasts_from_before_the_accounts_were_kept_follow_those_of_today(
    signed_in: Any, book: BookTable, home: str
) -> None:
    keep(book, stands_at(book, "1920", "1930"))

    shown = words(signed_in.get(f"{home}treff/"))

    assert "7 dager 1 1 100 %" in shown
    assert "Tidligere prognoser" not in shown
