"""The bakery on 18 November 2026, with its open items and its first forecast kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.liquidity.keeping import keep_client
from klientbro.products.liquidity.tests.bakery import NOW, bakery, with_items


@pytest.fixture(autouse=True)
def _no_real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def book(firm: Any) -> BookTable:
    made = with_items(bakery())
    assert keep_client(made.client.pk)
    return made


@pytest.fixture
def home(book: BookTable) -> str:
    return f"/likviditet/{book.client.public_id}/"
