"""Klientbro's answers to a firm's tools: allauth's provider, inside the firm of the address.

What allauth leaves open is decided here: codes with PKCE alone, redirect addresses to the letter,
a code once even when it comes twice at the same moment, and tokens that end with the session they
were given out in.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from allauth.core.internal.ratelimit import consume
from allauth.idp.oidc import views as provider
from allauth.idp.oidc.models import Token
from django.core.cache import cache
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt  # rule no-token: tools bring no cookie
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from klientbro.identity.gate import SET_UP
from klientbro.identity.models import Session
from klientbro.identity.openid_provider.adapter import issuer_of
from klientbro.identity.openid_provider.models import SigningKey
from klientbro.identity.openid_provider.tools import SCOPES, find_tool
from klientbro.identity.sessions import key_hash, within_limits
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Membership

CODE_SECONDS = 60
SHORTEST_CHALLENGE = 43
BAD, UNAUTHORIZED, TOO_MANY = 400, 401, 429
RATES = {"tool_token": "120/m/ip"}
View = Callable[..., HttpResponseBase]


def of_firm(view: View) -> View:
    """Inside the firm of the address, in one transaction; 404 where it has no tools."""

    @wraps(view)
    def wrapped(request: HttpRequest, firm_id: UUID) -> HttpResponseBase:
        with firm_set(firm_id), transaction.atomic():
            if not SigningKey.objects.exists():
                raise Http404
            return view(request, firm_id)

    return wrapped


@require_safe
@of_firm
def configuration(request: HttpRequest, firm_id: UUID) -> HttpResponse:
    """What a tool must know of the firm's issuer."""

    def address(name: str) -> str:
        path = reverse(f"identity:{name}", args=[firm_id])
        return issuer_of(firm_id).partition("/oidc/")[0] + path

    told = {
        "issuer": issuer_of(firm_id),
        "authorization_endpoint": address("tool_authorize"),
        "token_endpoint": address("tool_token"),
        "userinfo_endpoint": address("tool_userinfo"),
        "revocation_endpoint": address("tool_revoke"),
        "jwks_uri": address("tool_keys"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "subject_types_supported": ["public"],
        "scopes_supported": SCOPES,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "claims_supported": ["sub", "firm", "firm_name", "role", "email", "name"],
    }
    return JsonResponse(told)


@require_safe
@of_firm
def keys(request: HttpRequest, firm_id: UUID) -> HttpResponseBase:
    """The firm's public keys."""
    answer: HttpResponseBase = provider.jwks(request)
    return answer


@never_cache
@require_http_methods(["GET"])
@of_firm
def authorize(request: HttpRequest, firm_id: UUID) -> HttpResponseBase:
    """Sends a member of the firm back to the tool with a code."""
    places = request.places  # type: ignore[attr-defined]  # of FirmMiddleware
    place = next((each for each in places if each.firm.id == firm_id), None)
    if place is None:
        raise Http404
    if place.lacks_second_factor:
        return redirect(SET_UP)
    tool = find_tool(_single(request, "client_id"))
    if tool is None or _single(request, "redirect_uri") not in tool.get_redirect_uris():
        return _refused(request)
    challenge = _single(request, "code_challenge")
    if (
        _single(request, "response_type") != "code"
        or _single(request, "code_challenge_method") != "S256"
        or len(challenge) < SHORTEST_CHALLENGE
        or not set(_single(request, "scope").split()) <= set(SCOPES)
    ):
        return _refused(request)
    answer: HttpResponse = provider.authorization(request)
    codes = parse_qs(urlsplit(answer.get("Location", "")).query).get("code", [])
    if codes:
        session = Session.objects.get(key_hash=key_hash(request.session.session_key or ""))
        cache.set(f"tool-code:{codes[0]}", str(session.public_id), CODE_SECONDS)
        if request.headers.get("Sec-Fetch-Site") == "same-origin":
            # From our own sign-in form, which the security policy lets be led on to no other site:
            # a page leads there instead. Who comes from the tool itself is sent straight back.
            context = {"leads_to": answer["Location"], "tool": tool.name}
            return render(request, "identity/tools/leaving.html", context)
    return answer


@csrf_exempt
@never_cache
@require_POST
@of_firm
def token(request: HttpRequest, firm_id: UUID) -> HttpResponseBase:
    """Gives out tokens for a code, once, while the session it was made in lasts."""
    if consume(request, app="klientbro", action="tool_token", config=RATES) is None:
        return JsonResponse({"error": "temporarily_unavailable"}, status=TOO_MANY)
    if request.POST.get("grant_type") != "authorization_code":
        return JsonResponse({"error": "unsupported_grant_type"}, status=BAD)
    code = request.POST.get("code", "")
    session_id = cache.get(f"tool-code:{code}")
    if session_id is None or not _is_live(session_id):
        return JsonResponse({"error": "invalid_grant"}, status=BAD)
    if not cache.add(f"tool-code-used:{code}", True, CODE_SECONDS):
        return JsonResponse({"error": "invalid_grant"}, status=BAD)
    answer: HttpResponse = provider.token(request)
    given = json.loads(answer.content) if answer.status_code == HttpResponse.status_code else {}
    if "access_token" not in given:
        return answer
    # the library always gives one; a tool that wants more comes back, and the session is asked
    Token.objects.by_value(given.pop("refresh_token", "")).delete()
    Token.objects.by_value(given["access_token"]).update(data={"session": session_id})
    return JsonResponse(given)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
@of_firm
def userinfo(request: HttpRequest, firm_id: UUID) -> HttpResponseBase:
    """Who the token is about, while their session lasts and the firm lets them in."""
    scheme, _blank, bearer = request.headers.get("Authorization", "").partition(" ")
    found = (
        Token.objects.lookup(Token.Type.ACCESS_TOKEN, bearer)
        if scheme.lower() == "bearer" and bearer
        else None
    )
    session_id = (found.data or {}).get("session") if found else None
    if (
        found is None
        or session_id is None
        or not _is_live(session_id)
        or not Membership.current.filter(user_id=found.user_id).exists()
    ):
        refused = JsonResponse({"error": "invalid_token"}, status=UNAUTHORIZED)
        refused["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        return refused
    answer: HttpResponseBase = provider.user_info(request)
    return answer


@csrf_exempt
@never_cache
@require_POST
@of_firm
def revoke(request: HttpRequest, firm_id: UUID) -> HttpResponseBase:
    """The tool gives a token back."""
    answer: HttpResponseBase = provider.revoke(request)
    return answer


def _is_live(session_id: str) -> bool:
    """Whether the session is there still, within its limits, and its person switched on."""
    return Session.objects.filter(
        within_limits(), public_id=session_id, user__is_active=True
    ).exists()


def _refused(request: HttpRequest) -> HttpResponse:
    """Shown here, never sent on: who asks is not known to be a tool of the firm."""
    return render(request, "identity/tools/refused.html", status=BAD)


def _single(request: HttpRequest, name: str) -> str:
    values: list[Any] = request.GET.getlist(name)
    return str(values[0]) if len(values) == 1 else ""
