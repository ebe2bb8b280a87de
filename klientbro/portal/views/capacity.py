"""«Kapasitet»: the allowance and the queue, when each client is next, and how often is chosen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.models import Connection
from klientbro.portal.capacity_rows import (
    FREQUENCIES,
    HOURS,
    PAGE_SIZE,
    about_when,
    chart_of,
    client_rows,
    consequences,
    duration,
    queue_rows,
    round_sentence,
    running_rows,
    uses_and_matches,
)
from klientbro.portal.views.shared import REFUSED, is_htmx, portal_view
from klientbro.shell.paging import pages_of
from klientbro.shell.toasts import toast
from klientbro.sync.attention import FirmPace, choose_frequency, choose_pace, firm_pace
from klientbro.sync.capacity import capacity_now
from klientbro.sync.schedule import Frequency
from klientbro.tenants.context import current_firm


@portal_view
@require_GET
def capacity_page(request: HttpRequest) -> HttpResponse:
    """Everything on one page; the upper part renews itself."""
    search = " ".join(request.GET.get("q", "").replace("\0", "").split())[:100]
    uses, matches = uses_and_matches(search)
    pages = pages_of(request, matches, PAGE_SIZE)
    pace = firm_pace()
    context = {
        **_now(request),
        "search": search,
        "uses": uses,
        "pages": pages,
        "clients": client_rows(search, pages.offset),
        "pace": pace,
        "frequencies": FREQUENCIES.items(),
        "consequences": consequences(uses),
        "round": round_sentence(uses.total),
        "hour_choices": range(25),
    }
    return render(request, "portal/capacity.html", context)


@portal_view
@require_GET
def capacity_part(request: HttpRequest) -> HttpResponse:
    """The upper part alone, for a page that stays open."""
    return render(request, "portal/parts/capacity_now.html", _now(request))


@portal_view
@require_POST
def set_firm_pace(request: HttpRequest) -> HttpResponse:
    """How often all clients are fetched, and in which hours."""
    try:
        pace = FirmPace(
            Frequency(request.POST.get("frequency", "")),
            int(request.POST.get("from_hour", "")),
            int(request.POST.get("to_hour", "")),
        )
        choose_pace(pace)
    except ValueError:
        text = _("Choose how often, and an hour to open before the hour to close.")
        if is_htmx(request):
            return toast(HttpResponse(status=REFUSED), text, "danger")
        messages.error(request, text)
        return HttpResponseRedirect(reverse("portal:capacity"))
    messages.success(request, _("The new pace holds from now."))
    return HttpResponseRedirect(reverse("portal:capacity"))


@portal_view
@require_POST
def set_client_pace(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """How often one client is fetched; nothing chosen follows the firm."""
    connection = Connection.objects.filter(public_id=connection_id, deleted_at=None).first()
    if connection is None:
        raise Http404
    chosen = request.POST.get("frequency", "")
    try:
        frequency = Frequency(chosen) if chosen else None
    except ValueError:
        return toast(HttpResponse(status=REFUSED), _("Choose how often from the list."), "danger")
    choose_frequency(connection.pk, frequency)
    text = _("%(name)s: the new pace holds from now.") % {"name": connection.name}
    if is_htmx(request):
        response = HttpResponse(status=200)
        response["HX-Reswap"] = "none"
        return toast(response, text)
    messages.success(request, text)
    return HttpResponseRedirect(reverse("portal:capacity"))


def _now(request: HttpRequest) -> dict[str, Any]:
    asked = request.GET.get("timer", "")
    hours = int(asked) if asked in {str(each) for each in HOURS} else HOURS[0]
    capacity = capacity_now(current_firm(), minutes=60 * hours)
    return {
        "capacity": capacity,
        "chart": chart_of(capacity, hours),
        "hours": hours,
        "hours_choices": HOURS,
        "queue": queue_rows(capacity),
        "running": running_rows(),
        "finished": about_when(capacity.seconds_to_finish, capacity.at)
        if capacity.requests
        else "–",
        "longest": duration(capacity.oldest_waited_seconds),
        "closed": duration(capacity.closed_seconds) if capacity.closed_seconds else "",
    }
