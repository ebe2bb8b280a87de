"""What we need to know about processes: alive or a zombie, where they work, and dying together."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

_PROC = Path("/proc")
_PR_SET_PDEATHSIG = 1


def is_alive(pid: int) -> bool:
    """Whether `pid` still runs; a zombie (dead, waiting for its parent) does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return _state(pid) not in {"Z", "X"}


def works_in(pid: int, directory: Path) -> bool:
    """Whether `pid` has `directory` as its working directory, as every PostgreSQL process does.

    Where /proc is missing (not Linux) the answer is yes: we then know no better.
    """
    if not _PROC.is_dir():
        return True
    try:
        return os.path.samefile(_PROC / str(pid) / "cwd", directory)
    except OSError:
        return False


def processes_in(directory: Path) -> list[int]:
    """The live processes working in `directory`; empty where /proc is missing."""
    if not _PROC.is_dir():
        return []
    pids = (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [pid for pid in pids if works_in(pid, directory) and is_alive(pid)]


def wait_until(happened: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Wait until `happened()` or until the time is up; tells which."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def dies_with_parent(parent: int) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel end the child (SIGTERM) when process `parent` dies.

    Without it a supervisor killed with -9 leaves its children running. Linux only; elsewhere it
    does nothing. The kernel watches the *thread* that started the child: start from the main one.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and here
            os._exit(1)

    return ask_kernel


def _state(pid: int) -> str:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return ""
    # The name stands in parentheses and may hold anything; the state letter follows the last one.
    return stat.rpartition(")")[2].split()[0]
