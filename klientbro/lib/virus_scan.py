"""Asks the operator's clamd whether a file holds something known to be harmful.

The protocol is clamd's own INSTREAM: the file goes over a socket of this machine in pieces, and one
line comes back. Only the one line that says so makes a file clean; whatever else comes, or nothing
within the time, is no answer.
"""

from __future__ import annotations

import re
import socket
import struct
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from klientbro.lib.errors import ConfigurationError, KlientbroError
from klientbro.lib.loopback import is_loopback_host

PIECE = 64 * 1024
MOST_OF_AN_ANSWER = 4_096
# A PDF of 20 MB takes clamd some seconds; the person stands and waits.
SECONDS = 30.0
PORT = 3310
CLEAN = b"stream: OK"
_FOUND = re.compile(rb"^stream: (.+) FOUND$")


class UnansweredError(KlientbroError):
    """The scanner said nothing that could be relied on; the message is for the operator."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """Where clamd listens: a socket in the file system, or a port of this machine."""

    path: str = ""
    host: str = ""
    port: int = PORT
    seconds: float = SECONDS

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"tcp://{self.host}:{self.port}"

    def found_in(self, content: bytes) -> str:
        """What clamd calls the harm in it; '' when it is clean. UnansweredError for neither."""
        answer = self._ask(b"zINSTREAM\0", content)
        if answer == CLEAN:
            return ""
        if found := _FOUND.match(answer):
            return _plain(found[1])
        if b"size limit exceeded" in answer:
            raise UnansweredError(
                f"the file of {len(content)} bytes is larger than the scanner at {self} takes: "
                "raise StreamMaxLength in clamd.conf"
            )
        raise UnansweredError(f"the scanner at {self} said {_plain(answer)!r}")

    def answers(self, seconds: float = 2.0) -> bool:
        """Whether it is there."""
        try:
            return Scanner(self.path, self.host, self.port, seconds)._ask(b"zPING\0") == b"PONG"
        except UnansweredError:
            return False

    def _ask(self, command: bytes, content: bytes | None = None) -> bytes:
        until = time.monotonic() + self.seconds
        try:
            with self._connected() as line:
                try:
                    _send(line, command, until)
                    if content is not None:
                        for at in range(0, len(content), PIECE):
                            piece = content[at : at + PIECE]
                            _send(line, struct.pack(">I", len(piece)) + piece, until)
                        _send(line, struct.pack(">I", 0), until)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it has heard enough: why, it may have said
                return _answer(line, until)
        except OSError as error:
            raise UnansweredError(
                f"the scanner at {self} does not answer: {type(error).__name__}"
            ) from error

    def _connected(self) -> socket.socket:
        if self.path:
            # rule outgoing: a file of this machine, which the setting names
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                line.settimeout(self.seconds)
                line.connect(self.path)
            except OSError:
                line.close()
                raise
            return line
        # rule outgoing: the scanner of the setting, which speaks no HTTP
        return socket.create_connection((self.host, self.port), timeout=self.seconds)


def scanner_from(text: str, name: str) -> Scanner | None:
    """`unix:/run/clamav/clamd.ctl` or `tcp://127.0.0.1:3310`; None for an empty text."""
    text = text.strip()
    if not text:
        return None
    try:
        parts = urlsplit(text)
        port = parts.port or PORT
    except ValueError:
        parts, port = urlsplit(""), PORT
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return Scanner(path=parts.path)
    if parts.scheme == "tcp" and parts.hostname and parts.path in ("", "/"):
        if not is_loopback_host(parts.hostname):
            raise ConfigurationError(
                f"{name} must be on this machine: clamd speaks in the clear, and every file goes "
                f"to it. Use its socket, or a port of 127.0.0.1, not {parts.hostname}"
            )
        return Scanner(host=parts.hostname, port=port)
    raise ConfigurationError(
        f"{name} must be like unix:/run/clamav/clamd.ctl or tcp://127.0.0.1:{PORT}, not {text!r}"
    )


def _send(line: socket.socket, piece: bytes, until: float) -> None:
    line.settimeout(_left(until))
    line.sendall(piece)


def _answer(line: socket.socket, until: float) -> bytes:
    """Up to its zero byte. What ends before it is half an answer, which is none."""
    answer = b""
    while b"\0" not in answer:
        if len(answer) > MOST_OF_AN_ANSWER:
            raise UnansweredError("the scanner talks without end")
        line.settimeout(_left(until))
        piece = line.recv(MOST_OF_AN_ANSWER)
        if not piece:
            raise ConnectionAbortedError
        answer += piece
    return answer.partition(b"\0")[0]


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _plain(text: bytes) -> str:
    """Letters, digits and signs: it comes from outside and goes into logs."""
    return re.sub(r"[^\x20-\x7e]", "?", text.decode("ascii", "replace"))[:100]
