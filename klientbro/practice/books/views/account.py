"""An account's postings in a period, with running balance and filters."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from klientbro.ledger.queries import account_postings, month_strip
from klientbro.ledger.queries.postings import PAGE_SIZE
from klientbro.ledger.rows import BooksState
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.links import export_links
from klientbro.practice.books.periods import (
    SINGLE_MONTH,
    WHOLE_YEAR,
    YEAR_TO_DATE,
    chosen_period,
    period_links,
)
from klientbro.practice.books.typed import page_number, posting_filter, unread_fields
from klientbro.practice.books.views.shared import ledger_view, show
from klientbro.shell.paging import pages_of

TAB = "trial_balance"
VIEWS = (YEAR_TO_DATE, SINGLE_MONTH, WHOLE_YEAR)


@require_GET
@ledger_view(TAB)
def account_page(
    request: HttpRequest, page: ClientPage, books: BooksState, account_id: str
) -> HttpResponse:
    """One page of the account's postings."""
    chosen = chosen_period(books, request.GET, page.today, VIEWS)
    narrowed = posting_filter(request.GET)
    postings = account_postings(
        books, account_id, chosen.period, narrowed, page_number(request.GET)
    )
    if postings is None:
        raise Http404
    strip = month_strip(books, chosen.year, page.today)
    context = {
        "chosen": chosen,
        "narrowed": narrowed,
        "asked": request.GET,
        "unread": unread_fields(request.GET),
        "postings": postings,
        "account": postings.account,
        "mark": next(mark for mark in strip if mark.month == chosen.month),
        "pages": pages_of(request, postings.total_rows, PAGE_SIZE),
        "links": period_links(request.GET, chosen, VIEWS),
        "files": export_links(request, "postings_file", page.client.public_id, account_id),
        "sheet_link": reverse("books:trial_balance", args=[page.client.public_id])
        + chosen.query(view=YEAR_TO_DATE if chosen.view == WHOLE_YEAR else chosen.view),
    }
    return show(request, page, TAB, "practice/books/account.html", context)
