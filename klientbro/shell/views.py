"""The client finder, the person's choices, the health page, and pages for when something fails."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from klientbro.clients.queries import find_clients
from klientbro.shell.appearance import COOKIE, COOKIE_SECONDS, SCHEMES
from klientbro.shell.navigation import client_url

FOUND_AT_MOST = 12


@require_GET
@login_required
def find(request: HttpRequest) -> HttpResponse:
    """Ctrl K: clients by name or orgnr."""
    wanted = request.GET.get("q", "")[:100].strip()
    found = [
        {"name": client.name, "orgnr": client.orgnr or "", "url": client_url(client.public_id)}
        for client in find_clients(wanted, limit=FOUND_AT_MOST)
    ]
    template = "shell/parts/found.html" if request.headers.get("HX-Request") else "shell/find.html"
    return render(request, template, {"wanted": wanted, "found": found})


@require_POST
def choose_scheme(request: HttpRequest) -> HttpResponse:
    """Light, dark or as the machine has it."""
    response = _back(request)
    wanted = request.POST.get("scheme", "")
    if wanted in SCHEMES:
        response.set_cookie(COOKIE, wanted, max_age=COOKIE_SECONDS, samesite="Lax", httponly=True)
    return response


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Norwegian or English."""
    response = _back(request)
    wanted = request.POST.get("language", "")
    if wanted in dict(settings.LANGUAGES):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            max_age=COOKIE_SECONDS,
            samesite="Lax",
            httponly=True,
        )
    return response


def _back(request: HttpRequest) -> HttpResponse:
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    return HttpResponseRedirect(target)


@require_GET
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: 200 when the database answers, 503 when not. Says nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        return HttpResponse("database\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")


def _error(request: HttpRequest, status: int, title: str, text: str) -> HttpResponse:
    """A page that asks the database nothing: it may be what failed."""
    context: dict[str, Any] = {"title": title, "text": text}
    return HttpResponse(render_to_string("shell/error.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(
        request,
        400,
        _("The request could not be read"),
        _("Go back and try again. If it happens once more, tell the operator what you did."),
    )


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(
        request,
        403,
        _("You do not have access to this"),
        _("Ask an administrator in your firm for access."),
    )


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _error(
        request,
        404,
        _("There is nothing here"),
        _("The page may have been removed, or the address is wrong."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _error(
        request,
        500,
        _("Something failed on our side"),
        _("Nothing you have entered is lost. Try again in a moment."),
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Most often a page left open past the session: it only has to be loaded again."""
    return _error(
        request,
        403,
        _("The page was too old"),
        _("You were signed out while it stood open. Nothing was saved. Go back, reload, try again."),
    )
