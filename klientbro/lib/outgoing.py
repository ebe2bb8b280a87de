"""The one door out: every HTTP client of the product is made here, for the peers it may ask.

A purpose names its peers (an accounting system's addresses, a register, the sign-in services that
the operator lets firms use). Anybody else is refused before a name is looked up or a socket opened,
on every request, so an answer that leads elsewhere leads nowhere. Then the name is looked up here,
no address of it may be inside unless the operator has let it, and the line goes to an address that
was checked: a name that answers differently the next moment gains nothing.

`scripts/security_rules.py` finds clients that are made elsewhere. E-mail, traces and the database
are not HTTP of ours, or go to one address of the settings: docs/howto/outgoing.md.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import httpcore
import httpx

from klientbro.lib.loopback import is_loopback_host

logger = logging.getLogger(__name__)
PORTS = {"http": 80, "https": 443}
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=5.0)
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64: an IPv4 address in its last bytes
# All that the internet gives out. What lies beside it may be led on inwards: addresses of sites
# (fec0::/10), and IPv4 in other dresses (::/96, ::ffff:0:0:0/96, 64:ff9b:1::/48).
_GIVEN_OUT = ipaddress.IPv6Network("2000::/3")
_inside: frozenset[str] = frozenset()


class RefusedAddressError(httpx.RequestError):
    """Whom we may not ask. The text says why; it names a host, never a whole address."""


class UnlistedHostError(RefusedAddressError):
    """The host is none of the purpose's peers."""


def let_inside(hosts: Iterable[str]) -> None:
    """The names that the operator lets lie on the inner net (KLIENTBRO_OUTGOING_PRIVATE)."""
    global _inside
    _inside = frozenset(host.lower() for host in hosts)


@dataclass(frozen=True, slots=True)
class Peers:
    """Who may be asked for one purpose.

    origins: scheme, host and port, of addresses that stand in the settings or in the code.
    hosts: asked over TLS, at any port; `*.example.no` is every name below it.
    inside: whether all of them may lie on the inner net; else only those the operator has named,
    and what stands in `origins` as an address of this machine or of the inner net.
    """

    origins: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()
    inside: bool = False

    @classmethod
    def at(cls, *urls: str) -> Peers:
        """Those addresses' hosts, and nobody else."""
        return cls(origins=frozenset(_origin(url) for url in urls if url))

    def check(self, url: str) -> None:
        """RefusedAddressError unless the address is one of theirs."""
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        if _origin(url) in self.origins:
            return
        if parts.scheme == "https" and any(_fits(host, one) for one in self.hosts):
            return
        if self.inside and parts.scheme in PORTS and is_loopback_host(host):
            return
        logger.warning("an address that is not on the list was to be asked: refused")
        raise UnlistedHostError(f"{host[:100]} is not on the list of who may be asked")

    def addresses(self, host: str, found: Iterable[Any]) -> list[str]:
        """Of what the name led to, where a line may go. All or none: one inside is a trap."""
        known = [str(one[4][0]).partition("%")[0] for one in found]
        addresses = list(dict.fromkeys(known))
        if not addresses:
            raise RefusedAddressError("the name is not known")
        if not self._may_be_inside(host) and not all(is_public(one) for one in addresses):
            logger.warning("the name of a peer leads to an address inside: refused")
            raise RefusedAddressError("private address")
        return addresses

    def _may_be_inside(self, host: str) -> bool:
        host = host.lower()
        if self.inside or host in _inside:
            return True
        # written out in the operator's own settings: nobody else can have led us there
        is_named = any(urlsplit(one).hostname == host for one in self.origins)
        return is_named and (is_loopback_host(host) or _is_address(host))


def client(
    peers: Peers,
    *,
    timeout: httpx.Timeout | float,
    within: float | None = None,
    certificates: ssl.SSLContext | None = None,
) -> httpx.Client:
    """For code that blocks. `within`: seconds from now after which nothing more is waited for."""
    return httpx.Client(
        transport=Transport(peers, within=within, certificates=certificates),
        timeout=timeout,
        trust_env=False,
        follow_redirects=False,
    )


