"""The supervisor with real processes: restarts, stops, and dying together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from klientbro.cli import supervisor as supervisor_module
from klientbro.cli.supervisor import Child, Supervisor
from klientbro.database.processes import is_alive, wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(60)",
]
# Supervises one sleeping child, and tells both process ids.
SUPERVISE = f"""
import os
from klientbro.cli.supervisor import Child, Supervisor, say
supervisor = Supervisor(say)
with supervisor.signals():
    child = Child("sleeper", {SLEEP!r})
    supervisor.start(child)
    print(child.process.pid, flush=True)
    supervisor.look_after(lambda: None)
supervisor.stop()
"""


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(said: list[str]) -> Iterator[Supervisor]:
    made = Supervisor(said.append)
    yield made
    made.stop()


@pytest.fixture
def another_supervisor() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A supervisor in a process of its own, and the process id of its child."""
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISE],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[3],
    )
    yield process, int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


def look_after(supervisor: Supervisor, enough: Callable[[], bool]) -> None:
    """Let it look after its children until it has done what it should, or never will."""
    deadline = time.monotonic() + 60

    def stop_in_time() -> None:
        if enough() or time.monotonic() > deadline:
            supervisor._stop.set()

    supervisor.look_after(stop_in_time)


def test_child_that_dies_is_started_again(supervisor: Supervisor, said: list[str]) -> None:
    child = Child("sleeper", SLEEP)
    supervisor.start(child)
    first = child.process.pid
    child.process.kill()
    look_after(supervisor, lambda: child.process is not None and child.process.pid != first)
    assert child.process.pid != first
    assert is_alive(child.process.pid)
    assert said[0].startswith("sleeper ended with -9; started again in 0.5 s")


def test_child_that_dies_at_once_is_started_less_and_less_often(
    supervisor: Supervisor, said: list[str]
) -> None:
    supervisor.start(Child("flop", [sys.executable, "-c", "raise SystemExit(3)"]))
    look_after(supervisor, lambda: len(said) >= 3)
    assert [line.rpartition(" in ")[2] for line in said[:3]] == ["0.5 s", "1 s", "2 s"]


def test_all_are_stopped_together_and_quickly(supervisor: Supervisor) -> None:
    children = [Child(name, SLEEP) for name in ("one", "two", "three")]
    for child in children:
        supervisor.start(child)
    began = time.monotonic()
    supervisor.stop()
    assert time.monotonic() - began < supervisor_module._STOP_SECONDS
    assert not [child for child in children if is_alive(child.process.pid)]


def test_child_that_does_not_listen_is_killed(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("klientbro.cli.supervisor._STOP_SECONDS", 0.3)
    lines: list[str] = []
    child = Child("deaf", STUBBORN, on_line=lines.append)
    supervisor.start(child)
    assert wait_until(lambda: lines == ["deaf"], 60)
    supervisor.stop()
    assert wait_until(lambda: not is_alive(child.process.pid), 20)
    assert said == ["deaf did not stop in 0 s and was killed"]


def test_what_a_killed_child_started_is_killed_with_it(supervisor: Supervisor) -> None:
    lines: list[str] = []
    child = Child("parent", ["sh", "-c", "sleep 60 & echo $!; wait"], on_line=lines.append)
    supervisor.start(child)
    assert wait_until(lambda: bool(lines), 60)
    child.process.kill()
    look_after(supervisor, lambda: not is_alive(int(lines[0])))
    assert not is_alive(int(lines[0]))


def test_lines_of_a_child_are_handed_over(supervisor: Supervisor) -> None:
    lines: list[str] = []
    supervisor.start(
        Child("talker", [sys.executable, "-c", "print('a\\nb')"], on_line=lines.append)
    )
    assert wait_until(lambda: lines == ["a", "b"], 60)


def test_waiting_ends_when_asked_to_stop(supervisor: Supervisor) -> None:
    threading.Timer(0.2, supervisor._stop.set).start()
    began = time.monotonic()
    assert supervisor.wait_for(lambda: False, 30) is False
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("order", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_the_children_and_ends_with_zero(
    order: signal.Signals, another_supervisor: tuple[subprocess.Popen[str], int]
) -> None:
    process, child = another_supervisor
    process.send_signal(order)
    assert process.wait(timeout=60) == 0
    assert not is_alive(child)


def test_children_end_with_a_supervisor_that_is_killed(
    another_supervisor: tuple[subprocess.Popen[str], int],
) -> None:
    process, child = another_supervisor
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=60)
    assert wait_until(lambda: not is_alive(child), 60)
