"""«Slett» and «Slett system»: what goes, what stays, and a yes before either. P-47, P-50."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from klientbro.clients.services import delete_connection, delete_integration
from klientbro.portal.queries import counts
from klientbro.portal.views.shared import (
    REFUSED,
    done,
    find_connection,
    find_integration,
    list_address,
    portal_view,
    show_dialog,
    system_title,
)
from klientbro.sync.services import forget_sync


@portal_view
@require_http_methods(["GET", "POST"])
def delete_client(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Names the client and says what happens to its books; an active one is deactivated first."""
    connection = find_connection(system, connection_id)
    if request.method == "GET":
        return show_dialog(
            request,
            "portal/dialogs/delete_client.html",
            connection.integration,
            connection,
            has_books=connection.activated_at is not None,
        )
    integration = connection.integration
    delete_connection(connection)
    forget_sync(connection)
    text = _("%(name)s has been deleted, and its key destroyed.") % {"name": connection.name}
    return done(request, list_address(request, integration), text)


@portal_view
@require_http_methods(["GET", "POST"])
def delete_system(request: HttpRequest, system: str) -> HttpResponse:
    """With clients in it the system's name must be typed."""
    integration = find_integration(system)
    title = system_title(system)
    found = counts([integration.pk], months=False)[integration.pk]
    typed = " ".join(request.POST.get("confirmation", "").split())
    is_confirmed = not found.total or typed.casefold() == title.casefold()
    if request.method == "GET" or not is_confirmed:
        response = show_dialog(
            request,
            "portal/dialogs/delete_system.html",
            integration,
            counts=found,
            typed=typed,
            has_error=request.method == "POST",
        )
        response.status_code = REFUSED if request.method == "POST" else 200
        return response
    for connection in delete_integration(integration):
        forget_sync(connection)
    text = _("%(system)s has been deleted with all its keys.") % {"system": title}
    return done(request, reverse("portal:integrations"), text)
