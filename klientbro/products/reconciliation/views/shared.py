"""What Avstemming's views share: the client's month from one landing, and its pages."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from klientbro.clients.errors import RefusedError
from klientbro.connectors.registry import connectors
from klientbro.domain.accounts import AccountId
from klientbro.domain.periods import Month
from klientbro.ledger.rows import BooksState
from klientbro.practice.books.access import ClientPage, read_client
from klientbro.practice.pages import lead_on
from klientbro.products.reconciliation.drafts import drafts_until
from klientbro.products.reconciliation.progress import write_progress
from klientbro.products.reconciliation.sheet import MonthSheet, month_sheet
from klientbro.products.reconciliation.truths import SIDES
from klientbro.sync.attention import work_on_items
from klientbro.tenants.models import Membership

TAB = "reconciliation"
MONTHS_BACK = 24


def is_alone() -> bool:
    """Whether the firm has one person only: then nobody else can review."""
    return Membership.current.count() <= 1


def last_month() -> Month:
    """The month that has last ended: what people reconcile."""
    return Month.of(timezone.localdate()).previous()


def sheet_of(client_id: UUID, month: Month) -> tuple[ClientPage, MonthSheet | None]:
    """The client and its month, all read from one landing. 404 for an unknown client."""

    def read(page: ClientPage) -> tuple[ClientPage, MonthSheet | None]:
        if not page.is_usable:
            return page, None
        return page, month_sheet(page.client, page.usable_books(), month)

    page, sheet = read_client(client_id, read)
    if sheet is not None:
        _ask_for_items(sheet)
    return page, sheet


def _ask_for_items(sheet: MonthSheet) -> None:
    """Somebody works on the month: its open items are taken, and again when its postings move.

    Once an hour for each month at most; a month that has not ended has no items of its last day.
    """
    has_ended = sheet.month.last_day < timezone.localdate()
    if has_ended and any(line.plan.method in SIDES for line in sheet.lines):
        work_on_items(sheet.books.connection_id, sheet.month.last_day)


def drafts_context(
    books: BooksState,
    until: date,
    *,
    since: date | None = None,
    account_ids: Collection[AccountId] | None = None,
) -> dict[str, Any]:
    """What waits in the source for a period, and the source's name. One statement."""
    known = connectors().get(books.system)
    return {
        "drafts": drafts_until(
            books.connection_id,
            until,
            since=since,
            lists_drafts=known is not None and known.capabilities.drafts,
            account_ids=account_ids,
        ),
        "source_name": known.name if known else books.system,
    }


def keep_progress(client_id: UUID, month: Month) -> None:
    """Counts the month anew after something was done, for the lists."""
    _page, sheet = sheet_of(client_id, month)
    if sheet is not None:
        write_progress(sheet.client_id, month.first_day, sheet.counts)


def refused(request: HttpRequest, address: str, error: RefusedError) -> HttpResponse:
    """Back to where the person was, with the reason and what to do."""
    return lead_on(request, address, str(error), messages.WARNING)
