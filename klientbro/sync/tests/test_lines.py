"""The worker's own database connections after a cut."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from klientbro.sync.database import pool, renew_dead_lines, transaction


def test_lines_that_died_together_are_renewed_together(
    books_firm: Any, database_server: Any
) -> None:
    lines = [pool().getconn() for _ in range(4)]
    pids = [line.info.backend_pid for line in lines]
    for line in lines:
        pool().putconn(line)
    with psycopg.connect(database_server.superuser_url, autocommit=True) as operator:
        for pid in pids:
            operator.execute("select pg_terminate_backend(%s, 5000)", [pid])
    before = pool().get_stats().get("connections_lost", 0)
    renew_dead_lines()
    assert pool().get_stats()["connections_lost"] - before >= 4
    with transaction(books_firm.id) as cursor:
        assert cursor.execute("select 1").fetchone() == (1,)
        assert cursor.info.backend_pid not in pids


def test_nothing_is_renewed_before_there_is_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    from klientbro.sync import database

    monkeypatch.setattr(database, "_pool", None)
    renew_dead_lines()
    assert database._pool is None
