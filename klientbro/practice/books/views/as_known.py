"""«Slik den sto»: the trial balance as it stood to our knowledge at a moment, beside today's."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from klientbro.ledger.queries import first_known_at, trial_balance_as_known, trial_balance_of
from klientbro.ledger.rows import BooksState
from klientbro.lib.dates import to_oslo
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.links import export_links
from klientbro.practice.books.periods import ChosenPeriod, period_links
from klientbro.practice.books.sheets_as_known import compared_sections
from klientbro.practice.books.views.shared import show

ASKED = "kjent"  # the name in the address


def as_known_page(
    request: HttpRequest,
    page: ClientPage,
    books: BooksState,
    chosen: ChosenPeriod,
    views: tuple[str, ...],
    moment: datetime,
) -> HttpResponse:
    """What we knew then; a moment that has not been yet is said, not answered.

    The financial year of the period is today's, also where it has been another.
    """
    now = timezone.now()
    is_ahead = moment > now
    known = None if is_ahead else trial_balance_as_known(books, chosen.period, moment, now)
    then = known.sheet if known is not None else None
    today = trial_balance_of(books, chosen.period)
    is_missing = then is None or then.total.closing is None
    context = {
        "chosen": chosen,
        "moment": moment,
        "is_ahead": is_ahead,
        "known": known,
        "then": then,
        "today": today,
        "is_missing": is_missing,
        "sections": () if then is None or today is None else compared_sections(then, today),
        "first_known": first_known_at(books.connection_id),
        "links": period_links(request.GET, chosen, views),
        "files": export_links(request, "trial_balance_file", page.client.public_id),
        "as_known_value": to_oslo(moment).strftime("%Y-%m-%dT%H:%M"),
        "as_known_latest": latest_asked(),
        "account_query": chosen.query(),
    }
    template = "practice/books/trial_balance_as_known.html"
    return show(request, page, "trial_balance", template, context)


def latest_asked() -> str:
    """Now on a Norwegian clock, as the field for a moment takes it: later cannot be asked for."""
    return to_oslo(timezone.now()).strftime("%Y-%m-%dT%H:%M")
