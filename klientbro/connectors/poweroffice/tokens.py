"""Signs in to PowerOffice Go: one 20-minute token per company, shared, renewed before it ends.

https://developer.poweroffice.net/documentation/authentication
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary, WeakValueDictionary

import msgspec

from klientbro.connectors import http_failures as failures
from klientbro.connectors.contract import Clock, Grant, TokenStore
from klientbro.connectors.errors import (
    AuthorizationError,
    ConnectorError,
    ContractError,
    OperatorSettingsError,
    UnreadableError,
)
from klientbro.connectors.http import Answer, Authorization, HttpClient, Request
from klientbro.connectors.poweroffice.settings import Settings, client_key

KEY = "poweroffice"
RENEW_EARLY_SECONDS = 60.0
# RFC 6749 section 5.2: these three mean that the keys are not accepted.
REFUSED_KEYS = frozenset({"invalid_client", "invalid_grant", "unauthorized_client"})

_locks: WeakKeyDictionary[asyncio.AbstractEventLoop, WeakValueDictionary[str, asyncio.Lock]] = (
    WeakKeyDictionary()
)


class TokenAnswer(msgspec.Struct):
    """What the token endpoint gives."""

    access_token: str
    expires_in: float


class TokenError(msgspec.Struct):
    """Why it gives none."""

    error: str = ""


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    good_until: datetime


class Tokens:
    """The authorizer of one company's requests."""

    def __init__(self, settings: Settings, grant: Grant, store: TokenStore, clock: Clock) -> None:
        self._settings = settings
        self._key = client_key(grant)
        self._store = store
        self._clock = clock
        self._http: HttpClient | None = None
        self._token: _Token | None = None
        # A key not saved yet has no reference, and its token is nobody else's business.
        self._is_shared = bool(grant.reference)
        self.reference = token_reference(settings, self._key, grant.reference)

    def send_through(self, http: HttpClient) -> None:
        self._http = http

    async def authorization(self) -> Authorization:
        """Headers with a token that is good for a while yet."""
        if self._is_good(self._token):
            return self._headers(0)
        async with _lock(self.reference):
            if not self._is_good(self._token):
                self._token = await self._stored()
            if self._is_good(self._token):
                return self._headers(0)
            return self._headers(await self._renew())

    async def refused(self, authorization: Authorization) -> None:
        """The token died early: forget it, unless somebody has put a new one in its place."""
        async with _lock(self.reference):
            refused_text = authorization.headers["Authorization"].removeprefix("Bearer ")
            if self._token is not None and self._token.text == refused_text:
                self._token = None
            stored = await self._stored()
            if stored is not None and stored.text == refused_text and self._is_shared:
                await self._store.forget(self.reference)

    async def renew(self) -> int:
        """Ask for a token now, to see whether the key is alive; returns the requests it took."""
        async with _lock(self.reference):
            return await self._renew()

    def _is_good(self, token: _Token | None) -> bool:
        return token is not None and self._clock.now() < token.good_until

    def _headers(self, sends: int) -> Authorization:
        text = self._token.text if self._token else ""
        return Authorization({"Authorization": f"Bearer {text}"}, sends)

    async def _stored(self) -> _Token | None:
        if not self._is_shared:
            return None
        found = await self._store.read(self.reference)
        return _Token(*found) if found is not None else None

    async def _renew(self) -> int:
        if self._http is None:
            raise RuntimeError("Tokens.send_through must be called before the first request")
        if not self._key:
            raise AuthorizationError("the client key is empty", connector=KEY)
        credentials = f"{self._settings.application_key}:{self._key}".encode()
        request = Request(
            "POST",
            self._settings.token_url,
            form={"grant_type": "client_credentials"},
            headers={"Authorization": "Basic " + base64.b64encode(credentials).decode()},
            returned=frozenset({200, 400, 401, 403, 404}),
            is_authorized=False,
        )
        answer = await self._http.send(request)
        if answer.status != 200:
            if self._is_shared:
                await self._store.forget(self.reference)
            self._token = None
            raise self._refusal(request, answer)
        try:
            given = msgspec.json.decode(
                answer.content.removeprefix(failures.BYTE_ORDER_MARK), type=TokenAnswer
            )
        except msgspec.DecodeError as error:
            raise ContractError(
                f"{request.name} gave no token: {error}", connector=KEY, request=request.name
            ) from error
        good_until = self._clock.now() + good_for(given.expires_in)
        self._token = _Token(given.access_token, good_until)
        if self._is_shared:
            await self._store.write(self.reference, given.access_token, good_until)
        return answer.sends

    def _refusal(self, request: Request, answer: Answer) -> ConnectorError:
        secrets = (self._key, self._settings.application_key, self._settings.subscription_key)
        said = failures.own_words(answer.content, secrets) or f"status {answer.status}"
        if failures.is_web_page(answer.headers, answer.content):
            return UnreadableError(
                f"{request.name} answered something that is not an answer: a web page",
                connector=KEY,
                request=request.name,
            )
        if answer.status == 400:
            try:
                code = msgspec.json.decode(answer.content, type=TokenError).error
            except msgspec.DecodeError:
                code = ""
            kind = AuthorizationError if code in REFUSED_KEYS else ContractError
            return kind(f"no token: {said}", connector=KEY, request=request.name)
        return OperatorSettingsError(
            f"PowerOffice refuses our subscription or address: {said}",
            connector=KEY,
            request=request.name,
        )


def token_reference(settings: Settings, key: str, reference: str) -> str:
    """Where a token is stored: bound to the key and the environment, not only to the connection.

    When a connection gets the key of another company, the old company's token must not be found.
    The digest of a random 122-bit key tells nothing about it.
    """
    bound = "\n".join((settings.token_url, settings.application_key, key))
    return f"{reference}:{hashlib.sha256(bound.encode()).hexdigest()[:16]}"


def good_for(expires_in: float) -> timedelta:
    """How long to use a token: to 60 s before its end, or 4/5 of a short one (20 min → 19)."""
    return timedelta(seconds=max(expires_in - RENEW_EARLY_SECONDS, expires_in * 0.8))


def _lock(reference: str) -> asyncio.Lock:
    """One renewal at a time for a company in this event loop; the rest then find its token."""
    locks = _locks.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
    lock = locks.get(reference)
    if lock is None:
        lock = locks[reference] = asyncio.Lock()
    return lock
