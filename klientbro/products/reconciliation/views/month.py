"""A client's month: the balance list with its progress, signing many accounts, closing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.domain.periods import Month
from klientbro.practice.books.access import client_page
from klientbro.practice.books.views.shared import show
from klientbro.practice.pages import (
    lead_on,
    month_choices,
    month_name,
    person,
    product_view,
    read_month,
)
from klientbro.practice.permissions import Act, require
from klientbro.products.reconciliation.closing import close_period, reopen_period
from klientbro.products.reconciliation.documentation import carry_forward
from klientbro.products.reconciliation.kept_files import is_large
from klientbro.products.reconciliation.row_html import account_rows
from klientbro.products.reconciliation.sheet import Line, LineState, MonthSheet
from klientbro.products.reconciliation.signing import (
    Seen,
    mark_of,
    note_suspensions,
    prepare,
    review,
    sign_empty_accounts,
)
from klientbro.products.reconciliation.texts import state_words
from klientbro.products.reconciliation.timing import settled_before
from klientbro.products.reconciliation.unusual import looks_of, short_words
from klientbro.products.reconciliation.views.shared import (
    MONTHS_BACK,
    TAB,
    drafts_context,
    is_alone,
    keep_progress,
    last_month,
    refused,
    sheet_of,
)


@require_GET
@product_view
def newest_page(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The client's last ended month; 404 for a client that is not the firm's."""
    client = client_page(client_id).client
    return lead_on(
        request, reverse("reconciliation:month", args=[client.public_id, last_month().key])
    )


@require_GET
@product_view
def month_page(request: HttpRequest, client_id: UUID, month: str) -> HttpResponse:
    """Every account of the month. A fixed number of statements."""
    chosen = read_month(month)
    page, sheet = sheet_of(client_id, chosen)
    context = _context(chosen)
    if sheet is None:
        return show(request, page, TAB, "reconciliation/waiting.html", context)
    lines = shown_lines(sheet)
    context |= {
        "sheet": sheet,
        "rows": account_rows(
            [(line, state_words(line), mark_of(sheet, line)) for line in lines],
            page.client,
            chosen,
            _unusual(sheet, lines),
        ),
        "left_out": [line for line in sheet.lines if line.state is LineState.LEFT_OUT],
        "not_due": [line for line in sheet.lines if line.state is LineState.NOT_DUE],
        "counts": sheet.counts,
        "parts": parts_of(sheet),
        "unresolved": sum(_has_older_note(line, chosen) for line in sheet.lines),
        "is_large": is_large(sheet),
        "has_vat": sheet.grounds is not None and sheet.grounds.vat is not None,
        **drafts_context(sheet.books, chosen.last_day),
    }
    if has_moved(sheet):
        note_suspensions(sheet)  # written once for each cause, so that those concerned are told
    return show(request, page, TAB, "reconciliation/month.html", context)


@require_POST
@product_view
def sign_many(request: HttpRequest, client_id: UUID, month: str) -> HttpResponse:
    """Prepares or reviews the accounts that were ticked."""
    chosen = read_month(month)
    _page, sheet = sheet_of(client_id, chosen)
    address = reverse("reconciliation:month", args=[client_id, chosen.key])
    if sheet is None:
        return lead_on(request, address)
    seen = [
        Seen(account, mark)
        for account, _bar, mark in (
            text.rpartition("|") for text in request.POST.getlist("account")
        )
    ]
    if not seen:
        return lead_on(request, address, _("Choose at least one account."), messages.WARNING)
    comment = request.POST.get("comment", "")
    by = person(request)
    try:
        if request.POST.get("step") == "review":
            require(request, Act.REVIEW)
            count = review(sheet, seen, comment, by=by, may_review_own=is_alone())
            text = ngettext(
                "%(count)s account reviewed.", "%(count)s accounts reviewed.", count
            ) % {"count": count}
        else:
            count = prepare(sheet, seen, comment, by=by)
            text = ngettext(
                "%(count)s account prepared.", "%(count)s accounts prepared.", count
            ) % {"count": count}
    except RefusedError as error:
        return refused(request, address, error)
    keep_progress(client_id, chosen)
    return lead_on(request, address, text)


@require_POST
@product_view
def month_action(request: HttpRequest, client_id: UUID, month: str) -> HttpResponse:
    """Carry forward, sign empty accounts, close the month, open it again."""
    chosen = read_month(month)
    page, sheet = sheet_of(client_id, chosen)
    address = reverse("reconciliation:month", args=[client_id, chosen.key])
    by = person(request)
    client = page.client.pk
    text = ""
    try:
        match request.POST.get("action"):
            case "carry":
                count = carry_forward(client, chosen, by=by, without=settled_before(client, chosen))
                text = ngettext(
                    "%(count)s line was carried forward.",
                    "%(count)s lines were carried forward.",
                    count,
                ) % {"count": count}
            case "empty" if sheet is not None:
                require(request, Act.REVIEW)  # they are signed as reviewed too
                count = sign_empty_accounts(sheet)
                text = ngettext(
                    "%(count)s account at zero was signed automatically.",
                    "%(count)s accounts at zero were signed automatically.",
                    count,
                ) % {"count": count}
            case "close":
                require(request, Act.REVIEW)
                close_period(client, chosen, by=by)
                text = _("The month is closed. It can be opened again with a reason.")
            case "reopen":
                require(request, Act.REVIEW)
                reopen_period(client, chosen, request.POST.get("reason", ""), by=by)
                text = _("The month is open again.")
    except RefusedError as error:
        return refused(request, address, error)
    keep_progress(client_id, chosen)
    return lead_on(request, address, text)


def shown_lines(sheet: MonthSheet) -> list[Line]:
    """The accounts of the month's work, by number."""
    return [line for line in sheet.lines if line.counts]


def _unusual(sheet: MonthSheet, lines: list[Line]) -> dict[str, str]:
    """What to look at first, by account; nothing of what somebody has signed already."""
    waiting = [line for line in lines if line.prepared is None]
    return {id_: short_words(look) for id_, look in looks_of(sheet, waiting).items() if look.found}


def _has_older_note(line: Line, month: Month) -> bool:
    """Whether an earlier month left a note that nobody has resolved."""
    return any(note.month < month.first_day for note in line.documentation.notes)


def has_moved(sheet: MonthSheet) -> bool:
    """Whether any signature no longer holds."""
    return any(line.is_suspended for line in sheet.lines)


def parts_of(sheet: MonthSheet) -> list[tuple[str, int, str]]:
    """The progress bar's parts: a name for the colour, how many, and words."""
    counts = sheet.counts
    waiting = counts.prepared - counts.reviewed - counts.suspended
    rest = counts.to_do - counts.prepared - counts.differing
    parts = (
        ("done", counts.reviewed, _("reviewed")),
        ("half", waiting, _("waiting for review")),
        ("warn", counts.suspended, _("suspended")),
        ("stop", counts.differing, _("with a difference")),
        ("rest", rest, _("not prepared")),
    )
    return [part for part in parts if part[1] > 0]


def _context(month: Month) -> dict[str, Any]:
    latest = Month.of(timezone.localdate())
    return {
        "month": month,
        "month_name": month_name(month),
        "previous": month.previous(),
        "next": month.next() if month < latest else None,
        "months": month_choices(MONTHS_BACK),
    }
