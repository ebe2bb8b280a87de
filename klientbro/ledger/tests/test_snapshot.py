"""What a reader is given is of one landing, however many are published while it reads."""

from __future__ import annotations

import pytest

from klientbro.ledger.queries import Published, find_in_one_landing, in_one_landing
from klientbro.ledger.queries.snapshot import ATTEMPTS
from klientbro.ledger.tests.book_table import BookTable, book_table

CHART = """
Konto | Navn             | Type  | Inngående
1920  | Driftskonto bank | asset | 130 000,00
"""


@pytest.fixture
def book(firm) -> BookTable:
    return book_table(CHART)


def landed(book: BookTable) -> Published:
    return Published(book.connection.pk, book.state.landing)


def test_what_was_read_while_a_landing_came_is_found_and_read_again(book) -> None:
    read: list[Published] = []

    def take(found: Published) -> int | None:
        read.append(found)
        if len(read) == 1:
            book.change(landing=found.landing + 1)
        return found.landing

    assert find_in_one_landing(lambda: (landed(book), landed(book)), take) == book.state.landing
    assert [each.landing for each in read] == [book.state.landing - 1, book.state.landing]


def test_what_stood_still_is_read_once(book) -> None:
    read: list[int] = []
    in_one_landing(book.connection.pk, lambda: read.append(1))
    assert read == [1]


def test_books_that_never_stand_still_are_read_a_last_time_under_a_lock(book) -> None:
    # Here everything is one transaction, so the lock does not hold our own changes back.
    read: list[int] = []

    def take() -> int:
        read.append(book.state.landing)
        book.change(landing=read[-1] + 1)
        return read[-1]

    assert in_one_landing(book.connection.pk, take) == read[-1]
    assert len(read) == ATTEMPTS + 1


def test_without_books_there_is_nothing_to_wait_for() -> None:
    assert find_in_one_landing(lambda: ("nobody", None), str.upper) == "NOBODY"
