"""VAT and open items of books fetched from the stand-in: what is posted wrong is named, no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.vat import VatFinding
from klientbro.ledger.queries import books_of
from klientbro.ledger.queries.reconciling import ItemSnapshot
from klientbro.ledger.queries.sql import fetch_all
from klientbro.ledger.queries.vat import differing_vouchers
from klientbro.products.reconciliation.sheet import month_sheet
from klientbro.products.reconciliation.subledgers import subledger_sheet
from klientbro.products.reconciliation.vat_term import specification
from klientbro.sync.tests.conftest import (  # noqa: F401 fixtures
    books_firm,
    connect,
    shared_simulator,
    simulator,
)
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm

SNAPSHOTS = """
select id, side, as_of, taken_at, landing, items, total, control_total from ledger_item_snapshot
where connection_id = %(connection)s
"""


@pytest.fixture
def synced(connect: Callable[..., Connected], simulator: Any) -> Connected:  # noqa: F811
    books = connect(simulator.add_company(3, postings=1200, years=2))
    books.sync("first")
    assert books.cause == ""
    return books


def specifications(books: Connected) -> list[tuple[Month, Any]]:
    """The specification of each ended month that the books cover, and who they are."""
    client = books.connection.client
    state = books_of(client.pk)
    assert state is not None
    assert state.last_month is not None
    found = []
    for step in range(12):
        month = state.last_month.plus(-step)
        sheet = month_sheet(client, state, month)
        if sheet is None or sheet.grounds is None:
            continue
        closings = {
            held.account.number: sheet.grounds.closings[id_]
            for id_, held in sheet.grounds.accounts.items()
            if id_ in sheet.grounds.closings
        }
        spec = specification(state.connection_id, sheet.grounds.facts, month, closings)
        found.append((month, spec))
    return found


def test_specification_and_accounts_part_only_by_vouchers_that_are_named(
    synced: Connected,
) -> None:
    allowed = {VatFinding.VOUCHER_DIFFERS_FROM_CODES}
    with in_firm(synced.firm.id), transaction.atomic():
        found = specifications(synced)
        assert len(found) == 12
        assert sum(len(spec.check.codes) for _month, spec in found) > 12
        for month, spec in found:
            kinds = {problem.finding for problem in spec.check.problems}
            assert kinds <= allowed, (month, spec.check.problems)
            named = {
                (problem.subject, problem.amount)
                for problem in spec.check.problems
                if problem.finding in allowed
            }
            fast = differing_vouchers(synced.connection.pk, spec.term.first, spec.term.until)
            assert {(str(one.voucher_no), one.amount) for one in fast} == named


def test_vat_posted_by_hand_is_the_one_new_difference(synced: Connected) -> None:
    with in_firm(synced.firm.id), transaction.atomic():
        before = {m: len(spec.check.problems) for m, spec in specifications(synced)}
    last = max(before)
    synced.post("77.00", last.first_day, debit=2710, credit=1920)
    synced.sync()
    with in_firm(synced.firm.id), transaction.atomic():
        after = {m: len(spec.check.problems) for m, spec in specifications(synced)}

    assert after[last] == before[last] + 1


def test_open_items_of_both_sides_agree_with_their_control_accounts(synced: Connected) -> None:
    with in_firm(synced.firm.id), transaction.atomic():
        rows = fetch_all(SNAPSHOTS, {"connection": synced.connection.pk})
        sheets = [
            subledger_sheet(
                synced.connection.pk,
                ItemSnapshot(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]),
            )
            for row in rows
        ]

    assert {sheet.snapshot.side for sheet in sheets} == {"customer", "supplier"}
    assert sum(sheet.snapshot.items for sheet in sheets) > 5
    assert [sheet.differences for sheet in sheets] == [(), ()]
