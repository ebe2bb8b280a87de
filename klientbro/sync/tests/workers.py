"""Worker processes for tests: started, killed, paused and replaced."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.db import connections

from klientbro.database.urls import url_from_parameters

PATIENCE = 4  # so many times slower may the machine be
PROJECT = Path(__file__).resolve().parents[3]


def run_together(
    module: str, arguments: Sequence[Sequence[str]], home: Path, patience_seconds: float
) -> list[list[str]]:
    """What each process said, all of them sent off when every one is ready."""
    running = [
        subprocess.Popen(
            [sys.executable, "-m", module, *its_own],
            cwd=PROJECT,
            env=environment_of_a_process(home),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for its_own in arguments
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate(timeout=patience_seconds * PATIENCE)[0] for process in running]
    return [[line for line in text.splitlines() if line] for text in said]


def wait_for(condition: Callable[[], object], seconds: float, what: str) -> float:
    """Waits until the condition holds; gives how long it took.

    seconds: how long it may take at most where nothing else runs; a busy machine gets longer.
    """
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds * PATIENCE:
            raise AssertionError(f"{what} did not happen in {seconds} s")
        time.sleep(0.01)
    return time.monotonic() - began


def environment_of_a_process(home: Path) -> dict[str, str]:
    """Settings that lead another process to the test's own database and simulator."""
    parameters = connections["default"].get_connection_params()
    wanted = ("host", "port", "user", "password", "dbname", "passfile")
    source = settings.ENVIRONMENT.poweroffice
    secret = settings.ENVIRONMENT.secret_keys[0]
    given = {
        "HOME": str(home),
        "RUNTIME_APP_URL": url_from_parameters(
            {name: str(parameters[name]) for name in wanted if parameters.get(name)}
        ),
        "SECRET_KEYS": f"{secret.id}:{base64.b64encode(secret.key).decode()}",
        "DJANGO_SECRET": "only for tests",
        "POWEROFFICE_APPLICATION_KEY": source.application_key,
        "POWEROFFICE_SUBSCRIPTION_KEY": source.subscription_key,
        "POWEROFFICE_API_URL": source.api_url,
        "POWEROFFICE_TOKEN_URL": source.token_url,
        "POWEROFFICE_REQUESTS_PER_SECOND": str(source.requests_per_second),
    }
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("KLIENTBRO_")},
        **{f"KLIENTBRO_{name}": value for name, value in given.items()},
    }


class Workers:
    """Some worker processes on the test's own database."""

    def __init__(self, notes: Path, *, heartbeat_seconds: float, page_size: int) -> None:
        self.notes = notes
        self.notes.touch()
        self._errors = notes.with_suffix(".errors").open("w+")
        self._arguments = [str(heartbeat_seconds), str(page_size), str(notes)]
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, count: int = 1) -> None:
        for _ in range(count):
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "klientbro.sync.tests.worker_process", *self._arguments],
                    cwd=PROJECT,
                    env=environment_of_a_process(self.notes.parent),
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                )
            )

    def said(self, word: str) -> list[int]:
        """The processes that noted a word, in order."""
        lines = self.notes.read_text().splitlines()
        return [int(line.split()[0]) for line in lines if line.split()[1:] == [word]]

    def holder(self) -> subprocess.Popen[bytes] | None:
        """Who has begun a slice and not ended it."""
        latest: dict[int, str] = {}
        for line in self.notes.read_text().splitlines():
            words = line.split()
            if words[1] in ("begins", "ends"):
                latest[int(words[0])] = words[1]
        return next((one for one in self.running if latest.get(one.pid) == "begins"), None)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        self.running.remove(process)

    def replace_dead(self) -> None:
        """What the supervisor does: a worker that has ended is started again."""
        for process in [one for one in self.running if one.poll() is not None]:
            self.running.remove(process)
            self.start()

    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read()

    def stop(self) -> None:
        for process in self.running:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        self.running.clear()
        self._errors.close()
