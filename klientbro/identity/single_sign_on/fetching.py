"""Asks a provider over HTTP: only where the installation lets us, bounded in size and time.

An administrator types the address, so it could point anywhere. Only hosts that the operator lets
firms use are asked, and no address inside (klientbro/lib/outgoing.py).
"""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from django.conf import settings

from klientbro.identity.single_sign_on.errors import SignOnRefusedError
from klientbro.lib import outgoing
from klientbro.lib.loopback import is_loopback_host
from klientbro.lib.outgoing import Peers, RefusedAddressError, UnlistedHostError

LARGEST_ANSWER = 256 * 1024
SECONDS_PER_STEP = 5.0
SECONDS_IN_ALL = 15.0
LONGEST_ADDRESS = 1000


def is_usable_address(url: object, *, with_query: bool = True) -> bool:
    """Whether a provider's address may be used: https, or loopback where that is allowed."""
    if not isinstance(url, str) or not 0 < len(url) <= LONGEST_ADDRESS or not url.isascii():
        return False
    if any(letter.isspace() or letter == "\\" or not letter.isprintable() for letter in url):
        return False
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.fragment or "@" in parts.netloc:
        return False
    if parts.query and not with_query:
        return False
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and allows_private() and is_loopback_host(parts.hostname)


def allows_private() -> bool:
    """Whether providers inside the installation's own network may be used."""
    return bool(settings.ENVIRONMENT.sign_on_private)


def ask(
    url: str, *, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """The status and the JSON object that came back. SignOnRefusedError when there is none."""
    if not is_usable_address(url):
        raise SignOnRefusedError("unreachable", "address not allowed")
    body = urlencode(form).encode() if form is not None else b""
    sent = {
        "Accept": "application/json",
        "Accept-Encoding": "identity",  # nothing that could grow when it is unpacked
        "User-Agent": "Klientbro",
        **(headers or {}),
    }
    if form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        status, content = _exchange("GET" if form is None else "POST", url, sent, body)
    except RefusedAddressError as error:
        reason = "unlisted" if isinstance(error, UnlistedHostError) else "unreachable"
        raise SignOnRefusedError(reason, str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError) as error:
        raise SignOnRefusedError("unreachable", type(error).__name__) from error
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SignOnRefusedError("unreachable", f"no JSON, status {status}") from error
    if not isinstance(found, dict):
        raise SignOnRefusedError("unreachable", f"no JSON object, status {status}")
    return status, found


def _exchange(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
    deadline = time.monotonic() + SECONDS_IN_ALL
    content = bytearray()
    with (
        outgoing.client(_peers(), timeout=SECONDS_PER_STEP, within=SECONDS_IN_ALL) as client,
        client.stream(method, url, headers=dict(headers), content=body) as answer,
    ):
        for piece in answer.iter_raw():
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise SignOnRefusedError("unreachable", "answer too large")
            if time.monotonic() > deadline:
                raise SignOnRefusedError("unreachable", "answer too slow")
        return answer.status_code, bytes(content)


def _peers() -> Peers:
    """The sign-in services that the operator lets firms use."""
    hosts = frozenset(settings.ENVIRONMENT.sign_on_hosts)
    return Peers(hosts=hosts, inside=allows_private())
