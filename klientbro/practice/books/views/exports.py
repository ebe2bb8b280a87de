"""Saves what a page shows as CSV or Excel, for the same address."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.ledger.queries import account_postings
from klientbro.lib.dates import to_oslo
from klientbro.practice.books.access import ClientPage, wanted_voucher
from klientbro.practice.books.export_sheets import (
    as_known_sheet,
    postings_sheet,
    trial_balance_sheet,
    voucher_sheet,
    vouchers_sheet,
)
from klientbro.practice.books.exports import EXCEL, KINDS, MOST_EXCEL_ROWS, MakeSheet, export
from klientbro.practice.books.periods import chosen_period
from klientbro.practice.books.typed import posting_filter, typed_moment, typed_text, voucher_filter
from klientbro.practice.books.views import account as account_views
from klientbro.practice.books.views import vouchers as voucher_views
from klientbro.practice.books.views.as_known import ASKED
from klientbro.practice.books.views.shared import client_view


@require_GET
@client_view
def trial_balance_file(request: HttpRequest, page: ClientPage, kind: str) -> HttpResponseBase:
    """The trial balance of the period."""
    chosen = chosen_period(page.usable_books(), request.GET, page.today)
    moment = typed_moment(request.GET, ASKED)
    if moment is not None:
        if moment > timezone.now():
            raise Http404
        name = f"{_('trial-balance')}-{chosen.month.key}-{to_oslo(moment):%Y%m%dT%H%M}"
        return _export(page, kind, name, lambda: as_known_sheet(page, chosen.period, moment))
    name = f"{_('trial-balance')}-{chosen.month.key}"
    return _export(page, kind, name, lambda: trial_balance_sheet(page, chosen.period))


@require_GET
@client_view
def postings_file(
    request: HttpRequest, page: ClientPage, account_id: str, kind: str
) -> HttpResponseBase:
    """The account's postings of the period, narrowed as on the page."""
    books = page.usable_books()
    period = chosen_period(books, request.GET, page.today, account_views.VIEWS).period
    narrowed = posting_filter(request.GET)
    found = account_postings(books, account_id, period, narrowed, page_size=1)
    if found is None:
        raise Http404
    if kind == EXCEL and found.total_rows > MOST_EXCEL_ROWS:
        messages.error(request, _("Excel holds a million rows. Save it as CSV instead."))
        return redirect("books:account", client_id=page.client.public_id, account_id=account_id)
    name = f"{_('account')}-{found.account.number}-{period.last.key}"
    return _export(page, kind, name, lambda: postings_sheet(page, account_id, period, narrowed))


@require_GET
@client_view
def vouchers_file(request: HttpRequest, page: ClientPage, kind: str) -> HttpResponseBase:
    """The list of vouchers, narrowed as on the page."""
    period = chosen_period(page.usable_books(), request.GET, page.today, voucher_views.VIEWS).period
    narrowed = voucher_filter(request.GET)
    name = f"{_('vouchers')}-{period.last.key}"
    return _export(page, kind, name, lambda: vouchers_sheet(page, period, narrowed))


@require_GET
@client_view
def voucher_file(
    request: HttpRequest, page: ClientPage, voucher_no: int, kind: str
) -> HttpResponseBase:
    """One voucher with its lines."""
    found = wanted_voucher(page, voucher_no, typed_text(request.GET, "id") or None)
    if found is None:
        raise Http404
    return _export(page, kind, f"{_('voucher')}-{voucher_no}", lambda: voucher_sheet(page, found))


def _export(page: ClientPage, kind: str, name: str, make: MakeSheet) -> HttpResponseBase:
    if kind not in KINDS:
        raise Http404
    books = page.usable_books()
    return export(page.client.firm_id, books.connection_id, make, kind, name)
