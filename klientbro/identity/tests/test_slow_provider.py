"""A provider that answers byte by byte holds nobody up: strangers may begin sign-ins."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from klientbro.identity.single_sign_on import fetching
from klientbro.identity.single_sign_on.errors import SignOnRefusedError

BODY = json.dumps({"issuer": "https://login.example"}).encode()
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(BODY)
FOR_LONG, FOR_A_MOMENT, EACH_SECONDS = 3_000, 20, 0.01


@pytest.fixture
def hesitating(
    private_allowed: None, request: pytest.FixtureRequest
) -> Iterator[tuple[str, threading.Event]]:
    """An address whose head comes in pieces of one byte, and what is set once all has been sent."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop, whole = threading.Event(), threading.Event()

        def answer() -> None:
            with contextlib.suppress(OSError):
                connection, _address = server.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(HEAD + b"X-Slow: ")
                    for _ in range(request.param):
                        connection.sendall(b"a")
                        if stop.wait(EACH_SECONDS):
                            return
                    connection.sendall(b"\r\n\r\n" + BODY)
                    whole.set()

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", whole
        stop.set()
        with contextlib.suppress(OSError):  # where nobody has come, it waits for somebody still
            socket.create_connection(server.getsockname(), timeout=60).close()
        thread.join()


@pytest.mark.parametrize("hesitating", [FOR_LONG], indirect=True)
def test_answer_that_comes_byte_by_byte_is_given_up(
    hesitating: tuple[str, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, whole = hesitating
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 0.5)
    with pytest.raises(SignOnRefusedError) as refused:
        fetching.ask(address)
    assert refused.value.reason == "unreachable"
    assert not whole.is_set()


@pytest.mark.parametrize("hesitating", [FOR_A_MOMENT], indirect=True)
def test_answer_within_the_time_is_taken(
    hesitating: tuple[str, threading.Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 600.0)
    monkeypatch.setattr(fetching, "SECONDS_PER_STEP", 600.0)
    assert fetching.ask(hesitating[0]) == (200, {"issuer": "https://login.example"})
