"""What the dialog says while a key is checked, and when the answer has come.

The dialog's fields stay in the browser throughout: the server sends only the words below them, so
neither the key nor a personal number is ever sent back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
from klientbro.portal.views.shared import REFUSED, done, list_address, system_name
from klientbro.tenants.services import firm_envelopes

# A worker takes the question within a second and the source is given up after about 20: past this
# there is no worker, and the person is not kept waiting.
PATIENCE = timedelta(seconds=35)
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

    def respond(self) -> HttpResponse:
        """Still working, saved, or why not and what can be done."""
        check, asked = self.check, self.request.POST
        if timezone.now() - check.created_at > FRESH:
            return self._say("expired")
        wants_unchecked = "unchecked" in asked
        if check.state != KeyCheck.State.DONE and not wants_unchecked:
            if timezone.now() - check.created_at < PATIENCE:
                return self._say("working")
            return self._say("unreachable")
        if wants_unchecked:
            return self._saved(self.typed, None, confirmed=False)
        match KeyCheck.Outcome(check.outcome):
            case KeyCheck.Outcome.REJECTED:
                return self._say("rejected")
            case KeyCheck.Outcome.UNREACHABLE:
                return self._say("unreachable")
            case KeyCheck.Outcome.WORKS | KeyCheck.Outcome.MISSING_RIGHTS:
                typed = self._with_source_number() if "use_source" in asked else self.typed
                return self._saved(typed, check, confirmed="confirmed" in asked)
        return self._say("failed")

    def _with_source_number(self) -> Typed:
        theirs = source_identifier(self.check, firm_envelopes())
        return Typed(theirs or self.typed.identifier, self.typed.name, self.typed.key)

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
