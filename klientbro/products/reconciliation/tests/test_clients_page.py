"""Avstemming's list of clients: how far each month has come, and who is no longer fetched."""

from __future__ import annotations

import re
from typing import Any

from klientbro.clients.models import Connection
from klientbro.ledger.tests.book_table import AS_OF, BookTable
from klientbro.products.reconciliation.signing import Seen, mark_of, prepare, review
from klientbro.products.reconciliation.tests.conftest import OCTOBER, open_items, sheet_now
from klientbro.products.reconciliation.views.shared import keep_progress


def cells(signed_in: Any) -> list[str]:
    """The one row of the list, as a person reads it."""
    page = signed_in.get("/avstemming/?maned=2026-10").content.decode()
    row = re.search(r"<tbody>\s*<tr>(.*?)</tr>", page, re.DOTALL)
    if row is None:
        return []
    found = re.findall(r"<td[^>]*>(.*?)</td>", row[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in found]


def sign(book: BookTable, number: str, by: Any, step: Any = prepare) -> None:
    sheet = sheet_now(book)
    line = sheet.line(book.accounts[number])
    assert line is not None
    step(sheet, [Seen(line.account.id, mark_of(sheet, line))], "Sett", by=by)
    keep_progress(book.client.public_id, OCTOBER)


def deactivate(book: BookTable) -> None:
    Connection.objects.filter(pk=book.connection.pk).update(is_active=False, deactivated_at=AS_OF)


def test_what_waits_for_review_is_what_is_prepared_and_not_reviewed(
    signed_in, book, user, reviewer
) -> None:
    open_items(book, "customer", "25000")
    open_items(book, "supplier", "-30000")
    for number in ("1500", "2400"):
        sign(book, number, user)
    assert cells(signed_in)[2] == "2"
    sign(book, "1500", reviewer, review)
    assert cells(signed_in)[2] == "1"
    open_items(book, "supplier", "-29000")
    keep_progress(book.client.public_id, OCTOBER)
    assert cells(signed_in)[2:4] == ["0", "1"]


def test_a_client_deactivated_with_work_open_is_kept_marked_and_can_be_finished(
    signed_in, book, user, reviewer
) -> None:
    open_items(book, "customer", "25000")
    sign(book, "1500", user)
    deactivate(book)
    assert cells(signed_in)[0].startswith("Fjordglimt Bakeri AS Ikke oppdatert siden 18.11.2026")
    page = signed_in.get(f"/avstemming/{book.client.public_id}/2026-10/").content.decode()
    assert "Kari Nordahl" in page
    sign(book, "1500", reviewer, review)
    assert cells(signed_in)[2] == "0"


def test_a_deactivated_client_that_nobody_has_worked_on_is_not_listed(signed_in, book) -> None:
    assert cells(signed_in)
    deactivate(book)
    assert cells(signed_in) == []
