"""clamd's protocol, against a small server that also misbehaves, and against a real clamd."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from klientbro.lib.errors import ConfigurationError
from klientbro.lib.virus_scan import (
    MOST_OF_AN_ANSWER,
    PIECE,
    Scanner,
    UnansweredError,
    scanner_from,
)

# The text that every scanner knows, in two parts so that no scanner takes this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
Behave = Callable[[socket.socket], None]


def _read(line: socket.socket, count: int) -> bytes:
    found = b""
    while len(found) < count:
        piece = line.recv(count - len(found))
        if not piece:
            raise ConnectionError
        found += piece
    return found


def read_stream(line: socket.socket) -> bytes:
    """What is sent, as clamd reads it."""
    assert _read(line, 10) == b"zINSTREAM\0"
    found = b""
    while length := struct.unpack(">I", _read(line, 4))[0]:
        assert length <= PIECE
        found += _read(line, length)
    return found


@pytest.fixture
def serve() -> Iterator[Callable[[Behave], Scanner]]:
    """A server of one way to behave, on a port of its own."""
    open_lines: list[socket.socket] = []

    def serving(behave: Behave) -> Scanner:
        listener = socket.create_server(("127.0.0.1", 0))
        open_lines.append(listener)

        def run() -> None:
            while True:
                try:
                    line, _address = listener.accept()
                except OSError:
                    return
                open_lines.append(line)
                with contextlib.suppress(OSError):
                    behave(line)
                line.close()

        threading.Thread(target=run, daemon=True).start()
        return Scanner(host="127.0.0.1", port=listener.getsockname()[1], seconds=20)

    yield serving
    for line in open_lines:
        line.close()


def test_file_goes_over_whole_and_what_is_found_comes_back(
    serve: Callable[[Behave], Scanner],
) -> None:
    got: list[bytes] = []

    def behave(line: socket.socket) -> None:
        got.append(read_stream(line))
        line.sendall(b"stream: OK\0" if b"bad" not in got[-1] else b"stream: Eicar-Test FOUND\0")

    scanner = serve(behave)
    large = os.urandom(3 * PIECE + 7)
    assert scanner.found_in(large) == ""
    assert scanner.found_in(b"") == ""
    assert scanner.found_in(b"something bad") == "Eicar-Test"
    assert got == [large, b"", b"something bad"]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"stream: OK",  # its end is missing: perhaps there was more to come
        b"\0",
        b"stream: OKAY\0",
        b"OK\0",
        b"stream: INSTREAM size limit exceeded. ERROR\0",
        b"INSTREAM size limit exceeded. ERROR\0",
        b"HTTP/1.1 200 OK\r\n\r\n\0",
        b"\xff\xfe\x00",
        b"x" * (MOST_OF_AN_ANSWER * 3),
        b"UNKNOWN COMMAND\0",
    ],
)
def test_only_the_one_line_makes_a_file_clean(
    serve: Callable[[Behave], Scanner], answer: bytes
) -> None:
    def behave(line: socket.socket) -> None:
        read_stream(line)
        line.sendall(answer)

    with pytest.raises(UnansweredError) as told:
        serve(behave).found_in(b"a")
    assert str(told.value).isprintable()
    assert len(str(told.value)) < 300


def test_scanner_that_hangs_up_half_way_is_no_answer_unless_it_said_why(
    serve: Callable[[Behave], Scanner],
) -> None:
    def dies(line: socket.socket) -> None:
        _read(line, PIECE)

    def says_why(line: socket.socket) -> None:
        _read(line, 10)
        line.sendall(b"INSTREAM size limit exceeded. ERROR\0")
        line.shutdown(socket.SHUT_WR)
        while line.recv(PIECE):
            pass

    with pytest.raises(UnansweredError, match="does not answer"):
        serve(dies).found_in(b"a" * 50 * PIECE)
    with pytest.raises(UnansweredError, match="StreamMaxLength"):
        serve(says_why).found_in(b"a" * 50 * PIECE)


def test_slow_scanner_is_waited_for_no_longer_than_it_has(
    serve: Callable[[Behave], Scanner],
) -> None:
    done = threading.Event()

    def drips(line: socket.socket) -> None:
        """A byte now and then: each read has its answer in time, the whole has not."""
        read_stream(line)
        while not done.wait(0.05):
            line.sendall(b"s")

    slow = serve(drips)
    hasty = Scanner(host=slow.host, port=slow.port, seconds=0.5)
    with pytest.raises(UnansweredError, match="TimeoutError"):
        hasty.found_in(b"a")
    done.set()


def test_scanner_that_is_not_there_is_no_answer(tmp_path: Path) -> None:
    for scanner in (Scanner(path=str(tmp_path / "no.ctl")), Scanner(host="127.0.0.1", port=9)):
        with pytest.raises(UnansweredError):
            scanner.found_in(b"a")
        assert not scanner.answers()


def test_where_a_scanner_may_be() -> None:
    assert scanner_from("", "N") is None
    assert scanner_from("unix:/run/clamav/clamd.ctl", "N") == Scanner(path="/run/clamav/clamd.ctl")
    assert scanner_from("unix:///run/c.ctl", "N") == Scanner(path="/run/c.ctl")
    assert scanner_from("tcp://127.0.0.1", "N") == Scanner(host="127.0.0.1", port=3310)
    assert scanner_from("tcp://localhost:99", "N") == Scanner(host="localhost", port=99)
    for wrong in (
        "tcp://10.0.0.7:3310", "tcp://clamav:3310", "tcp://:3310", "tcp://127.0.0.1:x",
        "http://127.0.0.1:3310", "/run/clamav/clamd.ctl", "unix:relative", "unix://host/run/c",
    ):  # fmt: skip
        with pytest.raises(ConfigurationError, match="KLIENTBRO_VIRUS_SCANNER"):
            scanner_from(wrong, "KLIENTBRO_VIRUS_SCANNER")


CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin:/usr/local/sbin")


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scanner]:
    """A real clamd with two signatures of the test's own, on a socket of its own."""
    if CLAMD is None:
        pytest.skip("clamd is not installed (on Debian: apt-get install clamav-daemon)")
    home = tmp_path_factory.mktemp("clamd")
    signatures = home / "signatures"
    signatures.mkdir()
    (signatures / "test.ndb").write_text(f"Eicar-Test-Signature:0:*:{EICAR.hex()}\n")
    other = b"an invoice that is none"
    digest = hashlib.md5(other, usedforsecurity=False).hexdigest()
    (signatures / "test.hdb").write_text(f"{digest}:{len(other)}:Test.False-Invoice\n")
    path = home / "clamd.ctl"
    (home / "clamd.conf").write_text(
        f"DatabaseDirectory {signatures}\nLocalSocket {path}\nForeground yes\n"
        f"LogFile {home / 'log'}\nStreamMaxLength 1M\nMaxThreads 2\nSelfCheck 0\n"
    )
    process = subprocess.Popen(
        [CLAMD, "--config-file", str(home / "clamd.conf")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    scanner = Scanner(path=str(path), seconds=120)
    try:
        until = time.monotonic() + 120
        while not scanner.answers(seconds=10):
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"clamd did not start: {(home / 'log').read_text()[-500:]}")
            time.sleep(0.1)
        yield scanner
    finally:
        process.terminate()
        process.wait(timeout=60)


def test_real_scanner_finds_what_it_knows_and_lets_the_rest_through(clamd: Scanner) -> None:
    assert clamd.found_in(b"%PDF-1.4 nothing to see") == ""
    assert clamd.found_in(b"") == ""
    assert "Eicar" in clamd.found_in(EICAR)
    assert "Eicar" in clamd.found_in(b"%PDF-1.4\n" + EICAR + b"\n%%EOF")
    assert "Test.False-Invoice" in clamd.found_in(b"an invoice that is none")


def test_real_scanner_that_is_given_too_much_is_no_answer(clamd: Scanner) -> None:
    assert clamd.found_in(b"a" * 900_000) == ""
    with pytest.raises(UnansweredError):
        clamd.found_in(b"a" * 3_000_000)
    assert clamd.answers()
