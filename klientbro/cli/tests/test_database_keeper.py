"""A database that dies again and again while it starts does not take the product with it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from klientbro.cli.run import DatabaseKeeper
from klientbro.database.embedded import EmbeddedServer
from klientbro.database.opening import Database
from klientbro.database.processes import wait_until
from klientbro.database.testing import furnish
from klientbro.lib.errors import ConfigurationError


def test_database_that_will_not_start_is_told_once_and_tried_until_it_does(tmp_path: Path) -> None:
    furnish(tmp_path)
    told: list[str] = []
    now = [1000.0]
    with EmbeddedServer.acquire(tmp_path, durable=False) as server:
        keeper = DatabaseKeeper(Database(server.urls, server), told.append, lambda: now[0])
        keeper.look()
        assert told == []

        needed = server.paths.data / "global" / "pg_control"
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        assert wait_until(lambda: server.pid is None, 60)
        needed.rename(needed.with_name("aside"))
        keeper.look()
        now[0] += 100
        keeper.look()
        assert len(told) == 1
        assert told[0].startswith("The database has stopped and is not up yet; trying again.")
        assert "pg_control" in told[0]

        now[0] += 100
        with pytest.raises(ConfigurationError, match="did not come up again in 180 s"):
            keeper.look()

        needed.with_name("aside").rename(needed)
        keeper.look()
        assert told[1:] == ["The database had stopped and was started again."]
        assert server.pid not in {None, first}
