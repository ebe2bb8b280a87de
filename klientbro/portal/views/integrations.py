"""Integrasjoner: the firm's accounting systems, and the dialog that adds one. P-20 to P-30."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from klientbro.clients.models import Integration
from klientbro.clients.services import create_integration
from klientbro.connectors.contract import Kind
from klientbro.connectors.registry import connectors
from klientbro.portal.queries import Counts, counts
from klientbro.portal.rows import when
from klientbro.portal.views.shared import done, portal_view, show_dialog, system_title


@dataclass(frozen=True, slots=True)
class SystemRow:
    """One integration in the list."""

    title: str
    address: str
    counts: Counts
    fetched: str


@portal_view
@require_GET
def integrations_page(request: HttpRequest) -> HttpResponse:
    """The list, or the one button that begins it (P-20)."""
    return render(request, "portal/integrations.html", {"rows": _rows()})


@portal_view
@require_GET
def integrations_status(request: HttpRequest) -> HttpResponse:
    """The list alone, for a page that looks on while something is fetched."""
    return render(request, "portal/parts/integrations_list.html", {"rows": _rows()})


@portal_view
@require_http_methods(["GET", "POST"])
def new_integration(request: HttpRequest) -> HttpResponse:
    """Dialog «Ny integrasjon». Opprett opens the existing one, never makes a second (P-24)."""
    choices = web_systems()
    if request.method == "POST":
        system = request.POST.get("system", "")
        if system in choices:
            integration, is_new = create_integration(system)
            title = system_title(system)
            if is_new:
                return done(
                    request,
                    reverse("portal:integrations"),
                    _("%(system)s has been created. Choose it in the list.") % {"system": title},
                )
            return done(
                request,
                reverse("portal:integration", args=[integration.system]),
                _("%(system)s existed already. Here it is.") % {"system": title},
                messages.INFO,
            )
    existing = list(Integration.objects.filter(system__in=choices).values_list("system", flat=True))
    return show_dialog(
        request,
        "portal/dialogs/new_integration.html",
        choices=choices,
        existing=[choices[system] for system in existing],
        has_error=request.method == "POST",
    )


def web_systems() -> dict[str, str]:
    """The drop-down: web-based systems only (P-27), by their title."""
    return {
        connector.key: connector.title
        for connector in connectors().values()
        if connector.kind is Kind.WEB_API
    }


def _rows() -> list[SystemRow]:
    integrations = sorted(
        Integration.objects.filter(retired_system=""),
        key=lambda one: system_title(one.system).casefold(),
    )
    found = counts([one.pk for one in integrations])
    return [
        SystemRow(
            title=system_title(one.system),
            address=reverse("portal:integration", args=[one.system]),
            counts=found[one.pk],
            fetched=when(found[one.pk].last_fetched_at),
        )
        for one in integrations
    ]
