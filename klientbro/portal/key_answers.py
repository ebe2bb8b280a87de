"""What the dialog says while a key is checked, and when the answer has come.

The dialog's fields stay in the browser throughout: the server sends only the words below them, so
neither the key nor a personal number is ever sent back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.services import Typed, checked_key, source_identifier
from klientbro.clients.services.typed import NAME_MAX, read_name
from klientbro.connectors.registry import connector
from klientbro.portal.views.shared import REFUSED, done, list_address, system_name
from klientbro.tenants.services import firm_envelopes

# A worker takes the question within a second and the source is given up after about 20: past this
# there is no worker, and the person is not kept waiting.
PATIENCE = timedelta(seconds=35)
# Longer than nearly every answer takes: past this the person is told, and may go on without it.
USUAL = timedelta(seconds=5)
# How long an answer may be built upon; afterwards the key is asked about anew.
FRESH = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Answering:
    """One dialog that waits for a key: where it polls, and how it saves."""

    request: HttpRequest
    check: KeyCheck
    address: str
    typed: Typed
    save: Callable[[Typed, KeyCheck | None, bool], Connection]
    saved_text: Callable[[Connection], str]
    is_repair: bool = False  # the client stays who it is: nothing of the source's is taken over

    def respond(self) -> HttpResponse:
        """Still working, saved, or why not and what can be done."""
        check, asked = self.check, self.request.POST
        if timezone.now() - check.created_at > FRESH:
            return self._say("expired")
        wants_unchecked = "unchecked" in asked
        if check.state != KeyCheck.State.DONE and not wants_unchecked:
            return self._still_working()
        if wants_unchecked:
            return self._saved(self.typed, None, confirmed=False)
        match KeyCheck.Outcome(check.outcome):
            case KeyCheck.Outcome.REJECTED:
                found = connector(check.integration.system)
                return self._say("not_yet" if found.new_grant_hours else "rejected")
            case KeyCheck.Outcome.UNREACHABLE:
                return self._say("unreachable")
            case KeyCheck.Outcome.WORKS | KeyCheck.Outcome.MISSING_RIGHTS:
                typed = self._with_sources_own() if "use_source" in asked else self.typed
                return self._saved(typed, check, confirmed="confirmed" in asked)
        return self._say("failed")

    def _still_working(self) -> HttpResponse:
        """What is on screen stays as long as there is nothing new to say."""
        waited = timezone.now() - self.check.created_at
        if waited >= PATIENCE:
            return self._say("unreachable")
        shown = "slow" if waited >= USUAL else "working"
        if self.request.POST.get("shown") == shown:
            return HttpResponse(status=204)
        return self._say(shown)

    def _with_sources_own(self) -> Typed:
        """The number of the source's company in the place of the typed one, its name if wanted."""
        theirs = source_identifier(self.check, firm_envelopes())
        name = self.typed.name
        if "use_name" in self.request.POST and self.check.source_name.strip():
            name = read_name(self.check.source_name[:NAME_MAX])
        return replace(self.typed, identifier=theirs or self.typed.identifier, name=name)

    def _saved(self, typed: Typed, check: KeyCheck | None, *, confirmed: bool) -> HttpResponse:
        try:
            connection = self.save(typed, check, confirmed)
        except RefusedError as error:
            if error.code == "identifier_differs":
                return self._say("differs")
            if error.code == "confirm_identifier":
                return self._say("confirm")
            return refused(self.request, error)
        level = messages.SUCCESS
        if check is None or not connection.api_active:
            level = messages.WARNING
        address = list_address(self.request, self.check.integration)
        return done(self.request, address, self.saved_text(connection), level)

    def _say(self, what: str) -> HttpResponse:
        theirs = None
        if what in ("differs", "confirm"):
            theirs = source_identifier(self.check, firm_envelopes())
        context: dict[str, Any] = {
            "what": what,
            "address": self.address,
            "check": self.check,
            "typed": self.typed,
            "theirs": theirs,
            "is_repair": self.is_repair,
            "system_name": system_name(self.check.integration.system),
        }
        return render(self.request, "portal/parts/key_answer.html", context)


def refused(request: HttpRequest, error: RefusedError) -> HttpResponse:
    """A refusal below the fields; what was typed stays where it is."""
    context = {"what": "refused", "text": str(error), "field": error.field}
    return render(request, "portal/parts/key_answer.html", context, status=REFUSED)


def typed_key_of(check: KeyCheck) -> str:
    """The key a dialog's question is about; RefusedError when it has been used up."""
    key = checked_key(check, firm_envelopes())
    if not key and check.connection_id is None:
        raise RefusedError(_("The key must be typed again."), field="key")
    return key
