"""Keeps a few processes running: started together, restarted when they die, stopped together.

Each child leads a session of its own, so that Ctrl-C reaches only the supervisor, which then stops
them in order; and the kernel ends them when the supervisor itself is killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from klientbro.database.processes import dies_with_parent, wait_until
from klientbro.lib.secret_settings import without_secrets

_STOP_SECONDS = 10.0
_LONGEST_PAUSE_SECONDS = 30.0
# A process that lived this long starts anew without a pause when it dies.
_STEADY_SECONDS = 60.0


@dataclass
class Child:
    """One process to keep running."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    on_line: Callable[[str], None] | None = None
    """Gets what the process prints, a line at a time; without it the terminal does."""
    has_secrets: bool = True
    """Whether it inherits the settings that are secrets."""
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    pause_seconds: float = 0.0
    start_again_at: float = 0.0

    def start(self) -> None:
        """Start it. Call from the main thread only: the kernel ties the child to the thread."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 (our own commands, no shell)
            self.command,
            env={
                **(os.environ if self.has_secrets else without_secrets(os.environ)),
                **self.environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if self.on_line else None,
            text=True,
            start_new_session=True,
            preexec_fn=dies_with_parent(os.getpid()),
        )
        if self.on_line:
            threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def has_died(self) -> bool:
        """Whether it was started and has ended."""
        return self.process is not None and self.process.poll() is not None

    def send(self, order: signal.Signals) -> None:
        """Send a signal to it and, when it has to be killed, to all that it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if order == signal.SIGKILL:
                os.killpg(self.process.pid, order)
            elif self.process.poll() is None:
                self.process.send_signal(order)

    def _read(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is None or self.on_line is None:
            return
        with process.stdout as lines:
            for line in lines:
                self.on_line(line.rstrip("\n"))


class Supervisor:
    """The processes and the wish to stop."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.children: list[Child] = []
        self._say = say
        self._stop = threading.Event()

    @property
    def is_stopping(self) -> bool:
        """Whether somebody asked to stop."""
        return self._stop.is_set()

    @contextlib.contextmanager
    def signals(self) -> Iterator[None]:
        """Take Ctrl-C and the service manager's signals as the wish to stop."""

        def ask_to_stop(number: int, frame: object) -> None:
            if self.is_stopping and number == signal.SIGINT:
                self._kill_all()  # pressed again: now
            self._stop.set()

        kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        earlier = {kind: signal.signal(kind, ask_to_stop) for kind in kinds}
        try:
            yield
        finally:
            for kind, handler in earlier.items():
                signal.signal(kind, handler)

    def start(self, child: Child) -> None:
        """Start a process and keep it running from now on."""
        self.children.append(child)
        child.start()

    def wait_for(self, happened: Callable[[], bool], seconds: float) -> bool:
        """Wait for something; ends early, with False, when asked to stop."""
        return wait_until(lambda: self.is_stopping or happened(), seconds) and not self.is_stopping

    def look_after(self, every_round: Callable[[], None]) -> None:
        """Restart what dies, until asked to stop. `every_round` runs twice a second."""
        while not self._stop.wait(0.5):
            every_round()
            for child in self.children:
                self._restart_if_dead(child)

    def restart(self, child: Child) -> None:
        """Have a process start anew, with its environment as it is now."""
        child.send(signal.SIGTERM)
        child.pause_seconds = 0.0

    def stop(self) -> None:
        """Stop all: asked first, killed when they do not listen."""
        self._stop.set()
        for child in self.children:
            child.send(signal.SIGTERM)
        if not wait_until(
            lambda: all(c.process is None or c.has_died() for c in self.children), _STOP_SECONDS
        ):
            slow = [c.name for c in self.children if not c.has_died()]
            self._say(f"{', '.join(slow)} did not stop in {_STOP_SECONDS:.0f} s and was killed")
        # Also where the leader has ended: what it started must not outlive it.
        self._kill_all()

    def _restart_if_dead(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_again_at:
                child.start()
            return
        if not child.has_died():
            return
        lived = time.monotonic() - child.started_at
        is_steady = lived > _STEADY_SECONDS
        child.pause_seconds = (
            0.5 if is_steady else min(max(0.5, child.pause_seconds * 2), _LONGEST_PAUSE_SECONDS)
        )
        self._say(
            f"{child.name} ended with {child.process.returncode}; "
            f"started again in {child.pause_seconds:g} s"
        )
        child.send(signal.SIGKILL)  # its own children, if any are left
        child.process = None
        child.start_again_at = time.monotonic() + child.pause_seconds

    def _kill_all(self) -> None:
        for child in self.children:
            child.send(signal.SIGKILL)


def say(text: str) -> None:
    """Tell the person at the terminal."""
    print(text, file=sys.stderr, flush=True)
