"""«Hent nå», and the decision about postings that are gone from the source."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from klientbro.portal.views.shared import (
    REFUSED,
    done,
    find_connection,
    in_place,
    list_address,
    portal_view,
    show_dialog,
)
from klientbro.sync.history_hold import hold_history, resume_history
from klientbro.sync.models import State
from klientbro.sync.services import accept_vanishing, queue_sync


@portal_view
@require_POST
def fetch_now(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Puts the client first in line; what is new comes before its own history."""
    connection = find_connection(system, connection_id)
    if not connection.is_active:
        text = _("%(name)s is inactive. Activate it to fetch.") % {"name": connection.name}
        return in_place(request, connection, text, tone="danger", status=REFUSED)
    queue_sync(connection, reason="looking")
    text = _("%(name)s is being fetched.") % {"name": connection.name}
    if "runs" in request.POST:
        address = reverse("portal:runs", args=[system, connection_id])
        return done(request, address, text, messages.INFO)
    return in_place(request, connection, text, tone="info", wakes=True)


@portal_view
@require_POST
def hold_or_resume(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """«Sett historikk på vent», and back again. What is fetched stays as it is."""
    connection = find_connection(system, connection_id)
    name = {"name": connection.name}
    if request.POST.get("history") == "hold":
        hold_history(connection)
        text = _("%(name)s: older years are on hold. What has been fetched stays.") % name
    else:
        resume_history(connection)
        text = _("%(name)s: older years are being fetched again.") % name
    return done(request, reverse("portal:runs", args=[system, connection_id]), text, messages.INFO)


@portal_view
@require_http_methods(["GET", "POST"])
def vanished(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Says how much is gone and what it may mean; only a person can accept it."""
    connection = find_connection(system, connection_id)
    state = State.objects.filter(connection=connection, cause="vanished").first()
    if request.method == "POST" and state is not None and connection.is_active:
        accept_vanishing(connection)
        text = _("Accepted. %(name)s is read anew, and history keeps what was there.") % {
            "name": connection.name
        }
        return done(request, list_address(request, connection.integration), text)
    detail = state.cause_detail if state is not None else {}
    return show_dialog(
        request,
        "portal/dialogs/vanished.html",
        connection.integration,
        connection,
        is_waiting=state is not None,
        count=detail.get("count"),
        types=detail.get("types") or [],
    )
