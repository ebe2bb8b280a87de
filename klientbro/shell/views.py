"""Views that belong to no product: start, health, robots, the finder, and a person's choices."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from klientbro.shell.finding import find_anything
from klientbro.shell.preferences import KEYS_COOKIE, SCHEME_COOKIE, SCHEMES, remember

START = "/integrasjoner/"


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The portal is where everybody begins."""
    return redirect(START)


@never_cache
@require_safe
@transaction.non_atomic_requests
def health(request: HttpRequest) -> JsonResponse:
    """For who restarts processes: this one answers. Whether it is ready: operations' /helse/klar/.

    A database that is away is no reason to restart the web server, so it is not asked.
    """
    return JsonResponse({"status": "ok"})


@require_safe
@transaction.non_atomic_requests
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines have nothing to do here."""
    return HttpResponse("User-agent: *\nDisallow: /\n", content_type="text/plain; charset=utf-8")


@require_GET
@login_required
def find(request: HttpRequest) -> HttpResponse:
    """The finder's hits for htmx, and a page of its own without script."""
    text = request.GET.get("q", "")
    context = {"text": text, "findings": find_anything(text, _client_id(request))}
    is_part = request.headers.get("HX-Request") == "true"
    return render(
        request, "shell/parts/finder_results.html" if is_part else "shell/find.html", context
    )


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keeps light or dark and the one-letter keys in cookies, and goes back."""
    response = HttpResponseRedirect(_way_back(request))
    scheme = request.POST.get("scheme", "")
    if scheme in SCHEMES:
        remember(request, response, SCHEME_COOKIE, scheme)
    keys = request.POST.get("keys", "")
    if keys in ("on", "off"):
        remember(request, response, KEYS_COOKIE, keys)
    return response


def _way_back(request: HttpRequest) -> str:
    """The page one came from, never another site's."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else START


def _client_id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("klient", ""))
    except ValueError:
        return None
