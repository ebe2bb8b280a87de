"""What Avstemming's views share: the client's month from one landing, and its pages."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from klientbro.clients.errors import RefusedError
from klientbro.domain.periods import Month
from klientbro.ledger.queries import current_landing, hold_landings
from klientbro.practice.books.access import ClientPage, client_page
from klientbro.practice.books.texts import cause_notice
from klientbro.practice.pages import lead_on
from klientbro.products.reconciliation.progress import write_progress
from klientbro.products.reconciliation.sheet import MonthSheet, month_sheet
from klientbro.tenants.models import Membership

ATTEMPTS = 3


def is_alone() -> bool:
    """Whether the firm has one person only: then nobody else can review."""
    return Membership.objects.filter(user__is_active=True).count() <= 1


def read_month(key: str) -> Month:
    """The month of an address; 404 when it is not one."""
    try:
        return Month.parse(key)
    except ValueError:
        raise Http404 from None


def last_month() -> Month:
    """The month that has last ended: what people reconcile."""
    return Month.of(timezone.localdate()).previous()


def sheet_of(client_id: UUID, month: Month) -> tuple[ClientPage, MonthSheet | None]:
    """The client and its month, all read from one landing. 404 for an unknown client."""
    page = client_page(client_id)
    for attempt in range(ATTEMPTS + 1):
        if page.books is None or not page.books.is_usable:
            return page, None
        if attempt == ATTEMPTS:
            hold_landings(page.books.connection_id)
            page = client_page(client_id)
        books = page.usable_books()
        sheet = month_sheet(page.client, books, month)
        # a landing published meanwhile would mix old and new figures: read again
        if current_landing(books.connection_id) == books.landing:
            return page, sheet
        page = client_page(client_id)
    return page, sheet


def keep_progress(client_id: UUID, month: Month) -> None:
    """Counts the month anew after something was done, for the lists."""
    _page, sheet = sheet_of(client_id, month)
    if sheet is not None:
        write_progress(sheet.client_id, month.first_day, sheet.counts)


def show(
    request: HttpRequest,
    page: ClientPage,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A page of the client under the ledger's own head and tabs."""
    shared: dict[str, Any] = {
        "page": page,
        "client": page.client,
        "books": page.books,
        "tab": "reconciliation",
        "cause": cause_notice(page.status),
        "home": reverse("books:summary", args=[page.client.public_id]),
    }
    return render(request, template, shared | context, status=status)


def refused(request: HttpRequest, address: str, error: RefusedError) -> HttpResponse:
    """Back to where the person was, with the reason and what to do."""
    return lead_on(request, address, str(error), messages.WARNING)
