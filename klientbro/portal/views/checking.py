"""«Kontroller nøkkelen»: asks the source about the stored key, and sets ApiAktiv by its answer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.rights import rights_in_words
from klientbro.clients.services import apply_key_check, begin_key_check
from klientbro.portal.key_answers import PATIENCE, USUAL
from klientbro.portal.rows import api_title
from klientbro.portal.views.shared import (
    done,
    find_check,
    find_connection,
    list_address,
    portal_view,
    show_dialog,
)
from klientbro.sync.services import queue_key_check, queue_sync

DIALOG = "portal/dialogs/check_key.html"


@portal_view
@require_http_methods(["GET", "POST"])
def check_stored_key(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """Opening the dialog only tells what is known; its button, or the row's, asks the source."""
    connection = find_connection(system, connection_id)
    if request.method == "GET":
        return _show(request, connection, "ask")
    try:
        check = begin_key_check(
            connection.integration, "", user_id=request.user.pk, connection=connection
        )
    except RefusedError as error:
        return _show(request, connection, "refused", text=str(error))
    queue_key_check(check.pk)
    return _show(request, connection, "working", check)


@portal_view
@require_POST
def check_stored_key_answer(
    request: HttpRequest, system: str, connection_id: UUID, check_id: UUID
) -> HttpResponse:
    """Asked until the source has answered."""
    connection = find_connection(system, connection_id)
    check = find_check(request, check_id, integration=connection.integration, connection=connection)
    if check.state != KeyCheck.State.DONE:
        is_late = timezone.now() - check.created_at > PATIENCE
        return _show(request, connection, "unreachable" if is_late else "working", check)
    if check.outcome == KeyCheck.Outcome.UNREACHABLE:
        return _show(request, connection, "unreachable", check)
    try:
        checked = apply_key_check(connection, check, confirmed="confirmed" in request.POST)
    except RefusedError as error:
        what = "confirm" if error.code == "confirm_identifier" else "refused"
        return _show(request, connection, what, check, text=str(error))
    if checked.is_active and checked.api_active:
        queue_sync(checked, reason="looking")
    level = messages.SUCCESS if checked.api_active else messages.WARNING
    return done(request, list_address(request, checked.integration), checked_text(checked), level)


def checked_text(connection: Connection) -> str:
    """What the check said, in one sentence."""
    if connection.api_active:
        return _("The key of %(name)s works.") % {"name": connection.name}
    if connection.missing_rights:
        rights = rights_in_words(connection.missing_rights)
        return _("The key of %(name)s lacks access to %(rights)s.") % {
            "name": connection.name,
            "rights": rights,
        }
    if connection.key_check_cause == "wrong_company":
        return _("The key of %(name)s belongs to another company.") % {"name": connection.name}
    if connection.key_check_cause == "key_rejected":
        return _("The key of %(name)s is rejected. Paste in a new one with Repair.") % {
            "name": connection.name
        }
    return _("The key of %(name)s could not be checked. Try again.") % {"name": connection.name}


def _show(
    request: HttpRequest,
    connection: Connection,
    what: str,
    check: KeyCheck | None = None,
    text: str = "",
) -> HttpResponse:
    ids = [connection.integration.system, connection.public_id]
    address = reverse("portal:check_key", args=ids)
    if check is not None:
        address = reverse("portal:check_key_answer", args=[*ids, check.public_id])
    return show_dialog(
        request,
        DIALOG,
        connection.integration,
        connection,
        what=what,
        address=address,
        again=reverse("portal:check_key", args=ids),
        text=text,
        known=api_title(connection),
        is_slow=check is not None and timezone.now() - check.created_at >= USUAL,
    )
