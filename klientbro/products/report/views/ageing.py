"""Ageing: what customers owe and suppliers are owed on a day, by how long it is overdue."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from klientbro.domain.reporting.ageing import Side
from klientbro.ledger.queries.reporting import item_snapshots
from klientbro.practice.books.access import ClientPage
from klientbro.practice.books.typed import typed_text
from klientbro.practice.books.views.shared import show
from klientbro.products.report.open_items import BANDS, side_on, wanted_day
from klientbro.products.report.sheet import ReportSheet
from klientbro.products.report.texts import band_words
from klientbro.products.report.views.shared import TAB, frame, sheet_page
from klientbro.sync.attention import work_on_items


@require_GET
@sheet_page
def ageing_page(request: HttpRequest, page: ClientPage, sheet: ReportSheet) -> HttpResponse:
    """Both sides on the day asked for, the month's end, or the newest before it."""
    snapshots = item_snapshots(sheet.state.connection_id)
    day = wanted_day(sheet, typed_text(request.GET, "dag"))
    sides = [side_on(side, snapshots, day) for side in Side]
    if sheet.month.last_day < sheet.today:
        # somebody looks at the month: its open items are fetched if they are not here
        work_on_items(sheet.state.connection_id, sheet.month.last_day)
    context: dict[str, Any] = frame(request, sheet, "ageing") | {
        "sides": sides,
        "day": day,
        "days": sorted({one.as_of for one in snapshots}, reverse=True)[:24],
        "band_names": [band_words(band) for band in BANDS],
        "is_another_day": any(one.snapshot and one.snapshot.as_of != day for one in sides),
    }
    return show(request, page, TAB, "report/ageing.html", context)
