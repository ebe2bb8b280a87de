"""What a process and its children use: memory at most, and processor time."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE_SECONDS = 0.1
_TICKS = os.sysconf("SC_CLK_TCK")
_MEGABYTE = 1024.0  # kB


class Watched:
    """The most memory some processes have had together. Pages they share are counted once."""

    def __init__(self, pids: tuple[int, ...]) -> None:
        self._pids = pids
        self.megabytes = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._ended.wait(_PAUSE_SECONDS):
            used = sum(_proportional_kilobytes(pid) for pid in with_children(self._pids))
            self.megabytes = max(self.megabytes, used / _MEGABYTE)


@contextmanager
def watched(*pids: int) -> Iterator[Watched]:
    """Watch processes and all they start until the block ends."""
    watch = Watched(pids)
    watch._thread.start()
    try:
        yield watch
    finally:
        watch._ended.set()
        watch._thread.join()


def with_children(pids: tuple[int, ...]) -> set[int]:
    """The processes that live, and those they started."""
    found, waiting = set[int](), list(pids)
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        for listed in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                waiting += [int(child) for child in listed.read_text().split()]
            except OSError:
                continue  # a thread that has just ended
    return found


def _proportional_kilobytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0  # ended
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def processor_seconds(pids: set[int]) -> float:
    """What living processes have used so far, their ended children included."""
    total = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / _TICKS
