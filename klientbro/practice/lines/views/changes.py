"""A change of report lines: shown with the accounts it would move, saved, and undone."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from klientbro.clients.errors import RefusedError
from klientbro.domain.report_lines import MappingLevel
from klientbro.practice.books.typed import typed_text
from klientbro.practice.lines import texts
from klientbro.practice.lines.moves import Move, Preview, preview_for_client, preview_for_firm
from klientbro.practice.lines.services import (
    change_rules,
    checked_rules,
    mapping_of,
    rules_for,
    undo_change,
    version_of,
)
from klientbro.practice.lines.tables import LineChange
from klientbro.practice.lines.views.pages import accounts_of
from klientbro.practice.lines.views.shared import Scope, scope_of
from klientbro.practice.pages import REFUSED, lead_on, person, product_view

MOST_SHOWN = 200
MOST_CHOSEN = 500


@require_POST
@product_view
def preview(request: HttpRequest, client_id: UUID | None = None) -> HttpResponse:
    """What would move. Nothing is written; the page carries the change to be saved."""
    scope = scope_of(client_id)
    try:
        wanted = checked_rules(_typed(request, scope))
    except RefusedError as error:
        return lead_on(request, scope.address("page"), str(error), messages.ERROR)
    if not wanted:
        text = _("Choose at least one account, or write the digits its number begins with.")
        return lead_on(request, scope.address("page"), text, messages.ERROR)
    return _shown(request, scope, wanted, _version(request), "", 200)


@require_POST
@product_view
def save(request: HttpRequest, client_id: UUID | None = None) -> HttpResponse:
    """Writes the change that was shown. Changed meanwhile: shown anew, as it would be now."""
    scope = scope_of(client_id)
    pairs = (each.rpartition("=") for each in request.POST.getlist("rule")[:MOST_CHOSEN])
    wanted = {prefix: line for prefix, _sign, line in pairs if prefix}
    try:
        change = change_rules(
            scope.client_id, wanted, version=_version(request), by=person(request)
        )
    except RefusedError as error:
        if error.code != "stale":
            return lead_on(request, scope.address("page"), str(error), messages.ERROR)
        version = version_of(scope.client_id)
        return _shown(request, scope, checked_rules(wanted), version, str(error), REFUSED)
    if change is None:
        text = _("The report lines stood so already.")
        return lead_on(request, scope.address("page"), text, messages.INFO)
    number = len(change.rules)
    text = ngettext("%(number)s rule saved.", "%(number)s rules saved.", number)
    return lead_on(request, scope.address("page"), text % {"number": number})


@require_POST
@product_view
def undo(request: HttpRequest, client_id: UUID | None = None) -> HttpResponse:
    """Takes a change back."""
    scope = scope_of(client_id)
    typed = typed_text(request.POST, "change")
    change = LineChange.objects.filter(
        client=scope.client_id, number=int(typed) if typed.isdecimal() and len(typed) < 9 else -1
    ).first()
    if change is None:
        text = _("The change is no longer there. Load the page again.")
        return lead_on(request, scope.address("page"), text, messages.ERROR)
    try:
        undo_change(change, by=person(request))
    except RefusedError as error:
        return lead_on(request, scope.address("page"), str(error), messages.ERROR)
    return lead_on(request, scope.address("page"), _("The change is taken back."))


def _typed(request: HttpRequest, scope: Scope) -> Mapping[str, str]:
    """The rules a form asks for: digits typed, a rule to take away, or the chosen accounts."""
    line = typed_text(request.POST, "line")
    if prefix := typed_text(request.POST, "prefix"):
        return {prefix: line}
    chosen = request.POST.getlist("account")[:MOST_CHOSEN]
    if line or scope.page is None:
        return dict.fromkeys(chosen, line)
    # «as others»: the rule that holds each account goes, whichever digits it is written with
    mapping = mapping_of(*rules_for(scope.page.client.pk))
    placements = [mapping.place(each) for each in accounts_of(scope.page) if each.number in chosen]
    return {one.prefix: "" for one in placements if one.level is MappingLevel.CLIENT}


def _version(request: HttpRequest) -> int:
    typed = request.POST.get("version", "")
    return int(typed) if typed.isdecimal() and len(typed) < 9 else -1


def _shown(
    request: HttpRequest,
    scope: Scope,
    wanted: Mapping[str, str],
    version: int,
    error: str,
    status: int,
) -> HttpResponse:
    found = _preview_of(scope, wanted)
    context = {
        "wanted": [(prefix, line, texts.name_of(line)) for prefix, line in wanted.items()],
        "version": version,
        "error": error,
        "moved": [_row(move) for move in found.moved[:MOST_SHOWN]],
        "stays": [_row(move) for move in found.stays[:MOST_SHOWN]],
        "number": len(found.moved),
        "more": max(0, len(found.moved) - MOST_SHOWN),
        "is_cut": found.is_cut,
    }
    return scope.show(request, "practice/lines/preview.html", context, status)


def _preview_of(scope: Scope, wanted: Mapping[str, str]) -> Preview:
    if scope.page is None:
        return preview_for_firm(wanted)
    client, firm = rules_for(scope.page.client.pk)
    return preview_for_client(accounts_of(scope.page), client, firm, wanted)


def _row(move: Move) -> dict[str, object]:
    return {
        "account": move.account,
        "type": texts.type_name(move.account.type),
        "before": texts.line_name(move.before.line),
        "after": texts.line_name(move.after.line),
        "why": texts.reason(move.after),
        "clients": move.clients,
    }
