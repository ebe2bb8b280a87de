"""One of PowerOffice Go's two worlds: who has added the extension, and whose token is alive."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from datetime import datetime

import msgspec

from .keys import made_up_guid

PRODUCTION = "production"
DEMO = "demo"
PREFIXES = {PRODUCTION: "", DEMO: "/Demo"}


@dataclass(frozen=True, slots=True)
class Extension:
    """«Utvidelse»: an integration added to one company, with the key that it got."""

    company: int
    application_key: str
    client_key: str
    installed_at: datetime


@dataclass(frozen=True, slots=True)
class Token:
    """Lets the bearer read one company until ``expires`` (a forward-only clock)."""

    company: int
    client_key: str
    expires: float


class Environment:
    """Keys and tokens of production or of Demo; nothing of one works in the other."""

    def __init__(self, name: str, seed: int, token_lifetime_seconds: int) -> None:
        self.name = name
        self.prefix = PREFIXES[name]
        self.seed = seed
        self.application_key = made_up_guid("application", seed, name)
        self.token_lifetime_seconds = token_lifetime_seconds
        self._installed: dict[int, Extension] = {}
        self._by_key: dict[str, Extension] = {}
        self._times_added: dict[int, int] = {}
        self._tokens: dict[str, Token] = {}
        self._signing_key = secrets.token_bytes(32)

    # ---- extensions

    def extension(self, company: int) -> Extension | None:
        return self._installed.get(company)

    def add_extension(self, company: int, at: datetime) -> Extension:
        """Add the integration; where it is there already the old key is kept.

        A key that was removed never comes back: the next one is new.
        """
        installed = self._installed.get(company)
        if installed is not None:
            return installed
        times = self._times_added.get(company, 0) + 1
        self._times_added[company] = times
        key = made_up_guid("client", self.seed, self.name, company, times)
        extension = Extension(company, self.application_key, key, at)
        self._installed[company] = extension
        self._by_key[key] = extension
        return extension

    def remove_extension(self, company: int) -> bool:
        """The key dies at once, and every token made with it."""
        extension = self._installed.pop(company, None)
        if extension is None:
            return False
        del self._by_key[extension.client_key]
        self.expire_tokens(company)
        return True

    def by_client_key(self, client_key: str) -> Extension | None:
        return self._by_key.get(client_key.strip().lower())

    # ---- tokens

    def issue_token(self, extension: Extension) -> str:
        """A signed text of the form of a JWT, so that clients that look inside find their way."""
        now = time.monotonic()
        if len(self._tokens) > 10_000:
            self._tokens = {k: t for k, t in self._tokens.items() if t.expires > now}
        header = _segment({"alg": "HS256", "typ": "at+jwt"})
        lifetime = self.token_lifetime_seconds
        payload = _segment(
            {
                "iss": "poweroffice-go-simulator",
                "aud": "PowerOfficeGoApi",
                "env": self.name,
                "exp": int(time.time()) + lifetime,
                "jti": secrets.token_hex(16),
            }
        )
        signed = f"{header}.{payload}"
        signature = hmac.new(self._signing_key, signed.encode(), hashlib.sha256).digest()
        value = f"{signed}.{_base64url(signature)}"
        self._tokens[value] = Token(extension.company, extension.client_key, now + lifetime)
        return value

    def token(self, value: str) -> Token | None:
        found = self._tokens.get(value)
        if found is None or found.expires <= time.monotonic():
            return None
        return found

    def expire_tokens(self, company: int | None = None) -> int:
        before = len(self._tokens)
        self._tokens = {
            value: token
            for value, token in self._tokens.items()
            if company is not None and token.company != company
        }
        return before - len(self._tokens)


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _segment(claims: dict[str, object]) -> str:
    return _base64url(msgspec.json.encode(claims))
