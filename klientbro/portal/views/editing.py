"""Dialog «Endre»: the same three fields; a blank key keeps the stored one (P-45, P-46)."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import identifier_of
from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.services import (
    Choices,
    Typed,
    edit_connection,
    needs_new_number,
    read_typed,
)
from klientbro.clients.services.typed import read_key, read_name
from klientbro.domain.identifier import Identifier
from klientbro.portal.key_answers import Answering, refused, typed_key_of
from klientbro.portal.views.adding import added_text
from klientbro.portal.views.asking import answer_address, ask_about_key
from klientbro.portal.views.shared import (
    choices_of,
    done,
    find_check,
    find_connection,
    list_address,
    months_of_year,
    portal_view,
    show_dialog,
)
from klientbro.sync.chosen import read_settings_anew
from klientbro.sync.rechecks import queue_recheck
from klientbro.sync.services import queue_sync
from klientbro.tenants.services import firm_envelopes

ANSWER = "edit_answer"


@portal_view
@require_http_methods(["GET", "POST"])
def edit_client(request: HttpRequest, system: str, connection_id: UUID) -> HttpResponse:
    """A new name is saved at once; a new key or number is first checked at the source."""
    connection = find_connection(system, connection_id)
    stored = identifier_of(connection, firm_envelopes())
    if request.method == "GET":
        return show_dialog(
            request,
            "portal/dialogs/edit_client.html",
            connection.integration,
            connection,
            shown_number=stored.display if stored else "",
            is_person=bool(stored and stored.is_person),
            months=months_of_year(),
        )
    try:
        typed = _read(request, stored, request.POST.get("key", ""))
        typed = replace(typed, choices=choices_of(request, connection))
        new_number = needs_new_number(connection, typed, firm_envelopes())
        must_ask = typed.key or (new_number and typed.identifier and connection.key_sealed)
        if not must_ask or (new_number and connection.is_active):
            changed = _edit(connection, typed, None, confirmed=False)
            text = _("%(name)s has been changed.") % {"name": changed.name}
            return done(request, list_address(request, connection.integration), text)
        return ask_about_key(request, ANSWER, connection.integration, typed.key, connection)
    except RefusedError as error:
        return refused(request, error)


@portal_view
@require_POST
def edit_client_answer(
    request: HttpRequest, system: str, connection_id: UUID, check_id: UUID
) -> HttpResponse:
    """Saves when the source has answered; an active client with a new key is fetched at once."""
    connection = find_connection(system, connection_id)
    check = find_check(request, check_id, integration=connection.integration, connection=connection)

    def save(typed: Typed, answered: KeyCheck | None, confirmed: bool) -> Connection:
        changed = _edit(connection, typed, answered, confirmed=confirmed)
        if changed.is_active and changed.api_active:
            queue_sync(changed, reason="looking")
        if typed.key:
            queue_recheck(changed)
        return changed

    def text(changed: Connection) -> str:
        if changed.api_active:
            return _("%(name)s has been changed, and the key works.") % {"name": changed.name}
        return added_text(changed)

    try:
        stored = identifier_of(connection, firm_envelopes())
        typed = _read(request, stored, typed_key_of(check))
        typed = replace(typed, choices=choices_of(request, connection))
    except RefusedError as error:
        return refused(request, error)
    address = answer_address(ANSWER, system, check, connection)
    return Answering(request, check, address, typed, save, text).respond()


def _edit(
    connection: Connection, typed: Typed, answered: KeyCheck | None, *, confirmed: bool
) -> Connection:
    """Saves, and lets new choices be read before anything else is fetched."""
    before = Choices(connection.fetch_from, connection.year_start_month)
    changed = edit_connection(connection, typed, answered, confirmed=confirmed)
    if typed.choices not in (None, before):
        read_settings_anew(changed.pk)
        if changed.is_active:
            queue_sync(changed, reason="looking")
    return changed


def _read(request: HttpRequest, stored: Identifier | None, key: str) -> Typed:
    """The fields. A personal number never went to the browser: its mask, or nothing, keeps it."""
    text = request.POST.get("identifier", "")
    if stored and stored.is_person and "".join(text.split()) in ("", _mask(stored)):
        name = read_name(request.POST.get("name", ""))
        return Typed(stored, name, read_key(key, required=False))
    return read_typed(text, request.POST.get("name", ""), key, key_required=False)


def _mask(stored: Identifier) -> str:
    return "".join(stored.display.split())
