"""Runs the whole product as people do: `klientbro run` in a home folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import expect

from klientbro.database.testing import furnish
from klientbro.lib.tests.ports import free_port

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 180.0
# Tests open pages and files faster than people, and mean no harm.
UNHURRIED = dict.fromkeys(
    (
        "KLIENTBRO_PAGES_PER_MINUTE", "KLIENTBRO_PAGES_PER_HOUR",
        "KLIENTBRO_FILES_PER_HOUR", "KLIENTBRO_FILES_PER_DAY",
    ),
    "1000000",
)  # fmt: skip
# five seconds is Playwright's own, which a busy machine may need for one page
expect.set_options(timeout=30_000)


@dataclass
class RunningHouse:
    """`klientbro run` as a process of its own, in a home folder of its own."""

    process: subprocess.Popen[str]
    home: Path
    url: str
    simulator_url: str
    lines: list[str] = field(default_factory=list)

    def said(self, pattern: str) -> str:
        """The first group of the first line that matches, waited for."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if match := re.search(pattern, line):
                    return match[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"never said {pattern}:\n" + "".join(self.lines[-60:]))


@contextmanager
def running_house(*, furnished: bool = False) -> Iterator[RunningHouse]:
    """Starts it, waits until it tells its address, and stops it as Ctrl-C does.

    `furnished`: in a home whose database has its tables already, which is quicker.
    """
    home = Path(tempfile.mkdtemp(prefix="kb-e2e-"))
    if furnished:
        furnish(home)
    port, simulator_port = free_port(), free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KLIENTBRO_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "klientbro.cli.main", "run"],
        cwd=PROJECT,
        env=kept
        | {
            "KLIENTBRO_HOME": str(home),
            "KLIENTBRO_PORT": str(port),
            "KLIENTBRO_SIMULATOR_PORT": str(simulator_port),
            "PYTHONUNBUFFERED": "1",
            **UNHURRIED,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = RunningHouse(
        process, home, f"http://localhost:{port}", f"http://127.0.0.1:{simulator_port}"
    )
    reader = threading.Thread(target=_read, args=(running,), daemon=True)
    reader.start()
    try:
        running.said(r"(?:Klientbro kjører / is running):\s+(\S+)")
        yield running
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(timeout=5)
        assert process.stdout is not None
        process.stdout.close()
        shutil.rmtree(home, ignore_errors=True)


def _read(running: RunningHouse) -> None:
    assert running.process.stdout is not None
    for line in running.process.stdout:
        running.lines.append(line)
