"""Oversikt's list speaks of the same books as the client's own pages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from klientbro.clients.models import Connection, Integration
from klientbro.domain.periods import Month
from klientbro.ledger.queries import books_of
from klientbro.ledger.queries.many import books_of_clients
from klientbro.ledger.tests.book_table import BookTable, book_table
from klientbro.products.overview.importing import import_clients
from klientbro.products.overview.listing import Choice, listed

CHART = """
Konto | Navn             | Type  | Inngående
1920  | Driftskonto bank | asset | 130 000,00
"""


def empty_connection(book: BookTable, **columns: Any) -> Connection:
    """A later connection of the same client, which never fetched any books."""
    integration, _new = Integration.objects.get_or_create(
        firm=book.connection.firm, system="tripletex"
    )
    return Connection.objects.create(
        firm=book.connection.firm,
        integration=integration,
        client=book.client,
        name=book.client.name,
        sort_key=book.client.sort_key,
        identifier_hash=book.client.identifier_hash,
        key_hash=b"later",
        **{"key_sealed": b"sealed", "is_active": False} | columns,
    )


LATER = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
REMOVED = {"is_active": False, "deleted_at": LATER, "key_sealed": None}


@pytest.mark.parametrize(
    ("first", "second", "chosen"),
    [
        # turned off or removed, it still has the books that a newer one never fetched
        ({"is_active": False}, {"activated_at": LATER}, "first"),
        (REMOVED, {"activated_at": LATER}, "first"),
        # the active one supplies them, also before it has fetched any
        ({"is_active": False}, {"activated_at": LATER, "is_active": True}, "second"),
        ({}, {"activated_at": LATER}, "first"),
    ],
)
def test_list_products_and_ledger_choose_the_same_connection_of_a_client(
    firm, user, first, second, chosen
) -> None:
    book = book_table(CHART)
    import_clients([book.client.pk], by=user)
    Connection.objects.filter(pk=book.connection.pk).update(**first)
    later = empty_connection(book, **second)
    expected = {"first": book.connection.pk, "second": later.pk}[chosen]

    today, month = date(2026, 11, 18), Month(2026, 10)
    (row,) = listed(Choice(), month, today, user.pk, offset=0, size=10)
    one = books_of(book.client.pk)
    assert one is not None
    assert one.connection_id == expected
    assert books_of_clients([book.client.pk])[book.client.pk].connection_id == expected
    assert row.connection_id == expected
