"""One integration: its header, filters and client table, and the rows that update themselves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from klientbro.clients.models import Connection
from klientbro.portal.chips import chips, sort_links
from klientbro.portal.queries import PAGE_SIZE, ListQuery, counts, list_part
from klientbro.portal.rows import rows_of
from klientbro.portal.views.shared import (
    find_integration,
    list_address,
    portal_view,
    system_name,
    system_title,
    updates,
)
from klientbro.practice.permissions import acts_in
from klientbro.shell.paging import PARAMETER, pages_of

MOST_WATCHED = PAGE_SIZE


@portal_view
@require_GET
def integration_page(request: HttpRequest, system: str) -> HttpResponse:
    """The page of P-31 to P-35, fifty rows at a time. A fixed number of statements."""
    integration = find_integration(system)
    query = ListQuery.read(request.GET)
    address = list_address(request, integration)
    if query.is_personal_number:
        # it stands in the address now: take it out again and keep it out of what is logged later
        messages.warning(
            request,
            _("Search by name or organisation number. A personal number is never searched for."),
        )
        return HttpResponseRedirect(address)
    wanted = _wanted_page(request)
    counted, total, ids = list_part(integration.pk, query, offset=(wanted - 1) * PAGE_SIZE)
    pages = pages_of(request, total, PAGE_SIZE)
    if pages.number != wanted:  # past the end: the last page there is
        counted, total, ids = list_part(integration.pk, query, offset=pages.offset)
    rows = rows_of(ids, acts_in(request))
    context: dict[str, Any] = {
        "integration": integration,
        "title": system_title(system),
        "system_name": system_name(system),
        "address": address,
        "counts": counted,
        "query": query,
        "chips": chips(address, query, counted),
        "sorts": sort_links(address, query),
        "rows": rows,
        "is_busy": any(row.is_busy for row in rows),
        "total": total,
        "pages": pages,
    }
    return render(request, "portal/integration.html", context)


@portal_view
@require_GET
def busy_rows(request: HttpRequest, system: str) -> HttpResponse:
    """The rows that were busy, as they are now, with the counters. One request for all of them."""
    integration = find_integration(system)
    wanted = [_uuid(text) for text in request.GET.getlist("id")[:MOST_WATCHED]]
    ids = list(
        Connection.objects.filter(
            public_id__in=[one for one in wanted if one], integration=integration, deleted_at=None
        ).values_list("pk", flat=True)
    )
    return updates(request, integration, ids, is_poll=True)


@portal_view
@require_GET
def sealed_months(request: HttpRequest, system: str) -> HttpResponse:
    """The head's «42 104 av 42 109 måneder avstemt», asked for when the page is on screen."""
    integration = find_integration(system)
    counted = counts([integration.pk])[integration.pk]
    context = {"counts": counted, "address": list_address(request, integration)}
    return render(request, "portal/parts/months.html", context)


def _wanted_page(request: HttpRequest) -> int:
    """The page in the address, before it is known how many there are."""
    text = request.GET.get(PARAMETER, "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
