"""Starts the simulator in a process of its own for tests and benchmarks, and steers it.

with start_simulator(companies=1, requests_per_second=0) as simulator:
    key = simulator.install(1)
    token = simulator.token(key)
    rows = simulator.get("/TrialBalance", token, date="2026-01-31").json()
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import httpx

Json = Any  # what a call answers depends on the call

PROJECT = Path(__file__).resolve().parents[2]


class Simulator:
    """A running simulator: its addresses and keys, and the control API as methods."""

    def __init__(
        self, process: subprocess.Popen[str], said: dict[str, Any], errors: IO[str]
    ) -> None:
        self.process = process
        self.said = said
        self._errors = errors
        self.api_url: str = said["api_url"]
        self.token_url: str = said["token_url"]
        self.ui_url: str = said["ui_url"]
        self.control_url: str = said["control_url"]
        self.application_key: str = said["application_key"]
        self.subscription_key: str = said["subscription_key"]
        self.control_key: str = said["control_key"]
        self.demo: dict[str, str] = said["demo"]
        self.companies: list[dict[str, Any]] = said["companies"]
        self.http = httpx.Client(timeout=120, trust_env=False)

    # ---- the API, as a client would call it

    def token_answer(
        self,
        client_key: str,
        *,
        application_key: str | None = None,
        token_url: str | None = None,
        subscription_key: str | None = None,
    ) -> httpx.Response:
        return self.http.post(
            token_url or self.token_url,
            data={"grant_type": "client_credentials"},
            auth=(application_key or self.application_key, client_key),
            headers={"Ocp-Apim-Subscription-Key": subscription_key or self.subscription_key},
        )

    def token(self, client_key: str) -> str:
        answer = self.token_answer(client_key)
        answer.raise_for_status()
        token: str = answer.json()["access_token"]
        return token

    def headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "Ocp-Apim-Subscription-Key": self.subscription_key,
        }

    def get(self, path: str, token: str, **query: str | int) -> httpx.Response:
        return self.http.get(self.api_url + path, headers=self.headers(token), params=query)

    # ---- control

    def control(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        environment: str | None = None,
    ) -> Json:
        """Call the control API; an error answer raises with its text."""
        answer = self.http.request(
            method,
            self.control_url + path.lstrip("/"),
            json=body,
            headers={"X-Control-Key": self.control_key},
            params={"environment": environment} if environment else None,
        )
        if answer.status_code != 200:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()

    def do(self, company: int | str, action: str, **arguments: object) -> Json:
        """Perform an action on a company (number, orgnr, client id or name), or on ``all``."""
        return self.control("POST", f"companies/{company}/{action}", arguments)

    def install(self, company: int | str) -> str:
        """Add the extension; gives the client key."""
        key: str = self.do(company, "add_extension")["client_key"]
        return key

    def add_company(self, seed: int, *, postings: int = 200, years: int = 3) -> int:
        """Make one more company from its own seed; gives its number."""
        about = {"seed": seed, "postings": postings, "years": years}
        number: int = self.control("POST", "companies", about)["number"]
        return number

    def uninstall(self, company: int | str) -> None:
        self.do(company, "remove_extension")

    def company(self, company: int | str) -> dict[str, Any]:
        about: dict[str, Any] = self.control("GET", f"companies/{company}")
        return about

    def special(self, name: str) -> dict[str, Any]:
        """The company with this special trait, such as ``holding`` or ``broken_year``."""
        for company in self.control("GET", "companies"):
            if company["special"] == name:
                found: dict[str, Any] = company
                return found
        raise LookupError(name)

    def fault(self, kind: str, **rule: object) -> dict[str, Any]:
        """Set a fault: ``company``, ``path``, ``method``, ``after``, ``count``, ``probability``,
        ``environment`` and ``parameters`` as described in README.md."""
        set_: dict[str, Any] = self.control("POST", "faults", {"kind": kind, **rule})
        return set_

    def clear_faults(self) -> None:
        self.control("DELETE", "faults")

    def settings(self, **changes: object) -> dict[str, Any]:
        now: dict[str, Any] = self.control("POST", "settings", changes)
        return now

    def requests(self, **narrow: str | int) -> list[dict[str, Any]]:
        asked = "&".join(f"{name}={value}" for name, value in narrow.items())
        found: list[dict[str, Any]] = self.control("GET", f"requests?{asked}")
        return found

    def request_summary(self) -> dict[str, Any]:
        summary: dict[str, Any] = self.control("GET", "requests/summary")
        return summary

    def reset_requests(self) -> None:
        self.control("DELETE", "requests")

    def reset(self) -> None:
        """Back to how it was started: changes, faults, keys, log, clock and settings."""
        self.control("POST", "reset")

    # ---- the process

    def stop(self) -> int:
        """Stop it; gives the exit code."""
        self.http.close()
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(timeout=60)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self._errors.close()
        return code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start_simulator(**options: object) -> Simulator:
    """Start ``python -m simulators.poweroffice_go`` on a free port and wait until it is ready.

    ``options`` are the command line's: ``companies=3, scale=0.1, seed=1, preinstalled=True,
    requests_per_second=0, today="2026-06-30", token_lifetime=5, slow_seconds=0.2, …``.
    """
    given = {"port": 0, **options}
    command = [sys.executable, "-m", "simulators.poweroffice_go", "--json", "--die-with-parent"]
    for name, value in given.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            command.append(flag)
        elif value is not None and value is not False:
            command += [flag, str(value)]
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 closed by stop()
    process = subprocess.Popen(  # noqa: S603 our own module
        command,
        cwd=PROJECT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    assert process.stdout is not None  # noqa: S101 asked for above
    line = process.stdout.readline()
    if not line:
        process.wait(timeout=60)
        process.stdout.close()
        errors.seek(0)
        text = errors.read()
        errors.close()
        raise RuntimeError(f"The simulator did not start:\n{text}")
    return Simulator(process, json.loads(line), errors)
