"""Starts the real provider (provider.mjs) as a process of its own, and registers us with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

HERE = Path(__file__).resolve().parent
NODE = Path(sys.prefix) / "bin" / "node"


@dataclass(frozen=True)
class Registered:
    """Us, as the provider knows us."""

    issuer: str
    client_id: str
    client_secret: str


@contextmanager
def running_node_provider() -> Iterator[str]:
    """The provider's issuer, while it runs. It ends with its input, so it outlives no test."""
    process = subprocess.Popen(
        [str(NODE), str(HERE / "provider.mjs")],
        cwd=HERE,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        issuer = process.stdout.readline().strip()
        assert issuer, "the provider did not start: has `make setup` installed oidc-provider?"
        yield issuer
    finally:
        process.stdin.close()
        process.wait(timeout=60)
        process.stdout.close()


def register(issuer: str, redirect_address: str) -> Registered:
    """As an administrator would in the provider's own pages."""
    asked = {
        "redirect_uris": [redirect_address],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    }
    answer = httpx.post(f"{issuer}/reg", json=asked, timeout=60)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    return Registered(issuer, told["client_id"], told["client_secret"])
