"""A taken port is told with the setting that changes it."""

from __future__ import annotations

import socket

import pytest

from klientbro.cli.ports import require_free
from klientbro.lib.errors import ConfigurationError


def test_taken_port_names_the_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"KLIENTBRO_PORT={port + 1}"):
            require_free("127.0.0.1", port, "KLIENTBRO_PORT")


def test_free_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as was_taken:
        port = was_taken.getsockname()[1]
    require_free("127.0.0.1", port, "KLIENTBRO_PORT")
