"""The matching page calls what is wrong with an open row by its name, on either side."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation.tests.banking import Bank, camt

# the book's October has 1 250,50 in on the 5th and 8 000 out on the 20th
RIGHT = (("2026-10-05", "1250.50", "Kontantsalg"), ("2026-10-20", "-8000.00", "Kjøledisk"))
FAULTS: dict[str, tuple[tuple[tuple[str, str, str], ...], list[str]]] = {
    "missing at the bank": (RIGHT[:1], ["Mangler i banken – 20.10.2026 20502 Kjøledisk −8 000,00"]),
    "missing in the ledger": (
        (*RIGHT, ("2026-10-28", "-75.00", "Gebyr")),
        ["Mangler i regnskapet – 28.10.2026 Gebyr −75,00"],
    ),
    "twice at the bank": (
        (*RIGHT, RIGHT[1]),
        ["To ganger i banken, 20.10.2026 – 20.10.2026 Kjøledisk −8 000,00"],
    ),
    "swapped digits": (
        (("2026-10-05", "1520.50", "Betaling"), RIGHT[1]),
        ["Byttede siffer – 05.10.2026 20500 Kontantsalg 1 250,50 – 05.10.2026 Betaling 1 520,50"],
    ),
    "a different amount": (
        (("2026-10-06", "1258.50", "KONTANTSALG"), RIGHT[1]),
        ["Ulikt beløp – 05.10.2026 20500 Kontantsalg 1 250,50 – 06.10.2026 KONTANTSALG 1 258,50"],
    ),
    "another day": (
        (RIGHT[0], ("2026-10-02", "-8000.00", "Varer")),
        [
            "Samme beløp, men langt fra hverandre – 20.10.2026 20502 Kjøledisk −8 000,00 – "
            "02.10.2026 Varer −8 000,00"
        ],
    ),
}


@pytest.fixture
def bank(signed_in: Any, book: BookTable) -> Bank:
    return Bank(signed_in, book)


def told(bank: Bank) -> list[str]:
    """The rows of «Hva som ikke stemmer», without the effect."""
    page = bank.see("match")
    section = re.search(r'id="faults-title".*?</section>', page, re.DOTALL)
    if section is None:
        return []
    rows = re.findall(r"<tr>(<td.*?)</tr>", section[0], re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)[:3] for row in rows]
    plain = [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row] for row in cells]
    return [
        html.unescape(" – ".join(cell for cell in row if cell != "–")).replace("\xa0", " ")
        for row in plain
    ]


def statement(entries: tuple[tuple[str, str, str], ...]) -> bytes:
    closing = 130000 + sum(float(amount) for _day, amount, _text in entries)
    return camt(entries, closing=f"{closing:.2f}")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("is_accepted", [False, True], ids=["suggested", "matched"])
def test_each_fault_is_named_before_and_after_the_rest_is_matched(
    bank: Bank, fault: str, is_accepted: bool
) -> None:
    entries, expected = FAULTS[fault]
    bank.upload(statement(entries))
    if is_accepted:
        bank.send("match-godta", {"all": "1"})
    assert told(bank) == expected


def test_what_agrees_has_nothing_to_tell(bank: Bank) -> None:
    bank.upload(statement(RIGHT))
    assert told(bank) == []
    bank.send("match-godta", {"all": "1"})
    assert told(bank) == []


def test_a_posting_that_is_there_twice_is_called_so(bank: Bank, book: BookTable) -> None:
    bank.upload(statement(RIGHT))
    bank.send("match-godta", {"all": "1"})
    book.post(
        """
        Bilag | Dato       | Konto | Beløp     | Tekst
        20700 | 20.10.2026 | 1250  | 8 000,00  | Kjøledisk
        20700 | 20.10.2026 | 1920  | -8 000,00 | Kjøledisk
        """
    )
    assert told(bank) == [
        "To ganger i regnskapet, 20.10.2026 – 20.10.2026 20700 Kjøledisk −8 000,00"
    ]
