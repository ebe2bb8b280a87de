"""Puts jobs on the queue inside the transaction that causes them. Arguments are ids only."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

# Somebody looks at it now · first activation · due soon · routine · history · proof of old years
LOOKING, FIRST, DUE, ROUTINE, HISTORY, OLD_PROOF = 60, 50, 40, 30, 20, 10
# What keeps the queue itself going (due clients, dead workers' jobs) waits behind nobody.
UPKEEP = 100

QUEUE = "sync"
SYNC_TASK = "klientbro.sync.tasks.sync_connection"


class Executes(Protocol):
    """A cursor or connection that runs SQL inside an open transaction."""

    def execute(self, query: str, params: Sequence[object] = ...) -> object: ...


def defer(
    cursor: Executes,
    task: str,
    arguments: Mapping[str, int | str],
    *,
    priority: int,
    lock: str | None = None,
    queueing_lock: str | None = None,
) -> None:
    """Adds a job, or lifts the priority of one already waiting under the same queueing lock.

    Two transactions at once: the unique index on waiting queueing locks would abort the second, so
    an advisory lock for the length of the transaction lets it see the first one's job instead.
    """
    if queueing_lock is not None:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended(%s, 7))", [queueing_lock])
        cursor.execute(
            "update procrastinate_jobs set priority = greatest(priority, %s) "
            "where queueing_lock = %s and status = 'todo'",
            [priority, queueing_lock],
        )
    cursor.execute(
        "select procrastinate_defer_jobs_v1(array["
        "row(%s, %s, %s, %s, %s, %s::jsonb, null)::procrastinate_job_to_defer_v1]) "
        "where not exists (select from procrastinate_jobs "
        "where queueing_lock = %s and status = 'todo')",
        [
            QUEUE,
            task,
            priority,
            lock,
            queueing_lock,
            json.dumps(arguments),
            queueing_lock,
        ],
    )


def defer_slice(cursor: Executes, firm_id: UUID, connection_id: int, priority: int) -> None:
    """Queues a slice: at most one waits per connection, and one runs at a time."""
    defer(
        cursor,
        SYNC_TASK,
        {"firm_id": str(firm_id), "connection_id": connection_id, "priority": priority},
        priority=priority,
        lock=f"connection:{connection_id}",
        queueing_lock=f"sync:{connection_id}",
    )
