"""Help pages: one per accounting system, one about local systems, and the list of them."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from klientbro.connectors.registry import connectors
from klientbro.shell.help_texts import HelpText, shell_help, system_help, systems_with_help
from klientbro.tenants.permissions import OF_ALL_CLIENTS, ROLES, Act


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What there is help for."""
    context = {"systems": systems_with_help(_language())}
    return render(request, "shell/help_index.html", context)


@require_safe
def system(request: HttpRequest, system: str) -> HttpResponse:
    """How to connect one accounting system."""
    connector = connectors().get(system)
    text = system_help(connector, _language(), settings.BRAND) if connector else None
    return _page(request, text)


@require_safe
def local_systems(request: HttpRequest) -> HttpResponse:
    """What is possible today for systems that run on the customer's own machines."""
    return _page(request, shell_help("local_systems", _language(), settings.BRAND))


@require_safe
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do, made from the table that decides it."""
    context = {
        "roles": [
            (_(rights.name), _(rights.description), rights.may_be_for_chosen_clients)
            for rights in ROLES.values()
        ],
        "acts": [
            (_(act.value), act in OF_ALL_CLIENTS, [act in one.acts for one in ROLES.values()])
            for act in Act
        ],
    }
    return render(request, "shell/help_roles.html", context)


def _page(request: HttpRequest, text: HelpText | None) -> HttpResponse:
    if text is None:
        raise Http404
    context = {"text": text, "html": mark_safe(text.html)}  # noqa: S308 our own text, HTML disabled # nosec B703
    return render(request, "shell/help_page.html", context)


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE
