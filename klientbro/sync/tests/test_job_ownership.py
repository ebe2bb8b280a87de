"""A job is ended by the worker that holds it: one that comes back late changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.jobs import Job, Status

from klientbro.sync.database import transaction
from klientbro.sync.job_ownership import OwnJobs
from klientbro.sync.queue import QUEUE, ROUTINE, defer
from klientbro.sync.worker import PatientConnector

TASK = "klientbro.sync.tasks.sync_connection"


def put() -> None:
    with transaction(None) as cursor:
        defer(cursor, TASK, {"connection_id": 1}, priority=ROUTINE)


def states() -> list[tuple[Any, ...]]:
    with transaction(None) as cursor:
        return cursor.execute(
            "select status::text, attempts, worker_id from procrastinate_jobs order by id"
        ).fetchall()


def with_jobs(do: Callable[[OwnJobs], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        connector = PatientConnector(kwargs=connector_params("default"))
        with app.replace_connector(connector) as worker_app:
            async with worker_app.open_async():
                return await do(OwnJobs(connector))

    return asyncio.run(run())


async def fetch(jobs: OwnJobs, worker: int) -> Job:
    found = await jobs.fetch_job([QUEUE], worker)
    assert found is not None
    return found


def test_worker_that_lost_its_job_neither_ends_nor_retries_it(books_firm: Any) -> None:
    put()

    async def two_workers(jobs: OwnJobs) -> int:
        first, second = await jobs.register_worker(), await jobs.register_worker()
        lost = await fetch(jobs, first)
        await jobs.retry_job(lost)  # as when another takes over from a dead worker
        taken = await fetch(jobs, second)
        assert taken.id == lost.id
        await jobs.finish_job(lost, Status.SUCCEEDED, delete_job=False)
        await jobs.retry_job(lost)
        return second

    second = with_jobs(two_workers)
    assert states() == [("doing", 1, second)]


def test_worker_that_takes_its_own_job_again_is_not_taken_for_its_earlier_try(
    books_firm: Any,
) -> None:
    put()

    async def one_worker(jobs: OwnJobs) -> None:
        worker = await jobs.register_worker()
        earlier = await fetch(jobs, worker)
        await jobs.retry_job(earlier)
        again = await fetch(jobs, worker)
        await jobs.finish_job(earlier, Status.FAILED, delete_job=False)
        assert states()[0][0] == "doing"
        await jobs.finish_job(again, Status.SUCCEEDED, delete_job=False)

    with_jobs(one_worker)
    assert states()[0][0] == "succeeded"


def test_silent_worker_is_known_again_with_its_next_sign_of_life(books_firm: Any) -> None:
    put()

    async def forgotten(jobs: OwnJobs) -> int:
        worker = await jobs.register_worker()
        with transaction(None) as cursor:
            cursor.execute(
                "update procrastinate_workers set last_heartbeat = now() - interval '1 minute'"
            )
        assert await jobs.prune_stalled_workers(6) == []  # a minute is no reason to forget it
        with transaction(None) as cursor:
            cursor.execute("delete from procrastinate_workers")
        await jobs.update_heartbeat(worker)
        taken = await fetch(jobs, worker)
        assert taken.worker_id == worker
        return worker

    worker = with_jobs(forgotten)
    assert states() == [("doing", 0, worker)]
