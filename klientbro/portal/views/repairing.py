"""«Reparer»: a new key for a client whose old one died. Its id, history and books stay."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import identifier_of
from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.services import Typed, edit_connection
from klientbro.clients.services.typed import read_key
from klientbro.portal.key_answers import Answering, refused, typed_key_of
from klientbro.portal.rows import filled
from klientbro.portal.views.adding import added_text
from klientbro.portal.views.asking import answer_address, ask_about_key
from klientbro.portal.views.shared import (
    find_check,
    find_connection,
    portal_view,
    show_dialog,
)
from klientbro.sync.rechecks import queue_recheck
from klientbro.sync.services import cause_text, connection_states, queue_sync
from klientbro.tenants.services import firm_envelopes

ANSWER = "repair_answer"


@portal_view
@require_http_methods(["GET", "POST"])
def repair(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """One field: the new key. It is checked at the source before anything is saved."""
    connection = find_connection(system, connection_id)
    if request.method == "GET":
        return show_dialog(
            request,
            "portal/dialogs/repair.html",
            connection.integration,
            connection,
            why=_why(connection),
            name=connection.name,
        )
    try:
        key = read_key(request.POST.get("key", ""), required=True)
        return ask_about_key(request, ANSWER, connection.integration, key, connection)
    except RefusedError as error:
        return refused(request, error)


@portal_view
@require_POST
def repair_answer(
    request: HttpRequest, system: str, connection_id: UUID, check_id: UUID
) -> HttpResponse:
    """Saves the key when the source has answered; an active client is fetched at once."""
    connection = find_connection(system, connection_id)
    check = find_check(request, check_id, integration=connection.integration, connection=connection)

    def save(typed: Typed, answered: KeyCheck | None, confirmed: bool) -> Connection:
        repaired = edit_connection(connection, typed, answered, confirmed=confirmed)
        if repaired.is_active and repaired.api_active:
            queue_sync(repaired, reason="looking")
        queue_recheck(repaired)
        return repaired

    def text(repaired: Connection) -> str:
        if repaired.api_active and repaired.is_active:
            return _("%(name)s is repaired. Fetching goes on where it stopped.") % {
                "name": repaired.name
            }
        if repaired.api_active:
            return _("%(name)s is repaired. Activate it to fetch.") % {"name": repaired.name}
        return added_text(repaired)

    try:
        typed = Typed(
            identifier_of(connection, firm_envelopes()), connection.name, typed_key_of(check)
        )
    except RefusedError as error:
        return refused(request, error)
    address = answer_address(ANSWER, system, check, connection)
    return Answering(request, check, address, typed, save, text, is_repair=True).respond()


def _why(connection: Connection) -> str:
    """What is wrong, in the words of its cause; '' where nothing is."""
    state = connection_states([connection.pk]).get(connection.pk)
    if state is not None and state.cause:
        return filled(_(cause_text(state.cause).explanation), state.cause_detail)
    if connection.key_check_cause and not connection.api_active:
        return filled(_(cause_text(connection.key_check_cause).explanation), {})
    return ""
