"""«Før som tidsavgrensning»: an open row becomes a line with its document, once, and back again."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest

from klientbro.ledger.tests.book_table import BookTable
from klientbro.products.reconciliation.models import DocumentedLine, Match
from klientbro.products.reconciliation.tests.banking import Bank, camt
from klientbro.products.reconciliation.tests.conftest import open_items, sheet_now

FEE = ("2026-10-30", "-50.00", "Gebyr")
TIMING = re.compile(r'name="timing" value="([^"]+)"')
UNTIMING = re.compile(r'name="untiming" value="([^"]+)"')


@pytest.fixture
def bank(signed_in: Any, book: BookTable) -> Bank:
    """The bank has one of the ledger's two movements, and a fee of its own."""
    made = Bank(signed_in, book)
    entries = (("2026-10-05", "1250.50", "Kontantsalg"), FEE)
    made.upload(camt(entries, closing="131200.50"))
    return made


def marks(bank: Bank, month: str = "2026-10") -> dict[str, str]:
    """The open rows' marks by amount."""
    found = TIMING.findall(bank.see("match", month))
    return {mark.split("|")[1]: mark for mark in found}


def line_of_bank(book: BookTable) -> Any:
    line = sheet_now(book).line(book.accounts["1920"])
    assert line is not None
    return line


def test_rows_on_either_side_explain_what_lies_between_ledger_and_bank(
    bank: Bank, book: BookTable
) -> None:
    assert line_of_bank(book).difference == Decimal("-7950.00")
    bank.send("tidsavgrens", {"timing": marks(bank)["-8000.00"]})
    assert line_of_bank(book).difference == Decimal("50.00")
    bank.send("tidsavgrens", {"timing": marks(bank)["-50.00"]})
    line = line_of_bank(book)
    assert line.difference == 0
    assert {each.amount for each in line.documentation.lines} == {
        Decimal("-8000.00"),
        Decimal("50.00"),
    }
    assert all(each.is_carried for each in line.documentation.lines)


def test_a_line_opens_to_its_voucher_or_to_the_statement(bank: Bank, book: BookTable) -> None:
    for amount in ("-8000.00", "-50.00"):
        bank.send("tidsavgrens", {"timing": marks(bank)[amount]})
    page = bank.see("konto")
    assert f"/klienter/{book.client.public_id}/bilag/20502/" in page
    assert re.search(r"Gebyr\s*<a [^>]*/utskrift/", page)


def test_a_row_is_listed_once_and_taken_back(bank: Bank, book: BookTable) -> None:
    mark = marks(bank)["-8000.00"]
    bank.send("tidsavgrens", {"timing": mark})
    assert "allerede ført" in bank.send("tidsavgrens", {"timing": mark})
    assert DocumentedLine.objects.count() == 1
    source = UNTIMING.findall(bank.see("match"))[0]
    bank.send("tidsavgrens-angre", {"untiming": source})
    assert line_of_bank(book).documentation.lines == []
    assert DocumentedLine.objects.get().removed_at is not None  # it stays, marked
    bank.send("tidsavgrens", {"timing": mark})
    assert len(line_of_bank(book).documentation.lines) == 1


def test_a_row_that_has_changed_since_is_not_listed(bank: Bank) -> None:
    mark = marks(bank)["-8000.00"].replace("-8000.00", "-9000.00")
    assert "er matchet eller endret" in bank.send("tidsavgrens", {"timing": mark})
    assert DocumentedLine.objects.count() == 0


def test_it_comes_back_next_month_until_its_row_is_matched(
    bank: Bank, book: BookTable, signed_in: Any
) -> None:
    for amount in ("-8000.00", "-50.00"):
        bank.send("tidsavgrens", {"timing": marks(bank)[amount]})
    bank.upload(
        camt(
            (("2026-11-02", "-8000.00", "Kjøledisk"),),
            opening="131200.50",
            closing="123200.50",
            first="2026-11-01",
            last="2026-11-30",
            id_="S11",
            number="11",
        ),
        month="2026-11",
    )
    page = bank.see("match", "2026-11")
    rows = [
        mark
        for mark in re.findall(r'name="row" value="([^"]+)"', page)
        if mark.split("|")[1] == "-8000.00"
    ]
    bank.send("match-rader", {"row": rows}, month="2026-11")
    assert Match.objects.filter(undone_at=None).count() == 1
    signed_in.post(f"/avstemming/{book.client.public_id}/2026-11/handling/", {"action": "carry"})
    carried = DocumentedLine.objects.filter(month="2026-11-01")
    assert [each.amount for each in carried] == [Decimal("50.00")]


def test_a_row_that_is_matched_in_the_month_is_no_longer_listed(
    bank: Bank, book: BookTable
) -> None:
    for amount in ("1250.50", "-50.00"):
        bank.send("tidsavgrens", {"timing": marks(bank)[amount]})
    page = bank.see("match")
    bank.send("match-godta", {"suggestion": re.findall(r'name="suggestion" value="([^"]+)"', page)})
    assert [each.amount for each in line_of_bank(book).documentation.lines] == [Decimal("50.00")]


def test_a_closed_month_takes_no_timing_item(bank: Bank, book: BookTable, signed_in: Any) -> None:
    mark = marks(bank)["-8000.00"]
    month = f"/avstemming/{book.client.public_id}/2026-10/handling/"
    signed_in.post(month, {"action": "close"})
    bank.send("tidsavgrens", {"timing": mark})
    assert DocumentedLine.objects.count() == 0


def test_a_difference_from_the_open_items_is_listed_with_its_voucher(
    signed_in: Any, book: BookTable
) -> None:
    open_items(book, "customer", "0.00")
    account = book.accounts["1500"]
    page_address = f"/avstemming/{book.client.public_id}/2026-10/konto/{account}/"
    page = signed_in.get(page_address).content.decode()
    key = re.findall(r'name="item" value="([^"]+)"', page)
    assert len(key) == 1  # the invoice of 5 000 is not among the open items
    line = sheet_now(book).line(account)
    assert line is not None
    before = line.difference
    action = f"/avstemming/{book.client.public_id}/2026-10/gjor/{account}/"
    for _time in range(2):
        signed_in.post(action, {"action": "timing", "item": key[0]})
    line = sheet_now(book).line(account)
    assert line is not None
    (made,) = line.documentation.lines
    assert before is not None
    assert line.difference == before - made.amount
    assert made.voucher_no == 20501
    assert signed_in.get(page_address).content.decode().count('name="item"') == 0
