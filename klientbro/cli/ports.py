"""Looks whether a port is free before anything is started on it."""

from __future__ import annotations

import socket

from klientbro.lib.errors import ConfigurationError


def require_free(host: str, port: int, setting: str) -> None:
    """Raise with the setting that changes the port when somebody already listens on it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # rule outgoing: it is bound, and asks nobody
    with socket.socket(family, socket.SOCK_STREAM) as attempt:
        # As the server itself does: a port left a moment ago by a stopped server is free.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((host, port))
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop what uses it, or "
                f"choose another port with {setting}, for example {setting}={port + 1}."
            ) from error
