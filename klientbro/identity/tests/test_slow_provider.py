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
BYTES, EACH_SECONDS = 400, 0.01


@pytest.fixture
def hesitating(private_allowed: None) -> Iterator[str]:
    """An address whose head comes in pieces of one byte, for four seconds; then all is well."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        stop = threading.Event()

        def answer() -> None:
            with contextlib.suppress(OSError):
                connection, _address = server.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(HEAD + b"X-Slow: ")
                    for _ in range(BYTES):
                        connection.sendall(b"a")
                        if stop.wait(EACH_SECONDS):
                            return
                    connection.sendall(b"\r\n\r\n" + BODY)

        thread = threading.Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        stop.set()
        thread.join()


def test_answer_that_comes_byte_by_byte_is_given_up(
    hesitating: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 0.5)
    with pytest.raises(SignOnRefusedError) as refused:
        fetching.ask(hesitating)
    assert refused.value.reason == "unreachable"


def test_answer_within_the_time_is_taken(hesitating: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 600.0)
    monkeypatch.setattr(fetching, "SECONDS_PER_STEP", 600.0)
    assert fetching.ask(hesitating) == (200, {"issuer": "https://login.example"})
