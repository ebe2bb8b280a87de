"""Asks a provider over HTTP: only where the installation lets us, bounded in size and time.

An administrator types the address, so it could point inwards. The name is looked up here, every
address it has is checked, and the connection goes to one that was checked: a name that answers
differently the next moment gains nothing. Nothing is led on to another address.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit

import certifi
import httpcore
from django.conf import settings
from httpcore import SyncBackend

from klientbro.identity.single_sign_on.errors import SignOnRefusedError
from klientbro.lib.loopback import is_loopback_host

logger = logging.getLogger(__name__)
LARGEST_ANSWER = 256 * 1024
SECONDS_PER_STEP = 5.0
SECONDS_IN_ALL = 15.0
LONGEST_ADDRESS = 1000
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64: an IPv4 address in its last bytes


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
    sent = {"Accept": "application/json", "User-Agent": "Klientbro", **(headers or {})}
    if form is not None:
        sent["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        status, content = _exchange("GET" if form is None else "POST", url, sent, body)
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise SignOnRefusedError("unreachable", type(error).__name__) from error
    except (OSError, ssl.SSLError) as error:
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
    step = dict.fromkeys(("connect", "read", "write", "pool"), SECONDS_PER_STEP)
    content = bytearray()
    with (
        httpcore.ConnectionPool(
            ssl_context=_trusted(), network_backend=_Guarded(), retries=0
        ) as pool,
        pool.stream(
            method, url, headers=list(headers.items()), content=body, extensions={"timeout": step}
        ) as answer,
    ):
        for piece in answer.iter_stream():
            content += piece
            if len(content) > LARGEST_ANSWER:
                raise SignOnRefusedError("unreachable", "answer too large")
            if time.monotonic() > deadline:
                raise SignOnRefusedError("unreachable", "answer too slow")
        return answer.status, bytes(content)


@cache
def _trusted() -> ssl.SSLContext:
    """The machine's own authorities, and Mozilla's where the machine has none."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class _Guarded(SyncBackend):
    """Connects to addresses that were checked, not to names."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = checked_address(host, port)
        return super().connect_tcp(address, port, timeout, local_address, socket_options)


def checked_address(host: str, port: int) -> str:
    """One of the name's addresses, when none of them points inwards."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SignOnRefusedError("unreachable", "the name is not known") from error
    addresses = [str(one[4][0]).partition("%")[0] for one in found]
    if not addresses:
        raise SignOnRefusedError("unreachable", "the name is not known")
    if not allows_private() and not all(_is_public(address) for address in addresses):
        logger.warning("a sign-in provider points at an address inside: refused")
        raise SignOnRefusedError("unreachable", "private address")
    return addresses[0]


def _is_public(text: str) -> bool:
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return _is_public(str(inner))
    return address.is_global and not address.is_multicast
