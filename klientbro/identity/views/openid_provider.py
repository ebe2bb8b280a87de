"""Klientbro's answers to a firm's tools: allauth's provider, inside the firm of the address.

What allauth leaves open is decided here: codes with PKCE alone, redirect addresses to the letter,
the person's own consent, a code once, whose tokens end when it comes again, and tokens that end
with the session they were given out in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from allauth.core.internal.ratelimit import consume
from allauth.idp.oidc import views as provider
from allauth.idp.oidc.models import Client, Token
from django.core.cache import cache
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt  # rule no-token: tools bring no cookie
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from klientbro.audit.services import note
from klientbro.identity.gate import SET_UP
from klientbro.identity.models import Session
from klientbro.identity.openid_provider import consent
from klientbro.identity.openid_provider.adapter import issuer_of
from klientbro.identity.openid_provider.models import SigningKey, ToolConsent
from klientbro.identity.openid_provider.tools import KIND, SCOPES, find_tool
from klientbro.identity.openid_provider.words import told_of
from klientbro.identity.sessions import key_hash, within_limits
from klientbro.practice.pages import person
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
@require_http_methods(["GET", "POST"])
@of_firm
def authorize(request: HttpRequest, firm_id: UUID) -> HttpResponseBase:
    """Sends a member of the firm back to the tool with a code, once they have agreed to it.

    The tool's question is in the address; what is posted to it is the person's answer to ours.
    """
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
    asked = set(_single(request, "scope").split())
    if (
        _single(request, "response_type") != "code"
        or _single(request, "code_challenge_method") != "S256"
        or len(challenge) < SHORTEST_CHALLENGE
        or consent.ALWAYS not in asked
        or not asked <= set(SCOPES)
    ):
        return _refused(request)
    prompts = set(_single(request, "prompt").split())
    if request.method == "POST":
        if request.POST.get("answer") != "yes":
            return _led_back(request, tool, firm_id, "access_denied")
        consent.give(person(request).pk, tool, asked, request.POST.getlist("scope"))
        # asked again, now with the answer: this page could lead nowhere else itself
        return redirect(_address(request, prompt=prompts - {"consent"}))
    known = consent.consent_of(person(request).pk, tool)
    if known is None or not asked <= known.asked_scopes or "consent" in prompts:
        if "none" in prompts:
            return _led_back(request, tool, firm_id, "consent_required")
        return _ask(request, place.firm.name, tool, asked, known)
    # what allauth reads: only what the person lets the tool know, and no further question
    path = _address(request, scope=asked & known.granted_scopes, prompt=prompts - {"none"})
    request.META["QUERY_STRING"] = urlsplit(path).query
    del request.GET
    return _with_code(request, tool, known)


def _ask(
    request: HttpRequest, firm_name: str, tool: Client, asked: set[str], known: ToolConsent | None
) -> HttpResponse:
    """Who asks for what; nothing is given out by looking at it."""
    context = {
        "tool": tool,
        "firm_name": firm_name,
        "host": urlsplit(_single(request, "redirect_uri")).hostname,
        "told": told_of(asked, known.granted_scopes if known else frozenset(asked)),
        "known": known,
    }
    return render(request, "identity/tools/consent.html", context)


def _with_code(request: HttpRequest, tool: Client, known: ToolConsent) -> HttpResponseBase:
    answer: HttpResponse = provider.authorization(request)
    codes = parse_qs(urlsplit(answer.get("Location", "")).query).get("code", [])
    if codes:
        session = Session.objects.get(key_hash=key_hash(request.session.session_key or ""))
        about = {"session": str(session.public_id), "consent": str(known.public_id)}
        cache.set(f"tool-code:{codes[0]}", about, CODE_SECONDS)
        return _led(request, tool, answer["Location"]) or answer
    return answer


def _led_back(request: HttpRequest, tool: Client, firm_id: UUID, error: str) -> HttpResponse:
    """Back to the tool without a code. The address is one of its own: it has been compared."""
    address = _single(request, "redirect_uri")
    told = {"error": error, "iss": issuer_of(firm_id)}
    if state := _single(request, "state"):
        told["state"] = state
    leads_to = f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(told)}"
    led = _led(request, tool, leads_to, is_denied=True)
    return led or HttpResponse(status=302, headers={"Location": leads_to})


def _led(
    request: HttpRequest, tool: Client, leads_to: str, *, is_denied: bool = False
) -> HttpResponse | None:
    """A page that leads to the tool, for who comes from a form of ours.

    The security policy lets no form be led on to another site. Who comes from the tool itself, or
    from an address typed, is sent straight on: None.
    """
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return None
    context = {"leads_to": leads_to, "tool": tool.name, "is_denied": is_denied}
    return render(request, "identity/tools/leaving.html", context)


def _address(request: HttpRequest, **changes: set[str]) -> str:
    """This address with other words in its question; without those that have none."""
    query = {name: _single(request, name) for name in request.GET}
    query |= {name: " ".join(sorted(words)) for name, words in changes.items()}
    kept = {name: value for name, value in query.items() if value}
    return f"{request.path}?{urlencode(kept)}"


@csrf_exempt
@never_cache
@require_POST
@of_firm
def token(request: HttpRequest, firm_id: UUID) -> HttpResponseBase:
    """Gives out tokens for a code, once, while its session and its consent last.

    A code that comes again has been seen by somebody else: the tokens it gave are withdrawn. Of two
    that come at once, one waits for the other and then finds the tokens.
    """
    if consume(request, app="klientbro", action="tool_token", config=RATES) is None:
        return JsonResponse({"error": "temporarily_unavailable"}, status=TOO_MANY)
    if request.POST.get("grant_type") != "authorization_code":
        return JsonResponse({"error": "unsupported_grant_type"}, status=BAD)
    code = request.POST.get("code", "")
    code_hash = hashlib.sha256(code.encode()).hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"tool-code {code_hash}"]
        )
    invalid = JsonResponse({"error": "invalid_grant"}, status=BAD)
    given_before = Token.objects.filter(data__code=code_hash)
    if first := given_before.first():
        given_before.delete()
        note("tool_code_again", KIND, first.client_id)
        return invalid
    about = cache.get(f"tool-code:{code}")
    if about is None or not _is_live(about):
        return invalid
    if not cache.add(f"tool-code-used:{code}", True, CODE_SECONDS):
        return invalid
    answer: HttpResponse = provider.token(request)
    given = json.loads(answer.content) if answer.status_code == HttpResponse.status_code else {}
    if "access_token" not in given:
        return answer
    # the library always gives one; a tool that wants more comes back, and the session is asked
    Token.objects.by_value(given.pop("refresh_token", "")).delete()
    Token.objects.by_value(given["access_token"]).update(data={**about, "code": code_hash})
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
    if (
        found is None
        or not _is_live(found.data or {})
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


def _is_live(about: Mapping[str, str]) -> bool:
    """Whether the session is there still, within its limits, its person switched on and agreed."""
    if "session" not in about or "consent" not in about:
        return False
    sessions = Session.objects.filter(
        within_limits(), public_id=about["session"], user__is_active=True
    )
    return sessions.exists() and consent.stands(about["consent"])


def _refused(request: HttpRequest) -> HttpResponse:
    """Shown here, never sent on: who asks is not known to be a tool of the firm."""
    return render(request, "identity/tools/refused.html", status=BAD)


def _single(request: HttpRequest, name: str) -> str:
    values: list[Any] = request.GET.getlist(name)
    return str(values[0]) if len(values) == 1 else ""
