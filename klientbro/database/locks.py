"""File locks that the kernel drops when their process dies, so no list of owners can go stale."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """One advisory lock on one file, held until `close` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> None:
        """Wait until the lock can be held together with other sharers."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def seize(self) -> None:
        """Wait until the lock is ours alone."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_seize(self) -> bool:
        """Take the lock alone if nobody else holds it; a shared hold of our own is given up."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def write(self, text: str) -> None:
        """Leave a note in the file for whoever finds it locked."""
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, text.encode(), 0)

    def drop(self) -> None:
        """Let the lock go and keep the file open."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let the lock go; safe to call twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock on `path` alone for the length of the block."""
    lock = FileLock(path)
    try:
        lock.seize()
        yield
    finally:
        lock.close()
