"""The one door out, tried with real servers on loopback: who is listed is asked, nobody else."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from klientbro.lib import outgoing
from klientbro.lib.outgoing import Peers, RefusedAddressError, UnlistedHostError

NOBODY = {"headers": {}, "timeout": 60}


class Server:
    """Answers, leads on to `leads_to`, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.leads_to = ""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(f"{self.command} {self.path}")
                self.send_response(302 if outer.leads_to else 200)
                if outer.leads_to:
                    self.send_header("Location", outer.leads_to)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"ok")

            def do_CONNECT(self) -> None:
                outer.asked.append(f"{self.command} {self.path}")
                self.send_error(403)

            def log_message(self, *_words: Any) -> None:
                """Nothing is printed."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Server, Server]]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    both = Server(), Server()
    yield both
    for one in both:
        one.close()


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What a name was looked up for, or a socket opened to: nothing may be."""
    asked: list[object] = []

    def refuse(*words: object, **_more: object) -> Any:
        asked.append(words)
        raise OSError("a socket was to be opened")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    return asked


def get(peers: Peers, url: str) -> httpx.Response:
    with outgoing.client(peers, timeout=60) as client:
        return client.get(url)


def get_async(peers: Peers, url: str, **more: Any) -> httpx.Response:
    async def run() -> httpx.Response:
        async with outgoing.async_client(peers, **NOBODY, **more) as client:
            return await client.get(url)

    return asyncio.run(run())


BOTH = pytest.mark.parametrize("ask", [get, get_async], ids=["blocking", "waiting"])


@BOTH
def test_peer_is_asked(servers: tuple[Server, Server], ask: Any) -> None:
    assert ask(Peers.at(servers[0].url + "/v2"), servers[0].url + "/other").text == "ok"
    assert servers[0].asked == ["GET /other"]


@BOTH
def test_another_port_of_the_same_host_is_another(servers: tuple[Server, Server], ask: Any) -> None:
    with pytest.raises(UnlistedHostError):
        ask(Peers.at(servers[0].url), servers[1].url)
    assert servers[1].asked == []


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/",
        "http://api.example/",  # listed with TLS only
        "https://api.example:8443/",
        "https://api.example.elsewhere.example/",
        "https://xapi.example/",
        "https://api.example@elsewhere.example/",
        "https://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "https://below.deep.example.elsewhere.example/",
        "https://deep.example/",
    ],
)
@BOTH
def test_who_is_not_listed_is_refused_before_a_name_is_looked_up(
    no_socket: list[object], ask: Any, url: str
) -> None:
    peers = Peers(Peers.at("https://api.example/v2").origins, frozenset({"*.deep.example"}))
    with pytest.raises(UnlistedHostError, match="not on the list"):
        ask(peers, url)
    assert no_socket == []


def test_names_below_a_listed_one_are_looked_up(no_socket: list[object]) -> None:
    peers = Peers(hosts=frozenset({"*.deep.example"}))
    with pytest.raises(httpx.ConnectError):
        get(peers, "https://one.deep.example/")
    assert len(no_socket) == 1


@BOTH
def test_answer_that_leads_elsewhere_leads_nowhere(
    servers: tuple[Server, Server], ask: Any
) -> None:
    servers[0].leads_to = servers[1].url
    assert ask(Peers.at(servers[0].url), servers[0].url).status_code == 302
    assert servers[1].asked == []


def test_who_follows_all_the_same_is_refused_at_the_next_host(
    servers: tuple[Server, Server],
) -> None:
    servers[0].leads_to = servers[1].url
    with (
        outgoing.client(Peers.at(servers[0].url), timeout=60) as client,
        pytest.raises(UnlistedHostError),
    ):
        client.get(servers[0].url, follow_redirects=True)
    assert servers[1].asked == []


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fd00::1"])
@BOTH
def test_name_that_leads_inside_is_refused_unless_the_operator_has_let_it(
    servers: tuple[Server, Server], ask: Any, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    led = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, servers[0].port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: led)
    url = f"http://api.example:{servers[0].port}/"
    with pytest.raises(RefusedAddressError, match="private address"):
        ask(Peers.at(url), url)
    assert servers[0].asked == []
    monkeypatch.setattr(outgoing, "_inside", frozenset({"api.example"}))
    if address == "127.0.0.1":
        assert ask(Peers.at(url), url).text == "ok"
    monkeypatch.setattr(outgoing, "_inside", frozenset({"other.example"}))
    with pytest.raises(RefusedAddressError, match="private address"):
        ask(Peers.at(url), url)


def test_shared_lines_are_narrowed_to_the_peers_of_who_borrows_them(
    servers: tuple[Server, Server],
) -> None:
    wide = Peers.at(servers[0].url, servers[1].url)

    async def run() -> None:
        async with outgoing.AsyncTransport(wide) as lines:
            peers = Peers.at(servers[0].url)
            async with outgoing.async_client(peers, **NOBODY, shared=lines) as client:
                assert (await client.get(servers[0].url)).text == "ok"
                with pytest.raises(UnlistedHostError):
                    await client.get(servers[1].url)

    asyncio.run(run())
    assert servers[1].asked == []


@BOTH
def test_egress_proxy_is_used_and_the_list_holds_before_it(
    servers: tuple[Server, Server], ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", servers[1].url)
    with pytest.raises(httpx.ProxyError):
        ask(Peers.at("https://api.example/"), "https://api.example/")
    assert servers[1].asked == ["CONNECT api.example:443"]
    with pytest.raises(UnlistedHostError):
        ask(Peers.at("https://api.example/"), "https://elsewhere.example/")
    assert len(servers[1].asked) == 1
    assert ask(Peers.at(servers[0].url), servers[0].url).text == "ok"  # this machine: straight
