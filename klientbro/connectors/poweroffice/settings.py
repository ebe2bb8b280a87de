"""What the customer enters for PowerOffice Go, and what the operator of Klientbro sets once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from klientbro.connectors.contract import Field, Grant
from klientbro.connectors.http import is_loopback
from klientbro.lib.errors import ConfigurationError
from klientbro.lib.i18n import gettext_noop as _

PREFIX = "KLIENTBRO_POWEROFFICE_"
CUSTOMER_SETTINGS = (Field("client_key", _("Client id/client key"), is_secret=True),)
OPERATOR_SETTINGS = (
    "application_key",
    "subscription_key",
    "api_url",
    "token_url",
    "requests_per_second",
    "timeout_seconds",
)

API_URL = "https://goapi.poweroffice.net/v2"
TOKEN_URL = "https://goapi.poweroffice.net/OAuth/Token"  # noqa: S105 an address, not a token
# Ten a second is the limit; exactly ten breaks it by the jitter of the line.
REQUESTS_PER_SECOND = 9.7
TIMEOUT_SECONDS = 60.0

# People copy keys with quotes, braces, blanks and no-break or zero-width spaces around them.
_AROUND_A_KEY = re.compile(r"^[\s\"'{}()\u200b\ufeff]+|[\s\"'{}()\u200b\ufeff]+$")


@dataclass(frozen=True, slots=True)
class Settings:
    """The operator's settings for PowerOffice Go, checked."""

    application_key: str = field(repr=False)
    subscription_key: str = field(repr=False)
    api_url: str = API_URL
    token_url: str = TOKEN_URL
    timeout_seconds: float = TIMEOUT_SECONDS

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Settings:
        """From `KLIENTBRO_POWEROFFICE_…`; ConfigurationError names what is missing or wrong."""
        return cls(
            application_key=_needed(values, "application_key"),
            subscription_key=_needed(values, "subscription_key"),
            api_url=_address(values, "api_url", API_URL),
            token_url=_address(values, "token_url", TOKEN_URL),
            timeout_seconds=_seconds(values, "timeout_seconds", TIMEOUT_SECONDS),
        )


def client_key(grant: Grant) -> str:
    """The key as PowerOffice Go gave it, without what came along when it was copied."""
    return _AROUND_A_KEY.sub("", grant.key)


def _name(key: str) -> str:
    return f"{PREFIX}{key.upper()}"


def _needed(values: Mapping[str, str], key: str) -> str:
    value = values.get(key, "").strip()
    if not value:
        raise ConfigurationError(
            f"{_name(key)} is not set. PowerOffice gives the key to the developer of the "
            "integration; without it no PowerOffice Go company can be read."
        )
    return value


def _address(values: Mapping[str, str], key: str, default: str) -> str:
    value = values.get(key, "").strip().rstrip("/") or default
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{_name(key)} is not a web address")
    if parts.scheme == "http" and not is_loopback(value):
        raise ConfigurationError(
            f"{_name(key)} must begin with https://, or keys and books would travel in the open"
        )
    return value


def _seconds(values: Mapping[str, str], key: str, default: float) -> float:
    text = values.get(key, "").strip()
    if not text:
        return default
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0.05 <= seconds <= 600:
        raise ConfigurationError(f"{_name(key)} must be a number of seconds from 0.05 to 600")
    return seconds
