"""«Endret etter låsing»: what came late, what it belongs with, and what it did."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.domain.periods import Month
from klientbro.ledger.queries import account, late_vouchers
from klientbro.ledger.queries.late import PAGE_SIZE, REASONS, LateFilter
from klientbro.ledger.rows import BooksState
from klientbro.lib.dates import oslo_date
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.exports import KINDS, export
from klientbro.practice.books.late import late_filter, late_sheet, reason_title
from klientbro.practice.books.links import export_links
from klientbro.practice.books.typed import page_number
from klientbro.practice.books.views.shared import client_view, ledger_view, show
from klientbro.shell.paging import pages_of

TAB = "vouchers"


@dataclass(frozen=True, slots=True)
class ReasonChoice:
    value: str
    title: str


@require_GET
@ledger_view(TAB)
def late_changes_page(request: HttpRequest, page: ClientPage, books: BooksState) -> HttpResponse:
    """Late vouchers, newest seen first, narrowed by reason, period or account."""
    narrowed = late_filter(request.GET)
    found = late_vouchers(books.connection_id, narrowed, page_number(request.GET))
    context = {
        "narrowed": narrowed,
        "is_narrowed": narrowed != LateFilter(),
        "account": account(books.connection_id, narrowed.account_id)
        if narrowed.account_id
        else None,
        "reasons": [ReasonChoice(reason, reason_title(reason)) for reason in REASONS],
        "months": _months(books),
        "found": found,
        "pages": pages_of(request, found.total_rows, PAGE_SIZE),
        "files": export_links(request, "late_changes_file", page.client.public_id),
    }
    return show(request, page, TAB, "practice/books/late_changes.html", context)


@require_GET
@client_view
def late_changes_file(request: HttpRequest, page: ClientPage, kind: str) -> HttpResponseBase:
    """The same as a file, a line for each account and VAT code."""
    if kind not in KINDS:
        raise Http404
    books = page.usable_books()
    narrowed = late_filter(request.GET)
    return export(
        page.client.firm_id,
        books.connection_id,
        lambda: late_sheet(page, narrowed),
        kind,
        _("changed-after-locking"),
    )


def _months(books: BooksState) -> tuple[Month, ...]:
    """Every month the books reach over, newest first."""
    first = books.first_month
    last = books.last_month or (Month.of(oslo_date(books.as_of)) if books.as_of else None)
    if first is None or last is None:
        return ()
    count = max(first.months_until(last), 0)
    return tuple(last.plus(-step) for step in range(count + 1))
