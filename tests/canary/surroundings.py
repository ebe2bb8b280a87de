"""What stands around the running product: accounting system, mail server, trace collector."""

from __future__ import annotations

import gzip
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


class Source:
    """Stands before the simulator. `echoes`: it fails, and shows all it was sent in its page."""

    def __init__(self, target: str) -> None:
        self.target, self.echoes, self.echoed = target.rstrip("/"), False, 0
        self._lines = httpx.Client(timeout=60)
        outer = self

        class Handler(_Quiet):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                if outer.echoes:
                    outer.echoed += 1
                    shown = f"<html>{self.path}\n{self.headers}\n".encode() + body
                    self._send(500, {"content-type": "text/html"}, shown)
                    return
                kept = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
                answer = outer._lines.request(
                    self.command, outer.target + self.path, headers=kept, content=body
                )
                told = {k: v for k, v in answer.headers.items() if k.lower() not in _HOP}
                self._send(answer.status_code, told, answer.content)

            do_GET = do_POST = _answer  # noqa: N815 the library's own names

        self.server = _serve(Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._lines.close()


_HOP = {"host", "content-length", "transfer-encoding", "connection", "content-encoding",
        "accept-encoding"}  # fmt: skip


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Nothing on the test's own console."""

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _serve(handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """Takes traces as OpenTelemetry sends them, and keeps what came."""
    received: list[bytes] = []

    class Handler(_Quiet):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            received.append(body if body[:2] != b"\x1f\x8b" else gzip.decompress(body))
            self._send(200, {"content-type": "application/x-protobuf"}, b"")

    server = _serve(Handler)
    yield f"http://127.0.0.1:{server.server_address[1]}", received
    server.shutdown()
    server.server_close()


class PostOffice:
    """Takes every letter, with any name and password, and keeps it.

    `refuses`: it says no to each, and shows the letter in its answer.
    """

    def __init__(self) -> None:
        self.letters: list[bytes] = []
        self.refused: list[bytes] = []
        self.refuses = False
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self.wfile.write(b"220 here\r\n")
                while line := self.rfile.readline():
                    word = line.split()[0].upper() if line.split() else b""
                    if word == b"EHLO":
                        self.wfile.write(b"250-here\r\n250 AUTH PLAIN LOGIN\r\n")
                    elif word == b"AUTH":
                        self.wfile.write(b"235 come in\r\n")
                    elif word == b"DATA":
                        self.wfile.write(b"354 go on\r\n")
                        self.wfile.write(outer.take(b"".join(self.letter())))
                    elif word == b"QUIT":
                        self.wfile.write(b"221 bye\r\n")
                        return
                    else:
                        self.wfile.write(b"250 yes\r\n")

            def letter(self) -> Iterator[bytes]:
                while (part := self.rfile.readline()) and part != b".\r\n":
                    yield part

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = int(self.server.server_address[1])

    def take(self, letter: bytes) -> bytes:
        """What the server answers."""
        if not self.refuses:
            self.letters.append(letter)
            return b"250 taken\r\n"
        self.refused.append(letter)
        lines = [line for line in letter.splitlines() if line]
        return b"".join(b"554-" + line[:400] + b"\r\n" for line in lines) + b"554 refused\r\n"


@contextmanager
def post_office() -> Iterator[PostOffice]:
    """One that runs."""
    office = PostOffice()
    threading.Thread(target=office.server.serve_forever, daemon=True).start()
    yield office
    office.server.shutdown()
    office.server.server_close()
