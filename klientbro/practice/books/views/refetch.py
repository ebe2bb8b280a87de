"""«Full henting på nytt»: says what it does, takes the period, and puts the run on the queue."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from klientbro.domain.periods import Month, Period
from klientbro.ledger.rows import BooksState
from klientbro.lib.dates import format_date
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.periods import ChosenPeriod, chosen_period
from klientbro.practice.books.typed import typed_text
from klientbro.practice.books.views.shared import ledger_view, show
from klientbro.sync.services import request_refetch

ONE_MONTH, ONE_YEAR, EVERYTHING = "maned", "aar", "alt"
CHOICES = (ONE_MONTH, ONE_YEAR, EVERYTHING)


@require_http_methods(["GET", "POST"])
@ledger_view("summary")
def refetch_page(request: HttpRequest, page: ClientPage, books: BooksState) -> HttpResponse:
    """GET asks whether that is meant; POST does it."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen = chosen_period(books, asked, page.today)
    what = typed_text(asked, "hva")
    what = what if what in CHOICES else ONE_MONTH
    if request.method == "POST" and books.is_active:
        first, last = _days(what, chosen)
        request_refetch(page.connection, first, last)
        if first is None or last is None:
            messages.success(request, _("All of the books are being fetched anew."))
        else:
            values = {"first": format_date(first), "last": format_date(last)}
            text = _("The period %(first)s–%(last)s is being fetched anew.") % values
            messages.success(request, text)
        return redirect("books:summary", client_id=page.client.public_id)
    context = {"chosen": chosen, "what": what, "year": chosen.year}
    return show(request, page, "summary", "practice/books/refetch.html", context)


def _days(what: str, chosen: ChosenPeriod) -> tuple[date | None, date | None]:
    """First and last day of what is asked for; none on both sides is everything."""
    if what == EVERYTHING:
        return None, None
    month: Month = chosen.month
    period = Period(month, month) if what == ONE_MONTH else chosen.year.period
    return period.first_day, period.last_day
