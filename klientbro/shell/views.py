"""Views that belong to no product: start, health, robots, the finder, and a person's choices."""

from __future__ import annotations

from datetime import UTC, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from klientbro.shell.finding import find_anything
from klientbro.shell.preferences import KEYS_COOKIE, SCHEME_COOKIE, SCHEMES, remember
from klientbro.tenants.permissions import Act

# Where one begins: the first page that one's role may see.
STARTS = (
    (Act.CONNECT, "/integrasjoner/"),
    (Act.SEE, "/oversikt/"),
    (Act.SEE_SOURCES, "/integrasjoner/"),
)
ELSEWHERE = "/hjelp/"


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Who connects clients begins in the portal, everybody else with the clients' work."""
    acts = _acts(request)
    return redirect(next((page for act, page in STARTS if act in acts), ELSEWHERE))


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


@require_safe
@transaction.non_atomic_requests
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116). It says so anew each day, for some months on."""
    environment = settings.ENVIRONMENT
    until = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    until += timedelta(days=environment.security_txt_days)
    lines = [
        f"Contact: {environment.security_contact or f'mailto:{environment.email_from}'}",
        f"Expires: {until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: nb, en",
        f"Canonical: {environment.public_url}{request.path}",
    ]
    body = "".join(f"{line}\n" for line in lines)
    return HttpResponse(body, content_type="text/plain; charset=utf-8")


@require_GET
@login_required
def find(request: HttpRequest) -> HttpResponse:
    """The finder's hits for htmx, and a page of its own without script."""
    text = request.GET.get("q", "")
    context = {"text": text, "findings": find_anything(text, _client_id(request), _acts(request))}
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
        remember(response, SCHEME_COOKIE, scheme)
    keys = request.POST.get("keys", "")
    if keys in ("on", "off"):
        remember(response, KEYS_COOKIE, keys)
    return response


def _way_back(request: HttpRequest) -> str:
    """The page one came from, never another site's."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours else "/"


def _acts(request: HttpRequest) -> frozenset[Act]:
    """What the person may do in the firm they work in; nothing without one."""
    place = getattr(request, "place", None)
    return place.acts if place is not None else frozenset()


def _client_id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("klient", ""))
    except ValueError:
        return None
