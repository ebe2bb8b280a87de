"""Homes for servers, and other processes that own one, all gone at the end of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from klientbro.database import EmbeddedServer, postmaster
from klientbro.database.paths import ServerPaths

# Owns the server of the home in argv[1] until a line or the end of its standard input.
OWNER = """
import sys
from pathlib import Path
from klientbro.database import EmbeddedServer
server = EmbeddedServer.acquire(Path(sys.argv[1]), durable=False)
print("adopted" if server.adopted else "started", server.pid, flush=True)
sys.stdin.readline()
server.release()
print("released", flush=True)
"""


class Owner:
    """Another process that holds the server of a home."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", OWNER, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parents[3],
        )
        self.how, _, pid = self._line().partition(" ")
        self.server_pid = int(pid)

    def release(self) -> None:
        """Have it give the server up and end."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert self._line() == "released"
        self.process.wait(timeout=120)
        self._close()

    def kill(self) -> None:
        """Kill it as -9 does."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=120)
        self._close()

    def _line(self) -> str:
        return self.process.stdout.readline().strip()

    def _close(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def home() -> Iterator[Path]:
    """A short-named home; whatever still runs in it afterwards is stopped."""
    with tempfile.TemporaryDirectory(prefix="kb-", dir="/tmp", ignore_cleanup_errors=True) as name:
        if os.geteuid() == 0:
            Path(name).chmod(0o711)
        yield Path(name) / "home"
        postmaster.stop(ServerPaths.of_home(Path(name) / "home"), None)


@pytest.fixture(scope="session")
def initialised() -> Iterator[Path]:
    """A home whose server has been made and stopped, to be copied."""
    with tempfile.TemporaryDirectory(prefix="kb-", dir="/tmp", ignore_cleanup_errors=True) as name:
        if os.geteuid() == 0:
            Path(name).chmod(0o711)
        made = Path(name) / "home"
        with EmbeddedServer.acquire(made, durable=False):
            pass
        yield made


@pytest.fixture
def server(home: Path, initialised: Path) -> Iterator[EmbeddedServer]:
    """A running server of this test's own; making its first files takes longer than most tests."""
    source, target = ServerPaths.of_home(initialised).root, ServerPaths.of_home(home)
    target.make_root()
    # cp keeps the owner, which is not ours where the server may not run as root
    subprocess.run(["cp", "-a", f"{source}/.", str(target.root)], check=True)
    with EmbeddedServer.acquire(home, durable=False) as running:
        yield running


@pytest.fixture
def another_owner() -> Iterator[Callable[[Path], Owner]]:
    """Makes other processes that own a server."""
    made: list[Owner] = []

    def make(home: Path) -> Owner:
        made.append(Owner(home))
        return made[-1]

    yield make
    for owner in made:
        if owner.process.poll() is None:
            owner.kill()
