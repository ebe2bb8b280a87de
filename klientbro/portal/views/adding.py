"""Dialog «Ny klient»: the key is checked at the source, and the client saved when it answers."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.registered_names import is_set_up, registered_name
from klientbro.clients.rights import rights_in_words
from klientbro.clients.services import Typed, add_connection, read_typed
from klientbro.portal.key_answers import Answering, refused, typed_key_of
from klientbro.portal.views.asking import answer_address, ask_about_key
from klientbro.portal.views.shared import (
    choices_of,
    find_check,
    find_integration,
    months_of_year,
    portal_view,
    show_dialog,
)
from klientbro.sync.rechecks import queue_recheck

ANSWER = "new_client_answer"


@portal_view
@require_http_methods(["GET", "POST"])
def new_client(request: HttpRequest, system: str) -> HttpResponse:
    """The three fields; sent, they begin the question to the source (P-36, P-39, P-40)."""
    integration = find_integration(system)
    if request.method == "GET":
        return show_dialog(
            request,
            "portal/dialogs/new_client.html",
            integration,
            months=months_of_year(),
            offers_name=is_set_up(),
        )
    asked = request.POST
    try:
        typed = read_typed(asked.get("identifier", ""), asked.get("name", ""), asked.get("key", ""))
        choices_of(request)
        return ask_about_key(request, ANSWER, integration, typed.key)
    except RefusedError as error:
        return refused(request, error)


@portal_view
@require_POST
def new_client_answer(request: HttpRequest, system: str, check_id: UUID) -> HttpResponse:
    """Asked again and again until the source has answered; then the client is saved, inactive."""
    integration = find_integration(system)
    check = find_check(request, check_id, integration=integration)

    def save(typed: Typed, answered: KeyCheck | None, confirmed: bool) -> Connection:
        added = add_connection(integration, typed, answered, confirmed=confirmed)
        queue_recheck(added)
        return added

    try:
        key = typed_key_of(check)
        typed = read_typed(request.POST.get("identifier", ""), request.POST.get("name", ""), key)
        typed = replace(typed, choices=choices_of(request))
    except RefusedError as error:
        return refused(request, error)
    address = answer_address(ANSWER, system, check)
    return Answering(request, check, address, typed, save, added_text).respond()


@portal_view
@require_GET
def name_of_number(request: HttpRequest, system: str) -> HttpResponse:
    """The registered name of the typed number, offered below the field; empty when there is none.

    A GET that changes nothing, and a personal number is never sent on.
    """
    find_integration(system)
    typed = request.GET.get("identifier", "")[:40]
    name = registered_name(typed)
    return render(request, "portal/parts/registered_name.html", {"registered": name})


def added_text(connection: Connection) -> str:
    """What was saved, and what must be done before it can be activated."""
    name = {"name": connection.name}
    if connection.missing_rights:
        rights = rights_in_words(connection.missing_rights)
        return _(
            "%(name)s has been saved, but the key lacks access to %(rights)s. Turn it on in the "
            "accounting system before you activate."
        ) % {"name": connection.name, "rights": rights}
    if connection.recheck_at is not None:
        return _(
            "%(name)s has been saved without a check. The key is tried again by itself; activate "
            "when it works."
        ) % {"name": connection.name}
    if not connection.api_active:
        return (
            _("%(name)s has been saved without a check. Check the key before you activate.") % name
        )
    if connection.identifier_hash is None:
        return _("%(name)s has been added. Add its orgnr before you activate.") % name
    return _("%(name)s has been added. Activate it to fetch its books.") % name
