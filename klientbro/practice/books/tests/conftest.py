"""Books for the pages' tests, and a browser signed in to the firm they belong to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone

from klientbro.ledger.tests.book_table import BookTable, book_table

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
CHART = """
Konto | Navn                        | Type      | Inngående
1250  | Inventar                    | asset     | 274 150,00
1500  | Kundefordringer             | asset     | 20 000,00
1920  | Driftskonto bank            | asset     | 130 000,00
2000  | Aksjekapital                | equity    | -100 000,00
2400  | Leverandørgjeld             | liability | -30 000,00
2710  | Inngående mva, høy sats     | liability |
3000  | Salg                        | income    |
6620  | Reparasjon og vedlikehold   | expense   |
43100 | =HYPERLINK("http://x";"y")  | expense   |
"""
POSTINGS = """
Bilag | Dato       | Konto | Beløp     | Tekst                  | vat_code | vat_rate | supplier_no
20418 | 28.09.2026 | 6620  | 18 400,00 | Kjøledisk, nytt skifte | 1        | 0.25     |
20418 | 28.09.2026 | 2710  | 4 600,00  | Mva av 18 400,00       |          |          |
20418 | 28.09.2026 | 2400  | -23 000,00 | Faktura 7731           |          |          | 20001
20500 | 05.10.2026 | 1920  | 1 250,50  | =1+1                   |          |          |
20500 | 05.10.2026 | 3000  | -1 250,50 | Kontantsalg            |          |          |
20600 | 10.11.2026 | 43100 | 99,00     | Varekjøp               |          |          |
20600 | 10.11.2026 | 1920  | -99,00    | Varekjøp               |          |          |
"""


@pytest.fixture(autouse=True)
def _no_real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def book(firm: Any) -> BookTable:
    made = book_table(CHART).post(POSTINGS).prove("2026-09")
    return made.prove("2026-10", "differs", {"a2400": ("-53 000,00", "-54 250,00")})


@pytest.fixture
def home(book: BookTable) -> str:
    return f"/klienter/{book.client.public_id}/"
