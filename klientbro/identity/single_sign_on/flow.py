"""The sign-in at the provider: there with a question nobody else can ask, back with its answer.

Authorization code with PKCE. State, nonce and verifier live in the browser's own session, ten
minutes and once; every firm has its own address to come back to, so that one provider's answer
cannot be passed off as another's.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.urls import reverse

from klientbro.identity.single_sign_on.errors import SignOnRefusedError
from klientbro.identity.single_sign_on.fetching import ask
from klientbro.identity.single_sign_on.provider import OK, Metadata, key_for, metadata_of
from klientbro.identity.single_sign_on.tokens import (
    SKEW_SECONDS,
    Expected,
    read_header,
    shown_at,
    verified_claims,
)

PENDING = "single_sign_on"
LIFETIME_SECONDS = 600
MOST_PENDING = 5  # windows open at once
LONGEST_CODE = 2_000
SCOPES = "openid email profile"


@dataclass(frozen=True, slots=True)
class Client:
    """We, as one firm's provider knows us. The secret is open only while it is used."""

    firm_id: UUID
    configuration: UUID
    issuer: str
    client_id: str
    client_secret: str


def callback_address(firm_id: UUID) -> str:
    """Where the firm's provider sends people back to; an administrator registers it there."""
    path = reverse("identity:sign_on_back", args=[firm_id])
    return str(settings.ENVIRONMENT.public_url).rstrip("/") + path


def begin(
    request: HttpRequest, client: Client, onward: str, hint: str = "", *, anew: bool = False
) -> str:
    """The provider's address to send the browser to; `anew`: it is to ask who it is once more."""
    metadata = metadata_of(client.issuer, client.configuration)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _each in range(3))
    now = time.time()
    asked = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "configuration": str(client.configuration),
        "onward": onward,
        "at": now,
        "anew": anew,
    }
    kept = [one for one in _pending(request) if one["at"] > now - LIFETIME_SECONDS]
    request.session[PENDING] = [*kept[1 - MOST_PENDING :], asked]
    challenge = hashlib.sha256(verifier.encode()).digest()
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": callback_address(client.firm_id),
        "scope": SCOPES,
        "state": state,
        "nonce": nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if anew:
        query |= {"prompt": "login", "max_age": "0"}
    if hint:
        query["login_hint"] = hint
    separator = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
    return metadata.authorization_endpoint + separator + urlencode(query)


def take_pending(request: HttpRequest) -> Mapping[str, Any]:
    """The question this answer belongs to, once: of two answers at the same time one wins."""
    state = _single(request, "state")
    pending = _pending(request)
    asked = next((one for one in pending if state and one["state"] == state), None)
    if asked is None:
        raise SignOnRefusedError("state")
    request.session[PENDING] = [one for one in pending if one is not asked]
    if asked["at"] < time.time() - LIFETIME_SECONDS:
        raise SignOnRefusedError("state", "too old")
    if not cache.add(f"sign-on:state:{state}", True, LIFETIME_SECONDS):
        raise SignOnRefusedError("state", "used")
    return asked


def finish(request: HttpRequest, client: Client, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """The claims of who came back. Everything that does not fit is a SignOnRefusedError."""
    if asked["configuration"] != str(client.configuration):
        raise SignOnRefusedError("state", "another configuration")
    metadata = metadata_of(client.issuer, client.configuration)
    named = _single(request, "iss")
    if (named or metadata.names_itself or "iss" in request.GET) and named != client.issuer:
        raise SignOnRefusedError("answer_issuer")
    if error := request.GET.get("error"):
        raise SignOnRefusedError("cancelled" if error == "access_denied" else "code", error[:60])
    code = _single(request, "code")
    if not code or len(code) > LONGEST_CODE:
        raise SignOnRefusedError("code", "missing")
    tokens = _exchange(client, metadata, code, asked["verifier"])
    token, access_token = tokens.get("id_token"), tokens.get("access_token")
    access_token = access_token if isinstance(access_token, str) else ""
    header = read_header(token)
    key = key_for(header, metadata, client.configuration)
    expected = Expected(client.issuer, client.client_id, asked["nonce"], access_token)
    claims = verified_claims(str(token), header, key, expected, time.time())
    if asked.get("anew") and shown_at(claims) < asked["at"] - SKEW_SECONDS:
        raise SignOnRefusedError("not_anew")
    if "email" in claims or not access_token or not metadata.userinfo_endpoint:
        return claims
    return {**_userinfo(metadata, access_token, str(claims["sub"])), **claims}


def _exchange(client: Client, metadata: Metadata, code: str, verifier: str) -> Mapping[str, Any]:
    status, found = ask_for_tokens(client, metadata, code, verifier)
    if status != OK:
        raise SignOnRefusedError("code", str(found.get("error", status))[:60])
    return found


def ask_for_tokens(
    client: Client, metadata: Metadata, code: str, verifier: str
) -> tuple[int, Mapping[str, Any]]:
    """What the token endpoint answers to a code."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": callback_address(client.firm_id),
        "code_verifier": verifier,
    }
    headers: dict[str, str] = {}
    if metadata.sends_secret_in_form:
        form |= {"client_id": client.client_id, "client_secret": client.client_secret}
    else:
        pair = f"{quote_plus(client.client_id)}:{quote_plus(client.client_secret)}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    return ask(metadata.token_endpoint, form=form, headers=headers)


def _userinfo(metadata: Metadata, access_token: str, subject: str) -> Mapping[str, Any]:
    """More about the person the token is about; about anybody else it is worth nothing."""
    headers = {"Authorization": f"Bearer {access_token}"}
    status, found = ask(metadata.userinfo_endpoint, headers=headers)
    if status != OK or found.get("sub") != subject:
        raise SignOnRefusedError("userinfo")
    return found


def _pending(request: HttpRequest) -> list[dict[str, Any]]:
    return list(request.session.get(PENDING, []))


def _single(request: HttpRequest, name: str) -> str:
    """The parameter when it stands there once."""
    values = request.GET.getlist(name)
    return values[0] if len(values) == 1 else ""
