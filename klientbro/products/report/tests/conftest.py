"""A bakery with two years of books, a broken one beside it, and a browser signed in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import timezone

from klientbro.ledger.tests.book_table import BookTable, book_table, insert, run

NOW = datetime(2026, 11, 18, 14, 0, tzinfo=UTC)
YEARS = (("01.01.2025", "31.12.2025"), ("01.01.2026", "31.12.2026"))
CHART = """
Konto | Navn                     | Type      | Inngående
1250  | Inventar                 | asset     | 270 000,00
1460  | Varelager                | asset     | 80 000,00
1500  | Kundefordringer          | asset     | 20 000,00
1920  | Driftskonto bank         | asset     | 130 000,00
2000  | Aksjekapital             | equity    | -100 000,00
2050  | Annen egenkapital        | equity    | -300 000,00
2400  | Leverandørgjeld          | liability | -100 000,00
2700  | Utgående mva             | liability |
2710  | Inngående mva            | liability |
3000  | Salg                     | income    |
4300  | Varekjøp                 | expense   |
5000  | Lønn                     | expense   |
6300  | Leie lokale              | expense   |
8150  | Rentekostnad             | expense   |
"""
POSTINGS = """
Bilag | Dato | Konto | Beløp | Tekst | vat_code | vat_rate | vat_amount | department_code
101   | 15.09.2025 | 1500  | 125 000,00 | Salg    |   |      |            |
101   | 15.09.2025 | 3000  | -100 000,00 | Salg   | 3 | 0.25 | -25000 | 10
101   | 15.09.2025 | 2700  | -25 000,00 | Mva     |   |      |            |
102   | 20.10.2025 | 1920  | 50 000,00  | Salg    |   |      |            |
102   | 20.10.2025 | 3000  | -50 000,00 | Salg    |   |      |            | 20
103   | 25.10.2025 | 4300  | 20 000,00  | Kjøp    |   |      |            | 10
103   | 25.10.2025 | 1920  | -20 000,00 | Kjøp    |   |      |            |
104   | 31.12.2025 | 6300  | 12 000,00  | Leie    |   |      |            |
104   | 31.12.2025 | 1920  | -12 000,00 | Leie    |   |      |            |
201   | 15.09.2026 | 1500  | 150 000,00 | Salg    |   |      |            |
201   | 15.09.2026 | 3000  | -120 000,00 | Salg   | 3 | 0.25 | -30000 | 10
201   | 15.09.2026 | 2700  | -30 000,00 | Mva     |   |      |            |
202   | 05.10.2026 | 1920  | 60 000,50  | Salg    |   |      |            |
202   | 05.10.2026 | 3000  | -60 000,50 | Salg    |   |      |            | 20
203   | 10.10.2026 | 4300  | 25 000,00  | Kjøp    | 1 | 0.25 | 6250       | 10
203   | 10.10.2026 | 2710  | 6 250,00   | Mva     |   |      |            |
203   | 10.10.2026 | 2400  | -31 250,00 | Kjøp    |   |      |            |
204   | 30.10.2026 | 5000  | 40 000,00  | Lønn    |   |      |            | 10
204   | 30.10.2026 | 1920  | -40 000,00 | Lønn    |   |      |            |
"""
LATE = """
Bilag | Dato       | Konto | Beløp     | Tekst
299   | 28.10.2026 | 6300  | 1 000,00  | Sen leie
299   | 28.10.2026 | 1920  | -1 000,00 | Sen leie
"""


@pytest.fixture(autouse=True)
def _no_real_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.fixture
def book(firm: Any) -> BookTable:
    made = book_table(CHART, anchor="31.12.2024", conversion="01.01.2025", years=YEARS)
    made.post(POSTINGS)
    for month in range(1, 10):
        made.prove(f"2026-{month:02}")
    run(
        "update ledger_account set control = 'customer' where source_id = %(id)s",
        {"id": made.accounts["1500"]},
    )
    return made.prove("2026-10", "differs", {"a6300": ("0,00", "1 000,00")})


@pytest.fixture
def home(book: BookTable) -> str:
    return f"/rapport/{book.client.public_id}/"


def items(
    book: BookTable,
    rows: list[tuple[str, str, date | None, str]],
    *,
    side: str = "customer",
    as_of: date = date(2026, 10, 31),
) -> None:
    """A snapshot of open items: party, name, due date and balance."""
    insert(
        "ledger_item_snapshot",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        side=side,
        as_of=as_of,
        landing=book.landing,
        items=len(rows),
        total="0",
        control_total=None,
    )
    for number, (party, name, due, balance) in enumerate(rows):
        run(
            "insert into ledger_item (firm_id, snapshot_id, source_id, party_no, party_name, "
            "posting_date, due_date, amount, balance) select firm_id, id, %(source)s, %(party)s, "
            "%(name)s, %(posted)s, %(due)s, %(balance)s, %(balance)s from ledger_item_snapshot "
            "where connection_id = %(connection)s order by id desc limit 1",
            {
                "source": str(number),
                "party": party,
                "name": name,
                "posted": date(2026, 9, 1),
                "due": due,
                "balance": balance,
                "connection": book.connection.pk,
            },
        )
