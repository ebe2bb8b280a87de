"""What a person has agreed that tools learn of them: seen, changed and withdrawn by the person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from klientbro.identity.openid_provider import consent
from klientbro.identity.openid_provider.models import ToolConsent
from klientbro.identity.openid_provider.tools import find_tool
from klientbro.identity.openid_provider.words import told_of
from klientbro.practice.pages import lead_on, person
from klientbro.tenants.context import firm_set
from klientbro.tenants.services import Place


@never_cache
@require_safe
@login_required
def consents_page(request: HttpRequest) -> HttpResponse:
    """By firm; a statement for each that the person has come in to."""
    found = []
    for place in _places(request):
        with firm_set(place.firm.id):
            if rows := [_shown(row) for row in consent.consents_of(person(request).pk)]:
                found.append((place, rows))
    return render(request, "identity/consents.html", {"firms": found})


@require_POST
@login_required
def change(request: HttpRequest, firm_id: UUID, tool_id: str) -> HttpResponseBase:
    """Other things are told from now on; what was given out before is over."""
    user = person(request)
    with _inside(request, firm_id):
        tool = find_tool(tool_id)
        known = tool and consent.consent_of(user.pk, tool)
        if tool is None or known is None:
            raise Http404
        consent.give(user.pk, tool, known.asked_scopes, request.POST.getlist("scope"))
    said = _("Saved. %(name)s learns it the next time you sign in there.") % {"name": tool.name}
    return lead_on(request, reverse("identity:consents"), said)


@require_POST
@login_required
def withdraw(request: HttpRequest, firm_id: UUID, tool_id: str) -> HttpResponseBase:
    """The tool learns nothing more, and asks anew the next time."""
    with _inside(request, firm_id):
        name = consent.withdraw(person(request).pk, tool_id)
    if name is None:
        raise Http404
    said = _("%(name)s learns nothing more of you.") % {"name": name}
    return lead_on(request, reverse("identity:consents"), said)


def _shown(row: ToolConsent) -> dict[str, Any]:
    told = told_of(row.asked_scopes, row.granted_scopes)
    return {
        "tool": row.tool,
        "tool_id": row.tool_id,
        "public_id": row.public_id,
        "given_at": row.given_at,
        "told": told,
    }


def _places(request: HttpRequest) -> Sequence[Place]:
    places: Sequence[Place] = request.places  # type: ignore[attr-defined]  # of FirmMiddleware
    return places


@contextmanager
def _inside(request: HttpRequest, firm_id: UUID) -> Iterator[None]:
    """In one of the person's firms that this session opens; 404 for every other."""
    if firm_id not in {place.firm.id for place in _places(request)}:
        raise Http404
    with firm_set(firm_id):
        yield
