"""An estate of machines on the test's own database, all gone at the end of the test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from klientbro.database.paths import PORT
from klientbro.sync.tests.conftest import (  # noqa: F401 fixtures
    books_firm,
    connect,
    shared_simulator,
    simulator,
)
from tests.machines.estate import Estate


@pytest.fixture
def estate(tmp_path: Path, database_server: Any, books_firm: Any) -> Iterator[Estate]:  # noqa: F811
    """Machines are started by the test; their database is the test's own, through the relay."""
    if os.geteuid() == 0:
        tmp_path.chmod(0o711)
    sockets = database_server.paths.sockets
    built = Estate.build(tmp_path, database_server.superuser_url, sockets / f".s.PGSQL.{PORT}")
    yield built
    built.close()
