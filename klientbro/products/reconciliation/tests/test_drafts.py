"""Vouchers that are not posted, beside the month and the VAT term they may belong to."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from klientbro.ledger.tests.book_table import BookTable, insert
from klientbro.products.reconciliation.drafts import Telling, drafts_until

READ_AT = datetime(2026, 11, 18, 6, 30, tzinfo=UTC)
OCTOBER_ENDS = date(2026, 10, 31)


def waits(book: BookTable, name: str, registered: str, **told: Any) -> None:
    insert(
        "ledger_draft",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        source_id=name,
        voucher_type="supplier_invoice",
        is_in_approval=name.startswith("approval"),
        registered_at=datetime.fromisoformat(registered).replace(tzinfo=UTC),
        **told,
    )


def read(book: BookTable, **how: Any) -> None:
    insert(
        "ledger_draft_reading",
        firm_id=book.connection.firm_id,
        connection_id=book.connection.pk,
        **(how or {"read_at": READ_AT}),
    )


def text_of(signed_in: Any, address: str) -> str:
    answer = signed_in.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


@pytest.fixture
def month(book: BookTable) -> str:
    return f"/avstemming/{book.client.public_id}/2026-10/"


def names(rows: Any) -> list[str]:
    return [row.draft.source_id for row in rows]


def test_a_voucher_without_a_date_is_listed_by_the_day_it_was_registered(book: BookTable) -> None:
    read(book)
    waits(book, "october", "2026-10-31T12:00")
    waits(book, "november-in-norway", "2026-10-31T23:30")
    found = drafts_until(book.connection.pk, OCTOBER_ENDS, lists_drafts=True)
    assert names(found.rows) == ["october"]
    assert names(found.later) == ["november-in-norway"]  # it may be dated in October all the same
    assert found.read_at == READ_AT


def test_a_voucher_whose_date_is_told_is_only_in_its_own_term(book: BookTable) -> None:
    read(book)
    waits(book, "october", "2026-11-10T12:00", voucher_date=date(2026, 10, 3))
    waits(book, "august", "2026-11-10T12:00", voucher_date=date(2026, 8, 3))
    waits(book, "november", "2026-11-10T12:00", voucher_date=date(2026, 11, 3))
    found = drafts_until(
        book.connection.pk, OCTOBER_ENDS, since=date(2026, 9, 1), lists_drafts=True
    )
    assert (names(found.rows), names(found.later)) == (["october"], [])


def test_beside_an_account_stands_what_is_told_to_be_for_it_and_what_is_not_told(
    book: BookTable,
) -> None:
    read(book)
    payables, receivables = book.accounts["2400"], book.accounts["1500"]
    waits(book, "payables", "2026-10-10T12:00", account_id=payables, amount="-1250.00")
    waits(book, "receivables", "2026-10-10T12:00", account_id=receivables, amount="500.00")
    waits(book, "untold", "2026-10-10T12:00")
    found = drafts_until(
        book.connection.pk, OCTOBER_ENDS, lists_drafts=True, account_ids=[payables]
    )
    assert names(found.rows) == ["payables", "untold"]
    assert found.tells_accounts


def test_the_month_the_term_and_the_account_say_what_waits_and_as_of_when(
    signed_in: Any, book: BookTable, month: str
) -> None:
    read(book)
    waits(book, "approval", "2026-10-10T12:00")
    waits(book, "draft", "2026-11-02T12:00")
    for address in (month, f"{month}mva/", f"{month}konto/{book.accounts['2400']}/"):
        text = text_of(signed_in, address)
        assert "2 bilag venter i PowerOffice Go per 18.11.2026 kl. 07:30" in text
        assert "Inngående faktura Til godkjenning 10.10.2026" in text
        assert "1 registrert etter 31.10.2026" in text
        assert "oppgir dato, konto, beløp og mva-kode først når et bilag er bokført" in text


def test_a_missing_privilege_is_said_by_name(signed_in: Any, book: BookTable, month: str) -> None:
    read(book, refused_at=READ_AT)
    assert drafts_until(book.connection.pk, OCTOBER_ENDS, lists_drafts=True).telling is (
        Telling.REFUSED
    )
    assert "JournalEntryVoucher" in text_of(signed_in, f"{month}mva/")


def test_before_the_first_reading_nothing_is_said_to_be_empty(
    signed_in: Any, book: BookTable, month: str
) -> None:
    text = text_of(signed_in, month)
    assert "er ikke hentet ennå" in text
    assert "Ingen bilag venter" not in text


def test_a_source_that_lists_none_is_told_as_such(book: BookTable) -> None:
    read(book)
    found = drafts_until(book.connection.pk, OCTOBER_ENDS, lists_drafts=False)
    assert found.telling is Telling.NEVER
    assert found.count == 0
