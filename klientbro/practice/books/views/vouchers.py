"""Vouchers: the list, one with all that belongs to it, and what came after locking."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from klientbro.domain.vouchers import VoucherType
from klientbro.ledger.queries import (
    effect_of_late_change,
    month_strip,
    vouchers,
)
from klientbro.ledger.queries.vouchers import PAGE_SIZE
from klientbro.ledger.rows import BooksState
from klientbro.practice.books.access import ClientPage, wanted_voucher
from klientbro.practice.books.history import history_of
from klientbro.practice.books.links import export_links
from klientbro.practice.books.periods import SINGLE_MONTH, WHOLE_YEAR, chosen_period, period_links
from klientbro.practice.books.typed import page_number, typed_text, voucher_filter
from klientbro.practice.books.views.shared import ledger_view, show
from klientbro.shell.paging import pages_of

TAB = "vouchers"
VIEWS = (SINGLE_MONTH, WHOLE_YEAR)


@require_GET
@ledger_view(TAB)
def vouchers_page(request: HttpRequest, page: ClientPage, books: BooksState) -> HttpResponse:
    """The vouchers of a month, or those with a number in any month."""
    chosen = chosen_period(books, request.GET, page.today, VIEWS)
    narrowed = voucher_filter(request.GET)
    found = vouchers(books, chosen.period, narrowed, page_number(request.GET))
    strip = month_strip(books, chosen.year, page.today)
    context = {
        "chosen": chosen,
        "narrowed": narrowed,
        "search": typed_text(request.GET, "q"),
        "types": [(type_.value, type_.label) for type_ in VoucherType],
        "found": found,
        "is_whole": books.is_covered(chosen.period.first),
        "mark": next(mark for mark in strip if mark.month == chosen.month),
        "pages": pages_of(request, found.total_rows, PAGE_SIZE),
        "links": period_links(request.GET, chosen, VIEWS),
        "files": export_links(request, "vouchers_file", page.client.public_id),
    }
    return show(request, page, TAB, "practice/books/vouchers.html", context)


@require_GET
@ledger_view(TAB)
def voucher_page(
    request: HttpRequest, page: ClientPage, books: BooksState, voucher_no: int
) -> HttpResponse:
    """One voucher. `id` in the address tells two with the same number apart."""
    wanted = typed_text(request.GET, "id") or None
    found = wanted_voucher(page, voucher_no, wanted)
    if found is None:
        raise Http404
    late = found.late_changes[0] if found.late_changes else None
    context = {
        "voucher": found,
        "late": late,
        "effect": effect_of_late_change(books, late) if late else (),
        "history": history_of(found),
        "parties": sorted(
            {(one.party_kind, one.party or one.party_no) for one in found.lines if one.party_no}
        ),
        "files": export_links(request, "voucher_file", page.client.public_id, voucher_no),
        "can_fetch_document": books.is_active and not found.is_gone,
    }
    return show(request, page, TAB, "practice/books/voucher.html", context)
