"""Hosts that the operator lets the product ask, as they stand in settings."""

from __future__ import annotations

import re
from collections.abc import Mapping

from klientbro.lib.errors import ConfigurationError

# The services that most firms sign in by: their issuers, keys, tokens and user information.
SIGN_ON_HOSTS = (
    "login.microsoftonline.com",
    "graph.microsoft.com",
    "accounts.google.com",
    "oauth2.googleapis.com",
    "www.googleapis.com",
    "openidconnect.googleapis.com",
)
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[?[0-9a-f:.]+\]?")


def read_hosts(given: Mapping[str, str], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """Names with commas between; `*.example.no` for every name below one. Not `*` alone."""
    text = given.get(name, "").strip().lower()
    if not text:
        return default
    hosts = tuple(filter(None, (piece.strip() for piece in text.split(","))))
    for host in hosts:
        below = host.removeprefix("*.")
        if not _HOST.fullmatch(host) or (host != below and "." not in below):
            raise ConfigurationError(
                f"{name} must be names of hosts with commas between, such as login.example.no or "
                f"*.example.no, not {host[:100]!r}"
            )
    return tuple(host.strip("[]") for host in hosts)
