"""The firm's audit log as pages: what was done, its export, and the month's access review."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from klientbro.audit.services import note
from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.csv import Cell, csv_lines
from klientbro.operations.log_reviews import months_to_review, reveals_of, sign
from klientbro.operations.log_rows import (
    Asked,
    asked_in,
    entries,
    names_of_people,
    page_of,
    rows_of,
)
from klientbro.operations.log_words import ACTS, KINDS
from klientbro.practice.pages import REFUSED, lead_on, person, product_view, read_month
from klientbro.tenants.context import current_firm, firm

ROWS_AT_ONCE = 1_000
LONGEST_REMARK = 2_000


@never_cache
@require_safe
@product_view
def log_page(request: HttpRequest) -> HttpResponse:
    """A page of entries, the newest first, narrowed as the address says."""
    asked = asked_in(request.GET)
    people = names_of_people()
    rows, older = ([], None) if asked.problems else page_of(asked, people)
    context = {
        "asked": asked,
        "rows": rows,
        "older": older,
        "people": sorted(people.items(), key=lambda one: one[1].lower()),
        "kinds": sorted(((key, str(word)) for key, word in KINDS.items()), key=lambda one: one[1]),
        "acts": [(key, str(word)) for key, word in ACTS.items()],
    }
    return render(
        request, "operations/log.html", context, status=REFUSED if asked.problems else 200
    )


@never_cache
@require_POST
@product_view
def log_export(request: HttpRequest) -> HttpResponseBase:
    """Every entry asked for as CSV, with its hash; the export itself is an entry."""
    asked, firm_id = asked_in(request.POST), current_firm()
    if asked.problems or firm_id is None:
        messages.error(request, " ".join(asked.problems))
        return lead_on(request, reverse("operations:log"))
    note("export", "audit_entry", told={"rows": entries(asked).count()})
    language = translation.get_language()

    def body() -> Iterator[bytes]:  # runs after this request's transaction
        with firm(firm_id), translation.override(language):
            yield from csv_lines(_export_rows(asked))

    response = StreamingHttpResponse(body(), content_type="text/csv; charset=utf-8")
    name = f"{_('log')}-{localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _export_rows(asked: Asked) -> Iterator[tuple[Cell, ...]]:
    yield (
        _("Number"), _("Time"), _("Who"), _("Address"), _("What"), _("Act"), _("Client"),
        _("Before"), _("After"), _("Hash"),
    )  # fmt: skip
    below, people = asked.before, names_of_people()
    while True:
        found = entries(asked)
        if below is not None:
            found = found.filter(number__lt=below)
        batch = list(found[:ROWS_AT_ONCE])
        for entry, row in zip(batch, rows_of(batch, people), strict=True):
            yield (
                row.number, row.at.isoformat(timespec="seconds"), row.who, row.address, row.kind,
                row.act, row.client, _text(entry.before), _text(entry.after),
                bytes(entry.hash).hex(),
            )  # fmt: skip
        if len(batch) < ROWS_AT_ONCE:
            return
        below = batch[-1].number


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if value else ""


@never_cache
@require_safe
@product_view
def reviews_page(request: HttpRequest) -> HttpResponse:
    """The ended months: who looked at personal numbers and at what, and who has signed."""
    return render(request, "operations/reviews.html", {"months": months_to_review()})


@never_cache
@require_safe
@product_view
def review_page(request: HttpRequest, month: str) -> HttpResponse:
    """One month's reveals and sign-ins that failed, to look through and sign."""
    review = reveals_of(read_month(month).first_day)
    return render(request, "operations/review.html", {"review": review})


@never_cache
@require_POST
@product_view
def sign_review(request: HttpRequest, month: str) -> HttpResponseBase:
    """The administrator has looked; a month is signed once, and not before it has ended."""
    first = read_month(month).first_day
    refused = sign(
        first,
        person(request).pk,
        hide_national_ids(request.POST.get("remark", ""))[:LONGEST_REMARK],
    )
    if refused:
        messages.error(request, refused)
    else:
        messages.success(request, _("The review is signed and kept."))
    return lead_on(request, reverse("operations:log_reviews"))
