"""Root runs the server in three ways; each is tried for real where the machine allows it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import psycopg
import pytest

from klientbro.database import EmbeddedServer, postmaster, unprivileged
from klientbro.database.unprivileged import RunAs, ways_to_run
from klientbro.lib.errors import ConfigurationError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="these are ways for root")


def only(monkeypatch: pytest.MonkeyPatch, way: RunAs) -> None:
    """Leave just one way."""
    monkeypatch.setattr(postmaster, "ways_to_run", lambda: [way])
    monkeypatch.setattr(unprivileged, "ways_to_run", lambda: [way])


def test_ordinary_user_runs_it_as_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    assert [way.name for way in ways_to_run()] == ["as this user"]


@needs_root
@pytest.mark.parametrize("place", range(3))
def test_each_way_starts_a_server_that_can_be_stopped_and_started_again(
    place: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ways = ways_to_run()
    if place >= len(ways):
        pytest.skip("this machine lacks setpriv or unshare")
    only(monkeypatch, ways[place])
    for _ in range(2):
        with (
            EmbeddedServer.acquire(home, durable=False) as server,
            psycopg.connect(server.urls.app) as connection,
        ):
            assert connection.execute("select 1").fetchone() == (1,)


@needs_root
def test_closed_folder_above_the_home_is_passed_and_left_closed(home: Path) -> None:
    home.parent.chmod(0o700)
    with EmbeddedServer.acquire(home, durable=False) as server:
        assert server.pid
        assert stat.S_IMODE(home.parent.stat().st_mode) == 0o700


@needs_root
def test_no_way_left_is_told_with_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, RunAs("as root itself"))
    with pytest.raises(ConfigurationError, match=r"(?s)will not run as root.*ordinary user"):
        EmbeddedServer.acquire(home, durable=False)


@needs_root
def test_files_of_another_user_are_refused_with_their_name(home: Path) -> None:
    with EmbeddedServer.acquire(home, durable=False) as server:
        data = server.paths.data
    os.chown(data, 4711, 4711)
    with pytest.raises(ConfigurationError, match="user number 4711"):
        EmbeddedServer.acquire(home, durable=False)
