"""A client's October with bank, receivables, payables and stock, and two people to sign it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import timezone

from klientbro.domain.periods import Month
from klientbro.ledger.queries import books_of
from klientbro.ledger.tests.book_table import BookTable, book_table, insert, run
from klientbro.products.reconciliation.sheet import MonthSheet, month_sheet
from klientbro.tenants.models import User
from klientbro.tenants.services import add_user

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
OCTOBER = Month(2026, 10)
CHART = """
Konto | Navn                  | Type      | Inngående
1250  | Inventar              | asset     | 274 150,00
1500  | Kundefordringer       | asset     | 20 000,00
1920  | Driftskonto bank      | asset     | 130 000,00
2000  | Aksjekapital          | equity    | -394 150,00
2400  | Leverandørgjeld       | liability | -30 000,00
3000  | Salg                  | income    |
6620  | Reparasjon            | expense   |
"""
POSTINGS = """
Bilag | Dato       | Konto | Beløp      | Tekst        | vat_code | customer_no
20500 | 05.10.2026 | 1920  | 1 250,50   | Kontantsalg  |          |
20500 | 05.10.2026 | 3000  | -1 250,50  | Kontantsalg  | 3        |
20501 | 12.10.2026 | 1500  | 5 000,00   | Faktura 1001 | 3        | 10001
20501 | 12.10.2026 | 3000  | -5 000,00  | Faktura 1001 | 3        |
20502 | 20.10.2026 | 1250  | 8 000,00   | Kjøledisk    |          |
20502 | 20.10.2026 | 1920  | -8 000,00  | Kjøledisk    |          |
"""


@pytest.fixture(autouse=True)
def _no_real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def book(firm: Any) -> BookTable:
    made = book_table(CHART).post(POSTINGS).prove("2026-10")
    control(made, "1500", "customer")
    control(made, "2400", "supplier")
    return made


@pytest.fixture
def reviewer(firm: Any) -> User:
    return add_user(firm.id, "ola@example.no", "Ola Brekke")[0]


def control(book: BookTable, number: str, kind: str) -> None:
    """Marks an account as a control account, as the source's postings would."""
    run(
        "update ledger_account set control = %(kind)s where source_id = %(id)s",
        {"kind": kind, "id": book.accounts[number]},
    )


def open_items(book: BookTable, side: str, total: str, as_of: date = OCTOBER.last_day) -> None:
    """A snapshot of the sub-ledger at the day."""
    insert(
        "ledger_item_snapshot",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        side=side,
        as_of=as_of,
        landing=book.landing,
        items=1,
        total=total,
        control_total=total,
    )


def sheet_now(book: BookTable, month: Month = OCTOBER) -> MonthSheet:
    """The month as a page would read it."""
    books = books_of(book.client.pk)
    assert books is not None
    found = month_sheet(book.client, books, month)
    assert found is not None
    return found
