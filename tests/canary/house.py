"""The running product as a person and an operator use it, over HTTP and by its commands."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from klientbro.lib.tests.ports import free_port
from tests.e2e.running import UNHURRIED

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 240.0
DIALOG = {"HX-Request": "true"}


class House:
    """`klientbro run`, what it prints, and its commands."""

    def __init__(self, home: Path, settings: dict[str, str]) -> None:
        self.home, self.port = home, free_port()
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("KLIENTBRO_", "DJANGO_"))}
        given = {"HOME": str(home), "PORT": str(self.port), **settings}
        named = {f"KLIENTBRO_{name}": text for name, text in given.items()}
        self.environment = kept | UNHURRIED | named
        self.url = f"http://127.0.0.1:{self.port}"
        self.printed: list[str] = []
        self.process: subprocess.Popen[str] | None = None
        self.browsers: list[Browser] = []

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "klientbro.cli.main", "run"],
            cwd=PROJECT,
            env=self.environment | {"PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_for(lambda: self.said(r"(?:Klientbro kjører / is running):\s+(\S+)"), "the start")

    def said(self, pattern: str) -> str:
        return next((found[1] for line in self.printed if (found := re.search(pattern, line))), "")

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=120)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self._reader.join(timeout=10)
            assert self.process.stdout is not None
            self.process.stdout.close()
        for browser in self.browsers:
            browser.lines.close()

    def command(self, *, code: str, words: list[str]) -> str:
        """Commands of klientbro, run by Python; what they print is part of the log."""
        done = subprocess.run(
            [sys.executable, "-c", code, *words],
            env=self.environment,
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        self.printed.append(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line)


class Browser:
    """A person's browser. Every page it was given is kept."""

    def __init__(self, house: House) -> None:
        self.lines = httpx.Client(
            base_url=house.url, follow_redirects=True, timeout=120,
            headers={"accept-language": "nb", "origin": house.url},
        )  # fmt: skip
        self.pages: dict[str, bytes] = {}
        house.browsers.append(self)

    def get(self, path: str) -> httpx.Response:
        return self._kept(self.lines.get(path))

    def post(self, path: str, *, page: str = "", dialog: bool = False, files: object = None,
             token: str = "", **values: object) -> httpx.Response:  # fmt: skip
        """Sends a form with the token of the page it stands on."""
        token = token or self.token(page)
        return self._kept(
            self.lines.post(
                path,
                data=values | {"csrfmiddlewaretoken": token},  # type: ignore[arg-type]
                files=files,  # type: ignore[arg-type]
                headers={"x-csrftoken": token} | (DIALOG if dialog else {}),
            )
        )

    def token(self, page: str = "") -> str:
        """What a form of the page says to be believed."""
        shown = self.lines.get(page or "/hjelp/").text
        found = re.search(r'x-csrftoken": "(\w+)"', shown) or re.search(
            r'name="csrfmiddlewaretoken" value="(\w+)"', shown
        )
        return found[1] if found else ""

    def _kept(self, answer: httpx.Response) -> httpx.Response:
        self.pages[f"{len(self.pages)} {answer.request.method} {answer.url.path}"] = (
            # the cookie is where the session's key belongs
            str([one for one in answer.headers.items() if one[0] != "set-cookie"]).encode()
            + answer.content
        )
        return answer

    @property
    def session(self) -> str:
        return next(
            cookie.value or "" for cookie in self.lines.cookies.jar if "session" in cookie.name
        )


def wait_for(condition: Callable[[], object], what: str) -> None:
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > PATIENCE_SECONDS:
            raise AssertionError(f"{what} did not happen")
        time.sleep(0.2)


def code_of(secret: str) -> str:
    """The app's code of this half minute."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    place = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[place : place + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


def path_of(url: str) -> str:
    return urlsplit(url).path


def secrets_of(home: Path) -> dict[str, str]:
    """What the home folder's own file holds."""
    found: dict[str, str] = json.loads((home / "secrets.json").read_text())
    return found
