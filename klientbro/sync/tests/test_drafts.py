"""Vouchers that wait in the source: read daily, gone when posted, refused plainly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from klientbro.sync.tests.support import Connected

Connect = Callable[..., Connected]


@pytest.fixture
def books(connect: Connect) -> Connected:
    synced = connect("holding")
    synced.sync("first")
    assert synced.cause == ""
    return synced


def next_day(books: Connected) -> None:
    books.execute("update sync_state set masters_read_at = masters_read_at - interval '25 hours'")
    books.sync("routine")


def waiting(books: Connected) -> dict[str, tuple[str, bool]]:
    rows = books.rows("select source_id, voucher_type, is_in_approval from ledger_draft")
    return {source_id: (kind, in_approval) for source_id, kind, in_approval in rows}


def test_what_waits_is_listed_with_the_time_it_was_read_until_it_is_posted_or_deleted(
    books: Connected,
) -> None:
    at_first = waiting(books)
    read_at = books.value("select read_at from ledger_draft_reading")
    approved = books.do("add_draft", voucher_type="IncomingInvoice", in_approval=True)["draft_id"]
    expense = books.do("add_draft", voucher_type="Expense")["draft_id"]
    next_day(books)
    assert waiting(books) == {
        **at_first,
        approved: ("supplier_invoice", True),
        expense: ("expense_claim", False),
    }
    assert books.value("select read_at from ledger_draft_reading") > read_at

    books.do("post_draft", draft_id=approved)
    books.do("delete_draft", draft_id=expense)
    next_day(books)
    assert waiting(books) == at_first
    books.assert_equal_to_source()  # what waits is in no balance


def test_a_key_without_the_privilege_leaves_no_old_list_and_a_finding_that_clears(
    books: Connected,
) -> None:
    books.do("add_draft")
    next_day(books)
    assert waiting(books)
    books.do("set_privilege", privilege="JournalEntryVoucher", allowed=False)
    next_day(books)
    finding = (
        "select cleared_at is null from ledger_finding "
        "where kind = 'right_missing' and reference = 'drafts'"
    )
    assert books.cause == ""
    assert waiting(books) == {}
    assert books.value("select refused_at is not null from ledger_draft_reading")
    assert books.value(finding) is True

    books.do("set_privilege", privilege="JournalEntryVoucher", allowed=True)
    next_day(books)
    assert waiting(books)
    assert books.value("select refused_at is null from ledger_draft_reading")
    assert books.value(finding) is False
