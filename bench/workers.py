"""Real worker processes, as `klientbro worker` runs them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.house import poweroffice_variables
from simulators.poweroffice_go.testing import PROJECT, Simulator

PATIENCE_SECONDS = 900.0


@contextmanager
def worker(simulator: Simulator, requests_per_second: float) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process that reads from the simulator; stopped at the end."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "klientbro.cli.main", "worker"],
            cwd=PROJECT,
            env={**os.environ, **poweroffice_variables(simulator, requests_per_second)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield process
            if process.poll() is not None:
                output.seek(0)
                text = output.read()[-2000:].decode(errors="replace")
                raise RuntimeError(f"the worker ended by itself:\n{text}")
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_for(happened: Callable[[], object], pause_seconds: float = 0.05) -> None:
    """Wait until something is true; TimeoutError when it takes a quarter of an hour."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        if time.monotonic() > deadline:
            raise TimeoutError("what the benchmark waits for did not happen")
        time.sleep(pause_seconds)


def peak_megabytes(pid: int) -> float:
    """The most memory a process has had resident, as the kernel keeps it."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise RuntimeError("the kernel does not tell peak memory")
    return int(found[1]) / 1024
