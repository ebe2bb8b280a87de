"""What Oversikt's views share: the month and choice of the address, and dialogs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from klientbro.domain.periods import Month
from klientbro.products.overview.listing import Choice, Show

LONGEST = 100
MONTHS_BACK, MONTHS_AHEAD = 18, 2
MONTH, SHOW, SEARCH, RESPONSIBLE, LABEL = "maned", "vis", "q", "ansvarlig", "etikett"


def chosen_month(asked: QueryDict) -> Month:
    """The month of the address; else the last one that has ended."""
    latest = Month.of(timezone.localdate())
    try:
        month = Month.parse(asked.get(MONTH, ""))
    except ValueError:
        return latest.previous()
    first, last = latest.plus(-MONTHS_BACK), latest.plus(MONTHS_AHEAD)
    return min(max(month, first), last)


def choice_of(asked: QueryDict) -> Choice:
    """What the address narrows the list down to; what cannot be read is left out."""
    show = asked.get(SHOW, "")
    text = "".join(char for char in asked.get(SEARCH, "") if char.isprintable())
    return Choice(
        show=Show(show) if show in set(Show) else Show.ALL,
        search=" ".join(text.split())[:LONGEST],
        responsible=_number(asked.get(RESPONSIBLE, "")),
        label=_number(asked.get(LABEL, "")),
    )


def address_of(asked: QueryDict) -> str:
    """Oversikt's address with the month and choice kept, and nothing else."""
    kept = {
        name: asked[name] for name in (MONTH, SHOW, SEARCH, RESPONSIBLE, LABEL) if asked.get(name)
    }
    return reverse("overview:list") + (f"?{urlencode(kept)}" if kept else "")


def dialog(
    request: HttpRequest, template: str, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A dialog's content; on a page of its own when asked for without htmx."""
    is_part = request.headers.get("HX-Request") == "true"
    if not is_part:
        context = {**context, "dialog": template}
        template = "overview/dialog_page.html"
    return render(request, template, context, status=status)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
