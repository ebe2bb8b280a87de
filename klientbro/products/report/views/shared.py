"""What Rapport's views share: the client's figures from one landing, the period, and the frame."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import urlencode

from klientbro.clients.errors import RefusedError
from klientbro.domain.periods import Month, Period
from klientbro.ledger.rows import BooksState
from klientbro.lib.errors import UnknownAccountError
from klientbro.practice.books.access import ClientPage, client_page, read_client
from klientbro.practice.books.texts import month_name
from klientbro.practice.books.views.shared import WAITING, show
from klientbro.practice.pages import lead_on, product_view
from klientbro.products.report.rows import with_query
from klientbro.products.report.sheet import (
    ReportSheet,
    chosen_month,
    month_limits,
    months_to_choose,
    report_sheet,
)
from klientbro.products.report.texts import seal_sentence

TAB = "report"
MONTH = "til"
MOST_MONTHS = 240
View = Callable[..., HttpResponseBase]


def books_page(view: View) -> View:
    """A page of a client's figures: the view takes (request, page, state, …), all of one landing.

    Until this year has landed the progress is shown in its place.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, client_id: UUID, **arguments: Any) -> HttpResponseBase:
        def read(page: ClientPage) -> HttpResponseBase:
            return _with_figures(view, request, page, arguments)

        return read_client(client_id, read)

    return product_view(wrapped)


def books_action(view: View) -> View:
    """A change to what belongs to a client's figures: the view takes (request, page, state, …).

    Run once, whatever lands meanwhile: reading again is for pages, a second write would double.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, client_id: UUID, **arguments: Any) -> HttpResponseBase:
        return _with_figures(view, request, client_page(client_id), arguments)

    return product_view(wrapped)


def _with_figures(
    view: View, request: HttpRequest, page: ClientPage, arguments: dict[str, Any]
) -> HttpResponseBase:
    """The view's answer; how far fetching has come while there are no figures to answer from."""
    if page.books is None or not page.books.is_usable:
        return show(request, page, TAB, WAITING, {})
    try:
        return view(request, page, page.books, **arguments)
    except UnknownAccountError as error:
        # a posting came before the account it is on: the next sync brings it
        return show(request, page, TAB, WAITING, {"unknown_accounts": error.account_ids})


def sheet_page(view: View) -> View:
    """A page of the client's figures for the month of its address: (request, page, sheet, …)."""

    @wraps(view)
    def with_sheet(
        request: HttpRequest, page: ClientPage, state: BooksState, **arguments: Any
    ) -> HttpResponseBase:
        return view(request, page, sheet_for(request, page, state), **arguments)

    return books_page(with_sheet)


def sheet_for(request: HttpRequest, page: ClientPage, state: BooksState) -> ReportSheet:
    """The client's figures for the month of the address."""
    month = chosen_month(state, request.GET.get(MONTH, ""), page.today)
    return report_sheet(page.client.pk, state, month, page.today)


def frame(request: HttpRequest, sheet: ReportSheet, section: str) -> dict[str, Any]:
    """What stands above every page of a client's report: the month and where it stands."""
    first, last = month_limits(sheet.state, sheet.today)
    month = sheet.month

    def link(wanted: Month) -> str:
        return with_query(request.GET, {MONTH: wanted.key})

    return {
        "section": section,
        "sheet": sheet,
        "month": month,
        "months": [
            (one.key, month_name(one)) for one in months_to_choose(sheet.state, sheet.today)
        ],
        "previous": link(month.previous()) if month > first else "",
        "next": link(month.next()) if month < last else "",
        "kept": [(name, value) for name, value in request.GET.items() if name != MONTH and value],
        "month_query": "?" + urlencode({MONTH: month.key}),
        "seal_tone": sheet.tone(Period(sheet.year.first_month, month)),
        "seal_words": seal_sentence(sheet),
    }


def listed_month(typed: str) -> Month:
    """The month of a list's address, some years around today; else the one that has last ended."""
    last_ended = Month.of(timezone.localdate()).previous()
    try:
        month = Month.parse(typed)
    except ValueError:
        return last_ended
    return month if abs(month.months_until(last_ended)) <= MOST_MONTHS else last_ended


def refused(request: HttpRequest, address: str, error: RefusedError) -> HttpResponse:
    """Back to where the person was, with the reason and what to do."""
    return lead_on(request, address, str(error), messages.WARNING)


def account_query(month: Month) -> str:
    """The period of an account's postings behind a report's figure: the year so far."""
    return "?" + urlencode({"til": month.key, "vis": "hittil"})
