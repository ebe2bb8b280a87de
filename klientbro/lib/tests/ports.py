"""Ports for servers that tests start."""

from __future__ import annotations

import secrets
import socket

# Below what Linux takes for outgoing connections (32768 and up): nothing else on the machine can
# have taken the port between this and the server's own start.
FIRST, LAST = 20_000, 32_000


def free_port(*hosts: str) -> int:
    """A port that is free on every one of the addresses, 127.0.0.1 where none is named."""
    for _ in range(200):
        port = FIRST + secrets.randbelow(LAST - FIRST)
        try:
            for host in hosts or ("127.0.0.1",):
                socket.create_server((host, port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free on all addresses")
