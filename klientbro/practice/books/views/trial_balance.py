"""Saldobalanse: any month or year to date, with seals, differences and last year."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.ledger.queries import (
    last_seal,
    late_accounts,
    month_strip,
    proof_details,
    trial_balance_of,
)
from klientbro.ledger.rows import BooksState, MonthState
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.links import export_links
from klientbro.practice.books.periods import SINGLE_MONTH, YEAR_TO_DATE, chosen_period, period_links
from klientbro.practice.books.sheets import shown_sheet
from klientbro.practice.books.texts import seal_bar
from klientbro.practice.books.typed import typed_moment, typed_text
from klientbro.practice.books.views.as_known import ASKED, as_known_page, latest_asked
from klientbro.practice.books.views.shared import client_view, ledger_view, show
from klientbro.sync.services import queue_sync

TAB = "trial_balance"
VIEWS = (YEAR_TO_DATE, SINGLE_MONTH)


@require_GET
@ledger_view(TAB)
def trial_balance_page(request: HttpRequest, page: ClientPage, books: BooksState) -> HttpResponse:
    """The trial balance of the period in the address."""
    chosen = chosen_period(books, request.GET, page.today, VIEWS)
    moment = typed_moment(request.GET, ASKED)
    if moment is not None:
        return as_known_page(request, page, books, chosen, VIEWS, moment)
    search = typed_text(request.GET, "q")
    sheet = trial_balance_of(books, chosen.period)
    strip = month_strip(books, chosen.year, page.today)
    mark = next(mark for mark in strip if mark.month == chosen.month)
    proof = proof_details(books, chosen.month, page.today)
    differing = {one.account_id for one in proof.differences}
    late = late_accounts(books.connection_id, chosen.period)
    context = {
        "chosen": chosen,
        "search": search,
        "sheet": sheet,
        "shown": shown_sheet(sheet, differing, search, late) if sheet else None,
        "is_missing": sheet is None or sheet.total.closing is None,
        "strip": strip,
        "mark": mark,
        "proof": proof,
        "has_differences": mark.state is MonthState.DIFFERS and bool(proof.differences),
        "bar": seal_bar(mark, proof, strip),
        "links": period_links(request.GET, chosen, VIEWS),
        "files": export_links(request, "trial_balance_file", page.client.public_id),
        "account_query": chosen.query(),
        "as_known_latest": latest_asked(),
        "last_seal": last_seal(books.connection_id, chosen.month),
    }
    return show(request, page, TAB, "practice/books/trial_balance.html", context)


@require_POST
@client_view
def read_again(request: HttpRequest, page: ClientPage) -> HttpResponse:
    """«Les … nå»: asks for what is new and compares again, ahead of routine work."""
    queue_sync(page.connection, reason="looking")
    messages.success(request, _("The accounting system is being read again."))
    back = typed_text(request.POST, "til")
    query = f"?til={back}" if back else ""
    return redirect(f"/klienter/{page.client.public_id}/saldobalanse/{query}")
