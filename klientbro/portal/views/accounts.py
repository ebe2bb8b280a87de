"""«Slett gamle kontoer»: the list, then a yes, then what was removed and what was kept. P-49."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from klientbro.ledger.services import close_stale_accounts, stale_accounts
from klientbro.portal.views.shared import find_connection, portal_view, show_dialog


@portal_view
@require_http_methods(["GET", "POST"])
def old_accounts(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Accounts gone from the source: those without figures can go, the others stay with why."""
    connection = find_connection(system, connection_id)
    if request.method == "POST" and connection.is_active:
        closed = close_stale_accounts(connection.pk)
        removed, kept, is_done = closed.removed, closed.kept, True
    else:
        stale = stale_accounts(connection.pk)
        removed = tuple(one for one in stale if one.carries_nothing)
        kept = tuple(one for one in stale if not one.carries_nothing)
        is_done = False
    return show_dialog(
        request,
        "portal/dialogs/old_accounts.html",
        connection.integration,
        connection,
        removed=removed,
        kept=kept,
        is_done=is_done,
    )
