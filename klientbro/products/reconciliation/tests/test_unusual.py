"""What stands out in a month is told where the account is worked on, and nowhere else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from klientbro.ledger.tests.book_table import BookTable, book_table
from klientbro.products.reconciliation.signing import Seen, mark_of, prepare
from klientbro.products.reconciliation.tests.conftest import CHART, sheet_now
from klientbro.products.reconciliation.unusual import looks_of

MONTHS = ("01", "02", "03", "04", "05", "06", "07", "08", "09")


@pytest.fixture
def book(firm: Any) -> BookTable:
    """2400 moves by 12 000 in every month to September, and by 60 000 in October."""
    rows = ["Bilag | Dato       | Konto | Beløp   | Tekst"]
    for at, month in enumerate(MONTHS):
        rows.append(f"{at + 1} | 10.{month}.2026 | 2400 | -12 000 | Husleie")
        rows.append(f"{at + 1} | 10.{month}.2026 | 6620 | 12 000 | Husleie")
    rows.append("50 | 10.10.2026 | 2400 | -60 000 | Husleie")
    rows.append("50 | 10.10.2026 | 6620 | 60 000 | Husleie")
    return book_table(CHART).post("\n".join(rows)).prove("2026-10")


def text_of(signed_in: Any, address: str) -> str:
    answer = signed_in.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_list_and_the_account_tell_what_is_unusual_with_what_it_is_held_against(
    book, signed_in
) -> None:
    address = f"/avstemming/{book.client.public_id}/2026-10/"
    row = re.search(
        r"Leverandørgjeld.*?Bankinnskudd|Leverandørgjeld.*", text_of(signed_in, address)
    )
    assert row is not None
    assert "uvanlig beløp" in row[0]
    account = text_of(signed_in, f"{address}konto/{book.accounts['2400']}/")
    assert "Bevegelsen er langt fra det den har vært." in account
    assert "Snitt av de 9 månedene før: −12 000,00, antall posteringer 1." in account.replace(
        "\xa0", " "
    )


def test_accounts_that_move_as_before_and_those_without_history_say_nothing(book) -> None:
    sheet = sheet_now(book)
    looks = looks_of(sheet, sheet.lines)
    assert set(looks) == {book.accounts["2400"]}
    september = sheet_now(book, sheet.month.previous())
    assert looks_of(september, september.lines)[book.accounts["2400"]].found == ()


def test_what_is_signed_is_no_longer_pointed_at(book, signed_in, user) -> None:
    sheet = sheet_now(book)
    line = sheet.line(book.accounts["2400"])
    assert line is not None
    prepare(sheet, [Seen(line.account.id, mark_of(sheet, line))], "Tre måneders husleie", by=user)
    shown = text_of(signed_in, f"/avstemming/{book.client.public_id}/2026-10/")
    assert "uvanlig beløp" not in shown
