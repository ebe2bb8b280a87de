"""Finds the client a page is about, or answers 404; row-level security hides other firms' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from klientbro.clients.models import Client, Connection
from klientbro.connectors.registry import connectors
from klientbro.ledger.queries import Published, books_of, find_in_one_landing, voucher
from klientbro.ledger.rows import BooksState, Voucher
from klientbro.sync.attention import note_opened
from klientbro.sync.services import ConnectionState, connection_states

LARGEST_NUMBER = 2**63 - 1
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ClientPage:
    """What every page of a client knows: who, which books, and how the copying stands."""

    client: Client
    books: BooksState | None
    status: ConnectionState
    today: date

    @property
    def system_name(self) -> str:
        """The accounting system's name, empty where there is no connection."""
        if self.books is None:
            return ""
        known = connectors().get(self.books.system)
        return known.name if known else self.books.system

    @property
    def is_usable(self) -> bool:
        return self.books is not None and self.books.is_usable

    @property
    def connection(self) -> Connection:
        """The connection that supplies the books; 404 when none does."""
        if self.books is None:
            raise Http404
        return Connection.objects.get(pk=self.books.connection_id)

    def usable_books(self) -> BooksState:
        """The books; 404 while there are none to show."""
        if self.books is None or not self.books.is_usable:
            raise Http404
        return self.books


def client_page(public_id: UUID) -> ClientPage:
    """The client, 404 when it is unknown or another firm's; it counts as opened."""
    client = Client.objects.filter(public_id=public_id).first()
    if client is None:
        raise Http404
    books = books_of(client.pk)
    status = ConnectionState()
    if books is not None:
        note_opened(books.connection_id)
        status = connection_states([books.connection_id]).get(books.connection_id, status)
    return ClientPage(client, books, status, timezone.localdate())


def read_client(public_id: UUID, read: Callable[[ClientPage], Answer]) -> Answer:
    """What `read` makes of the client, all of it from one landing. 404 as for client_page."""

    def find() -> tuple[ClientPage, Published | None]:
        page = client_page(public_id)
        if page.books is None or not page.is_usable:
            return page, None
        return page, Published(page.books.connection_id, page.books.landing)

    return find_in_one_landing(find, read)


def wanted_voucher(page: ClientPage, number: int, voucher_id: str | None) -> Voucher | None:
    """The voucher of an address; None for a number no database could hold."""
    if number > LARGEST_NUMBER:
        return None
    return voucher(page.usable_books(), number, voucher_id, today=page.today)
