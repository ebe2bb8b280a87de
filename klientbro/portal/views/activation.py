"""Aktiver, Deaktiver, Aktiver alle, Deaktiver alle. P-55 to P-64."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.services import activate, activate_all, deactivate, deactivate_all
from klientbro.portal.queries import counts
from klientbro.portal.views.shared import (
    REFUSED,
    done,
    find_connection,
    find_integration,
    in_place,
    list_address,
    portal_view,
    show_dialog,
)
from klientbro.sync.services import forget_sync, queue_first_syncs, queue_sync


@portal_view
@require_POST
def activate_client(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Chooses the client and queues its first fetch; refused, the row stays as it is."""
    connection = find_connection(system, connection_id)
    try:
        is_changed = activate(connection)
    except RefusedError as error:
        return in_place(request, connection, str(error), tone="danger", status=REFUSED)
    connection.refresh_from_db()
    if is_changed:
        queue_sync(connection, reason="first")
    text = _("%(name)s is active. Its books are being fetched.") % {"name": connection.name}
    return in_place(request, connection, text, wakes=True)


@portal_view
@require_POST
def deactivate_client(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Stops fetching; what has been fetched stays."""
    connection = find_connection(system, connection_id)
    if deactivate(connection):
        forget_sync(connection)
    text = _("%(name)s is inactive. What has been fetched stays.") % {"name": connection.name}
    return in_place(request, connection, text)


@portal_view
@require_http_methods(["GET", "POST"])
def activate_all_clients(request: HttpRequest, system: str) -> HttpResponse:
    """Asks first; then activates every eligible client and tells of the rest, one by one (P-60)."""
    integration = find_integration(system)
    if request.method == "GET":
        found = counts([integration.pk], months=False)[integration.pk]
        return show_dialog(
            request, "portal/dialogs/activate_all.html", integration, count=found.inactive
        )
    activated, refused = activate_all(integration)
    queue_first_syncs(activated)
    text = ngettext(
        "%(count)s client was activated.", "%(count)s clients were activated.", len(activated)
    ) % {"count": len(activated)}
    if not refused:
        return done(request, list_address(request, integration), text)
    return show_dialog(
        request,
        "portal/dialogs/activate_all_report.html",
        integration,
        text=text,
        refused=refused,
    )


@portal_view
@require_http_methods(["GET", "POST"])
def deactivate_all_clients(request: HttpRequest, system: str) -> HttpResponse:
    """Sets all inactive after a yes; a second press changes nothing (P-61)."""
    integration = find_integration(system)
    if request.method == "GET":
        found = counts([integration.pk], months=False)[integration.pk]
        return show_dialog(
            request, "portal/dialogs/deactivate_all.html", integration, count=found.active
        )
    deactivated = deactivate_all(integration)
    for connection in deactivated:
        forget_sync(connection)
    if not deactivated:
        text = _("All clients were inactive already.")
        return done(request, list_address(request, integration), text, messages.INFO)
    text = ngettext(
        "%(count)s client was deactivated. What has been fetched stays.",
        "%(count)s clients were deactivated. What has been fetched stays.",
        len(deactivated),
    ) % {"count": len(deactivated)}
    return done(request, list_address(request, integration), text)
