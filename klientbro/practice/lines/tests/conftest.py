"""A client's chart with accounts of every length, and one that no rule knows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from klientbro.ledger.tests.book_table import BookTable, book_table

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
CHART = """
Konto  | Navn              | Type      | Inngående
1920   | Driftskonto bank  | asset     | 130 000,00
19205  | Sparekonto        | asset     |
2000   | Aksjekapital      | equity    | -130 000,00
2400   | Leverandørgjeld   | liability |
3000   | Salg              | income    |
7400   | Kontingent        | expense   |
741000 | Gaver             | expense   |
9999   | Hjelpekonto       | asset     |
"""


@pytest.fixture(autouse=True)
def _no_real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def book(firm: Any) -> BookTable:
    return book_table(CHART)


@pytest.fixture
def home(book: BookTable) -> str:
    return f"/klienter/{book.client.public_id}/regnskapslinjer/"
