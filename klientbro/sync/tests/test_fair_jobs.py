"""Which job a worker takes next: the most urgent, of the firm with the fewest running."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params

from klientbro.sync.database import transaction
from klientbro.sync.queue import FIRST, HISTORY, LOOKING, QUEUE, ROUTINE, UPKEEP, defer, defer_slice
from klientbro.sync.tests.support import Connected
from klientbro.sync.worker import FairJobs, PatientConnector, kept_places

LARGE, SMALL = UUID(int=1), UUID(int=2)


def queue(firm: UUID, numbers: Sequence[int], priority: int) -> None:
    with transaction(None) as cursor:
        for number in numbers:
            defer_slice(cursor, firm, number, priority)


def take(times: int, concurrency: int = 8, worker: str = "one") -> list[tuple[str, int]]:
    """Firm and priority of each job fetched one after the other, none of which ends."""

    async def fetch() -> list[tuple[str, int]]:
        connector = PatientConnector(kwargs=connector_params("default"))
        with app.replace_connector(connector) as worker_app:
            async with worker_app.open_async():
                jobs = FairJobs(connector, concurrency)
                number = await jobs.register_worker()
                found = [await jobs.fetch_job([QUEUE], number) for _ in range(times)]
        return [
            (str(one.task_kwargs.get("firm_id", "")), one.priority)
            for one in found
            if one is not None
        ]

    return asyncio.run(fetch())


def test_another_firms_job_goes_before_the_next_of_a_firm_that_has_many(books_firm: Any) -> None:
    queue(LARGE, range(1, 30), HISTORY)
    queue(SMALL, [100], HISTORY)
    assert [firm for firm, _priority in take(3)] == [str(LARGE), str(SMALL), str(LARGE)]


def test_history_never_takes_the_places_kept_for_what_a_person_waits_on(books_firm: Any) -> None:
    queue(LARGE, range(1, 30), HISTORY)
    assert len(take(12)) == 8 - kept_places(8) == 6


def test_first_activation_and_somebody_looking_get_the_kept_places(books_firm: Any) -> None:
    queue(LARGE, range(1, 30), HISTORY)
    queue(SMALL, [100], FIRST)
    queue(SMALL, [101], LOOKING)
    priorities = [priority for _firm, priority in take(12)]
    assert priorities == [LOOKING, FIRST, *[HISTORY] * 4]
    queue(SMALL, [102, 103], LOOKING)
    assert [priority for _firm, priority in take(12, worker="another")][:2] == [LOOKING] * 2


def test_upkeep_goes_before_everything(books_firm: Any) -> None:
    queue(LARGE, [1], LOOKING)
    with transaction(None) as cursor:
        defer(cursor, "klientbro.sync.tasks.rescue_stalled", {"timestamp": 1}, priority=UPKEEP)
    assert take(1) == [("", UPKEEP)]


def test_tasks_that_keep_the_queue_going_are_upkeep() -> None:
    kept = ("defer_due", "rescue_stalled", "prune")
    for name in kept:
        assert app.tasks[f"klientbro.sync.tasks.{name}"].priority == UPKEEP


def test_two_jobs_of_one_client_never_run_side_by_side(books_firm: Any) -> None:
    queue(LARGE, [1], ROUTINE)
    assert len(take(2)) == 1
    with transaction(None) as cursor:
        cursor.execute("update procrastinate_jobs set queueing_lock = null")
    queue(LARGE, [1], LOOKING)
    assert take(2) == []


def test_oldest_job_is_taken_now_and_then_however_little_urgent(books_firm: Any) -> None:
    queue(LARGE, [1], HISTORY)
    queue(LARGE, range(2, 60), ROUTINE)
    priorities = [priority for _firm, priority in take(20, concurrency=40)]
    assert priorities.index(HISTORY) == 19


@pytest.mark.parametrize(("places", "kept"), [(1, 0), (2, 1), (4, 1), (8, 2), (16, 4)])
def test_a_quarter_of_the_places_is_kept_and_never_the_only_one(places: int, kept: int) -> None:
    assert kept_places(places) == kept


def test_five_thousand_slices_of_one_firm_do_not_delay_anothers_first_activation(
    connect: Callable[..., Connected], books_firm: Any
) -> None:
    with transaction(None) as cursor:
        cursor.execute(
            "select procrastinate_defer_jobs_v1(array_agg(row('sync', "
            "'klientbro.sync.tasks.sync_connection', %s, 'connection:' || n, 'sync:' || n, "
            "jsonb_build_object('firm_id', %s::text, 'connection_id', n, 'priority', %s), null)"
            "::procrastinate_job_to_defer_v1)) from generate_series(1000001, 1005000) n",
            [HISTORY, str(LARGE), HISTORY],
        )
    assert [firm for firm, _priority in take(7)] == [str(LARGE)] * 6
    queue(SMALL, [1], FIRST)
    with transaction(None) as cursor:  # the same worker's places: all its jobs are counted
        cursor.execute("update procrastinate_jobs set worker_id = (select max(id) from "
                       "procrastinate_workers) where status = 'doing'")  # fmt: skip
        (row,) = cursor.execute(
            "select (sync_fetch_job(array['sync'], (select max(id) from procrastinate_workers), "
            "6, %s, false)).args ->> 'firm_id'",
            [FIRST],
        ).fetchall()
    assert row[0] == str(SMALL)