def async_client(
    peers: Peers,
    *,
    timeout: httpx.Timeout | float,
    headers: Mapping[str, str],
    shared: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """For code that waits for many. `shared`: lines that outlive it, made by AsyncTransport."""
    return httpx.AsyncClient(
        transport=AsyncTransport(peers) if shared is None else Borrowed(shared, peers),
        timeout=timeout,
        headers=dict(headers),
        trust_env=False,
        follow_redirects=False,
    )


class Transport(httpx.BaseTransport):
    """Lines to the peers, through the proxy of the environment where there is one."""

    def __init__(
        self,
        peers: Peers,
        *,
        within: float | None = None,
        certificates: ssl.SSLContext | None = None,
    ) -> None:
        self._peers = peers
        context = certificates or trusted()
        deadline = None if within is None else time.monotonic() + within
        self._direct = httpx.HTTPTransport(verify=context, trust_env=False, limits=LIMITS)
        self._direct._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=LIMITS.max_connections,
            max_keepalive_connections=LIMITS.max_keepalive_connections,
            keepalive_expiry=LIMITS.keepalive_expiry,
            network_backend=_Checking(peers, deadline),
        )
        self._proxies = getproxies()
        self._proxied: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._peers.check(str(request.url))
        proxy = _proxy_for(request.url, self._proxies)
        if proxy is None:
            return self._direct.handle_request(request)
        if proxy not in self._proxied:
            self._proxied[proxy] = httpx.HTTPTransport(
                verify=trusted(), trust_env=False, limits=LIMITS, proxy=proxy
            )
        return self._proxied[proxy].handle_request(request)

    def close(self) -> None:
        for one in (self._direct, *self._proxied.values()):
            one.close()


class AsyncTransport(httpx.AsyncBaseTransport):
    """The same for code that waits for many."""

    def __init__(self, peers: Peers, limits: httpx.Limits = LIMITS) -> None:
        self._peers, self._limits = peers, limits
        self._direct = httpx.AsyncHTTPTransport(verify=trusted(), trust_env=False, limits=limits)
        self._direct._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted(),
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_CheckingAsync(peers),
        )
        self._proxies = getproxies()
        self._proxied: dict[str, httpx.AsyncHTTPTransport] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._peers.check(str(request.url))
        proxy = _proxy_for(request.url, self._proxies)
        if proxy is None:
            return await self._direct.handle_async_request(request)
        if proxy not in self._proxied:
            self._proxied[proxy] = httpx.AsyncHTTPTransport(
                verify=trusted(), trust_env=False, limits=self._limits, proxy=proxy
            )
        return await self._proxied[proxy].handle_async_request(request)

    async def aclose(self) -> None:
        for one in (self._direct, *self._proxied.values()):
            await one.aclose()


class Borrowed(httpx.AsyncBaseTransport):
    """A transport somebody else owns, for fewer peers; closing our client leaves it open."""

    def __init__(self, transport: httpx.AsyncBaseTransport, peers: Peers) -> None:
        self._transport, self._peers = transport, peers

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._peers.check(str(request.url))
        return await self._transport.handle_async_request(request)


@cache
def trusted() -> ssl.SSLContext:
    """The machine's own authorities, and Mozilla's. It takes tens of milliseconds: once."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def is_public(text: str) -> bool:
    """Whether it is an address that the internet gives out, in whichever dress."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if address not in _GIVEN_OUT:
            return False
    return address.is_global and not address.is_multicast


class _Checking(httpcore.SyncBackend):
    """Connects to addresses that were checked, not to names."""

    def __init__(self, peers: Peers, deadline: float | None) -> None:
        self._peers, self._deadline = peers, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name is not known") from error
        *others, last = self._peers.addresses(host, found)
        for address in others:
            try:
                return self._hurried(
                    super().connect_tcp(address, port, timeout, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._hurried(
            super().connect_tcp(last, port, timeout, local_address, socket_options)
        )

    def connect_unix_socket(self, *_where: Any, **_how: Any) -> httpcore.NetworkStream:
        raise RefusedAddressError("a socket of this machine")

    def _hurried(self, stream: httpcore.NetworkStream) -> httpcore.NetworkStream:
        return stream if self._deadline is None else _Hurried(stream, self._deadline)


class _CheckingAsync(httpcore.AnyIOBackend):
    """The same for code that waits for many."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(timeout):
                found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except TimeoutError as error:
            raise httpcore.ConnectTimeout("the name was not looked up in time") from error
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError("the name is not known") from error
        *others, last = self._peers.addresses(host, found)
        for address in others:
            try:
                return await super().connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await super().connect_tcp(last, port, timeout, local_address, socket_options)

    async def connect_unix_socket(self, *_where: Any, **_how: Any) -> httpcore.AsyncNetworkStream:
        raise RefusedAddressError("a socket of this machine")


class _Hurried(httpcore.NetworkStream):
    """Reads and writes until a moment: bytes that come one by one would take for ever."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        within = self._left(timeout)
        return _Hurried(
            self._stream.start_tls(ssl_context, server_hostname, within), self._deadline
        )

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _left(self, timeout: float | None) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("answer too slow")
        return left if timeout is None else min(left, timeout)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or PORTS.get(parts.scheme, 0)
    return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}"


def _fits(host: str, allowed: str) -> bool:
    return host.endswith(allowed[1:]) if allowed.startswith("*.") else host == allowed


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _proxy_for(url: httpx.URL, proxies: dict[str, str]) -> str | None:
    """The operator's way out for this address; then the proxy looks the name up, not we."""
    address = proxies.get(url.scheme) or proxies.get("all")
    if not address or is_loopback_host(url.host) or proxy_bypass(url.host):
        return None
    return address if "://" in address else f"http://{address}"
