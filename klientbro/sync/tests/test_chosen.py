"""What the firm has chosen for a client rules over the accounting system, and is proved too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from klientbro.clients.models import Connection
from klientbro.connectors.contract import CompanySettings
from klientbro.sync.chosen import books_begin_on, chosen_settings, read_settings_anew
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm

Connect = Callable[..., Connected]
SOURCE = CompanySettings(conversion_date=date(2023, 1, 1), year_end_month=12)


def choose(books: Connected, **fields: object) -> None:
    with in_firm(books.firm.id):
        Connection.objects.filter(pk=books.connection.pk).update(**fields)
        read_settings_anew(books.connection.pk)


def test_the_later_of_the_two_starts_rules() -> None:
    later = chosen_settings(SOURCE, date(2024, 7, 1), None)
    earlier = chosen_settings(SOURCE, date(2020, 1, 1), None)
    assert (later.conversion_date, later.year_end_month) == (date(2024, 7, 1), 12)
    assert earlier.conversion_date == date(2023, 1, 1)


def test_a_year_that_begins_in_may_ends_in_april() -> None:
    assert chosen_settings(SOURCE, None, 5).year_end_month == 4
    assert chosen_settings(SOURCE, None, 1).year_end_month == 12


def test_nothing_before_the_chosen_start_is_fetched_and_every_month_is_proved(
    connect: Connect,
) -> None:
    books = connect(2)
    choose(books, fetch_from=date(2025, 5, 1))
    books.sync("first")
    held = {row[2] for row in books.held().values()}
    source = {key: row for key, row in books.source().items() if row[2] >= date(2025, 5, 1)}
    assert min(held) >= date(2025, 5, 1)
    assert books.held() == source
    assert set(books.states()) == {"sealed"}
    assert books.value("select anchor_date from ledger_books") == date(2025, 4, 30)


def test_an_earlier_start_fetches_the_history_that_was_left_out(connect: Connect) -> None:
    books = connect("holding")
    choose(books, fetch_from=date(2026, 1, 1))
    books.sync("first")
    with in_firm(books.firm.id):
        assert books_begin_on(books.connection.pk) == date(2026, 1, 1)
    choose(books, fetch_from=None)
    books.sync()
    books.assert_equal_to_source()
    assert books.value("select stage from ledger_books") == "current"


def test_an_own_financial_year_rules_over_the_sources_and_the_proof_tells_where_they_part(
    connect: Connect,
) -> None:
    books = connect("broken_year")
    books.sync("first")
    before = books.value("select year_end_month from ledger_books")
    assert books.states() == {"sealed": sum(books.states().values())}
    choose(books, year_start_month=before % 12 + 1)  # the same as the source's: nothing parts
    books.sync()
    assert set(books.states()) == {"sealed"}
    choose(books, year_start_month=1 if before != 12 else 7)
    books.sync()  # differs once: it may be in motion
    books.sync()
    assert books.value("select year_end_month from ledger_books") != before
    assert "differs" in books.states()
    choose(books, year_start_month=None)
    books.sync()
    assert set(books.states()) == {"sealed"}
