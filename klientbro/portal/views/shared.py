"""What the portal's views share: who may look, finding rows, dialogs, and answers in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from klientbro.clients.models import Connection, Integration, KeyCheck
from klientbro.clients.services import Choices, read_choices
from klientbro.connectors.registry import connectors
from klientbro.domain.periods import Month
from klientbro.portal.chips import chips
from klientbro.portal.queries import ListQuery, counts
from klientbro.portal.rows import rows_of
from klientbro.practice.permissions import acts_in
from klientbro.shell.toasts import Tone, toast
from klientbro.sync.chosen import books_begin_on
from klientbro.tenants.context import current_firm

REFUSED = 422
View = Callable[..., HttpResponseBase]


def portal_view(view: View) -> View:
    """For a signed-in person of a firm; the database hides other firms' rows: 404."""

    @wraps(view)
    def wrapped(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
        if current_firm() is None:
            raise Http404
        response = view(request, **arguments)
        add_never_cache_headers(response)
        return response

    return login_required(wrapped)


def find_integration(system: str) -> Integration:
    """The firm's integration with a system; 404 when there is none."""
    found = Integration.objects.filter(system=system, retired_system="").first()
    if found is None:
        raise Http404
    return found


def find_connection(system: str, connection_id: UUID) -> Connection:
    """A living connection of the firm; 404 when it is unknown, deleted or another firm's."""
    found = (
        Connection.objects.filter(
            public_id=connection_id, integration__system=system, deleted_at=None
        )
        .select_related("integration", "client")
        .first()
    )
    if found is None:
        raise Http404
    return found


def find_check(
    request: HttpRequest,
    check_id: UUID,
    *,
    integration: Integration,
    connection: Connection | None = None,
) -> KeyCheck:
    """The signed-in person's own question to the source; 404 for anybody else's."""
    found = KeyCheck.objects.filter(
        public_id=check_id,
        integration=integration,
        connection=connection,
        created_by_id=request.user.pk,
    ).first()
    if found is None:
        raise Http404
    return found


def system_title(system: str) -> str:
    """The system's name as the portal lists it: PowerofficeGo."""
    known = connectors().get(system)
    return known.title if known else system


def system_name(system: str) -> str:
    """The system's own name in sentences: PowerOffice Go."""
    known = connectors().get(system)
    return known.name if known else system


def choices_of(request: HttpRequest, connection: Connection | None = None) -> Choices | None:
    """«Flere valg» as sent; None where the form did not have them. RefusedError names the field."""
    asked = request.POST
    if "fetch_from" not in asked and "year_start_month" not in asked:
        return None
    return read_choices(
        asked.get("fetch_from", ""),
        asked.get("year_start_month", ""),
        today=timezone.localdate(),
        books_begin=books_begin_on(connection.pk) if connection is not None else None,
    )


def months_of_year() -> list[tuple[int, str]]:
    """The months to choose from, by their number."""
    return [(number, _(Month(2000, number).name)) for number in range(1, 13)]


def is_htmx(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def show_dialog(
    request: HttpRequest,
    template: str,
    integration: Integration | None = None,
    connection: Connection | None = None,
    **context: Any,
) -> HttpResponse:
    """The dialog's content for htmx; a page of its own without script."""
    shared: dict[str, Any] = {
        "integration": integration,
        "connection": connection,
        "dialog": template,
        "back": list_address(request, integration),
    }
    if integration is not None:
        shared |= {"title": system_title(integration.system)}
        shared |= {"system_name": system_name(integration.system)}
    page = template if is_htmx(request) else "portal/dialog_page.html"
    return render(request, page, shared | context)


def list_address(request: HttpRequest, integration: Integration | None) -> str:
    """The list a dialog was opened from."""
    if integration is None:
        return reverse("portal:integrations")
    return reverse("portal:integration", args=[integration.system])


def done(
    request: HttpRequest, address: str, text: str = "", level: int = messages.SUCCESS
) -> HttpResponse:
    """Back to the list with a message. The page is loaded anew where the person was."""
    if text:
        messages.add_message(request, level, text)
    if not is_htmx(request):
        return HttpResponseRedirect(address)
    response = HttpResponse(status=200)
    here = request.headers.get("HX-Current-URL", "")
    if here.partition("?")[0].endswith(address):
        response["HX-Refresh"] = "true"
    else:
        response["HX-Redirect"] = address
    return response


def page_query(request: HttpRequest) -> ListQuery:
    """What the list on screen asks for, also when only a part of it is fetched."""
    if is_htmx(request):
        asked = request.headers.get("HX-Current-URL", "").partition("?")[2].partition("#")[0]
        return ListQuery.read(QueryDict(asked))
    return ListQuery.read(request.GET)


def updates(
    request: HttpRequest,
    integration: Integration,
    connection_ids: Sequence[int],
    *,
    is_poll: bool = False,
) -> HttpResponse:
    """Rows and counters to be put where they belong, out of band."""
    rows = rows_of(connection_ids, acts_in(request))
    counted = counts([integration.pk], months=False)[integration.pk]
    address = list_address(request, integration)
    context = {
        "rows": rows,
        "counts": counted,
        "chips": chips(address, page_query(request), counted),
        "address": address,
        "is_busy": any(row.is_busy for row in rows),
        "is_poll": is_poll,
    }
    response = render(request, "portal/parts/updates.html", context)
    if is_poll and not context["is_busy"]:
        trigger_client_event(response, "kb:sealed", {})  # the head's months are counted anew
    return response


def in_place(
    request: HttpRequest,
    connection: Connection,
    text: str,
    *,
    tone: Tone = "success",
    wakes: bool = False,
    status: int = 200,
) -> HttpResponse:
    """The row and the counters anew, with a message; `wakes` starts the page's own updating."""
    integration = connection.integration
    if not is_htmx(request):
        level = messages.SUCCESS if tone == "success" else messages.ERROR
        return done(request, list_address(request, integration), text, level)
    response = updates(request, integration, [connection.pk])
    response.status_code = status
    response["HX-Reswap"] = "none"
    if wakes:
        trigger_client_event(response, "kb:busy", {}, after="settle")
    return toast(response, text, tone)
