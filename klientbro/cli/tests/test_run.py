"""`klientbro run` for real: everything starts, answers, survives and stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from klientbro.database.paths import ServerPaths
from klientbro.database.postmaster import running_pid, stop
from klientbro.database.processes import is_alive, wait_until
from klientbro.database.testing import furnish
from klientbro.lib.tests.ports import free_port

PROJECT = Path(__file__).resolve().parents[3]


class Running:
    """A `klientbro run` of the test's own, with its own home and ports."""

    def __init__(self, home: Path, *, furnished: bool = False) -> None:
        self.home = home
        if furnished:
            furnish(home)
        self.port = free_port()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KLIENTBRO_", "DJANGO_"))}
        self.environment = kept | {
            "KLIENTBRO_HOME": str(home),
            "KLIENTBRO_PORT": str(self.port),
            "KLIENTBRO_SIMULATOR_PORT": str(free_port()),
            "KLIENTBRO_WEB_PROCESSES": "1",
        }
        self.log = home.parent / "run.log"
        self.process = self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, without waiting until it is ready."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command("run"),
                env=self.environment,
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        """Wait for the welcome."""
        is_ready = wait_until(lambda: "Ctrl-C stopper" in self.text() or self.has_ended(), 240)
        assert is_ready, self.text()
        assert not self.has_ended(), self.text()

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def text(self) -> str:
        """What it has printed."""
        return self.log.read_text(errors="replace")

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "klientbro.cli.main", *words]

    def klientbro(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Another command with the same home."""
        return subprocess.run(
            self.command(*words),
            env=self.environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def answers(self) -> bool:
        """Whether the portal does."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{self.port}/helse/klar/", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def family(self) -> list[int]:
        """The processes it started: those with our home in their environment."""
        mark = f"KLIENTBRO_HOME={self.home}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) in {os.getpid(), self.process.pid}:
                continue
            try:
                words = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark in words and is_alive(int(entry.name)):
                found.append(int(entry.name))
        return found


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Iterator[Running]:
    is_from_nothing = "from_nothing" in request.node.name
    with tempfile.TemporaryDirectory(prefix="kb-", dir="/tmp", ignore_cleanup_errors=True) as name:
        made = Running(Path(name) / "home", furnished=not is_from_nothing)
        made.wait_until_ready()
        yield made
        made.process.kill()
        made.process.wait()
        stop(ServerPaths.of_home(made.home), None)
        wait_until(lambda: not made.family(), 10)


def ask_for_new_password(running: Running, email: str) -> None:
    """As a browser does: the form, then its answer."""
    page = f"http://127.0.0.1:{running.port}/konto/passord/glemt/"
    with httpx.Client(follow_redirects=True, trust_env=False, timeout=60) as browser:
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get(page).text)
        assert token is not None
        form = {"csrfmiddlewaretoken": token[1], "email": email}
        answer = browser.post(page, data=form, headers={"Referer": page})
    assert answer.url.path == "/konto/passord/glemt/sendt/"


def test_run_from_nothing_answers_and_ctrl_c_stops_all(running: Running) -> None:
    assert running.answers()
    text = running.text()
    assert f"http://localhost:{running.port}/inn/" in text
    assert "PowerOffice Go" in text

    second = running.klientbro("run")
    assert second.returncode == 2
    assert f"already runs with the folder {running.home}" in second.stderr

    doctor = running.klientbro("doctor", "--json")
    told = json.loads(doctor.stdout)
    assert told["ok"], told
    assert {"name", "ok", "message", "action"} <= set(told["checks"][0])
    assert "password=" not in told["database_url"]

    link = running.klientbro("user", "create", "ola@byra.example", "--json")
    assert json.loads(link.stdout)["sign_in_link"].startswith(f"http://localhost:{running.port}/")

    ask_for_new_password(running, "ola@byra.example")
    letters = running.home / "mail"

    def letter() -> str:
        return "".join(one.read_text() for one in letters.glob("*.log"))

    # the file is there a moment before what is written in it
    way = f"http://localhost:{running.port}/konto/passord/glemt/"
    assert wait_until(lambda: way in letter(), 90), running.text()
    assert "To: ola@byra.example" in letter()

    assert "is closed" in running.klientbro("user", "disable", "ola@byra.example").stdout
    unknown = running.klientbro("user", "disable", "ukjent@byra.example")
    assert unknown.returncode == 2
    assert "klientbro user create" in unknown.stderr

    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(timeout=60) == 0, running.text()
    assert "Traceback" not in running.text()
    assert wait_until(lambda: not running.family(), 30), running.family()


def test_killed_run_leaves_nothing_behind_and_can_be_started_again(running: Running) -> None:
    running.process.kill()
    running.process.wait()
    # The kernel tells its children, and the last of them to leave the database stops it.
    assert wait_until(lambda: not running.family(), 60), running.family()

    running.log.write_text("")
    running.process = running.start()
    running.wait_until_ready()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(timeout=60) == 0
    assert wait_until(lambda: not running.family(), 30)


def test_database_killed_under_it_is_started_again(running: Running) -> None:
    paths = ServerPaths.of_home(running.home)
    first = running_pid(paths)
    os.kill(first, signal.SIGKILL)
    assert wait_until(lambda: running_pid(paths) not in {None, first}, 90), running.text()
    assert wait_until(running.answers, 90)


def test_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = subprocess.run(
            [sys.executable, "-m", "klientbro.cli.main", "run"],
            env={**os.environ, "KLIENTBRO_HOME": str(home), "KLIENTBRO_PORT": str(port)},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
    assert told.returncode == 2
    assert "KLIENTBRO_PORT" in told.stderr
    assert not (home / "postgres").exists()
