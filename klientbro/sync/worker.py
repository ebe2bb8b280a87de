"""Runs the worker: jobs on one event loop, database work in threads."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString, TypeVar

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, JobInserted, Status
from procrastinate.manager import NotificationCallback

from klientbro.lib.collector import collect_rarely
from klientbro.lib.threads import take_turns_often
from klientbro.sync.context import STOPPING
from klientbro.sync.database import close_pool
from klientbro.sync.job_ownership import OwnJobs
from klientbro.sync.queue import FIRST, QUEUE
from klientbro.sync.surroundings import lines_kept_open

# A worker that gives no sign of life for three beats is dead: others take its jobs.
HEARTBEAT_SECONDS = 2.0


# How long to wait between tries to write how a job ended, while the database is away.
PATIENCE_SECONDS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)

T = TypeVar("T")
# So that the least urgent job is taken some day, one fetch in so many takes the oldest.
FETCHES_FOR_ONE_OLDEST = 20
_FETCH: LiteralString = (
    "select id, status, task_name, priority, lock, queueing_lock, args, scheduled_at, queue_name, "
    "attempts, worker_id from sync_fetch_job("
    "%(queues)s::varchar[], %(worker_id)s, %(open_places)s, %(urgent)s, %(oldest)s)"
)


class PatientConnector(PsycopgConnector):
    """Tries again when the database drops the line.

    A job whose end could not be written would stand as running under a worker that is alive, and
    nobody takes over from the living: its client would be blocked for ever.
    """

    async def execute_query_async(self, query: LiteralString, **arguments: object) -> None:
        await _patiently(
            lambda: super(PatientConnector, self).execute_query_async(query, **arguments)
        )

    async def execute_query_all_async(
        self, query: LiteralString, **arguments: object
    ) -> list[dict[str, Any]]:
        return await _patiently(
            lambda: super(PatientConnector, self).execute_query_all_async(query, **arguments)
        )


async def _patiently(ask: Callable[[], Awaitable[T]]) -> T:
    for seconds in PATIENCE_SECONDS:
        try:
            return await ask()
        except ConnectorException as error:
            if not isinstance(error.__cause__, psycopg.OperationalError):
                raise
            await asyncio.sleep(seconds)
    return await ask()


class FairJobs(OwnJobs):
    """Takes jobs by urgency and, among equals, for the firm with the fewest running.

    Some places are kept for what a person waits on: a firm's thousands of history slices, ten
    seconds each, must not make another firm's first activation wait for one of them to end.
    """

    def __init__(self, connector: PsycopgConnector, concurrency: int) -> None:
        super().__init__(connector)
        self._open_places = concurrency - kept_places(concurrency)
        self._fetches = itertools.count(1)
        self._wake: NotificationCallback | None = None

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        row = await self.connector.execute_query_one_async(
            query=_FETCH,
            queues=None if queues is None else list(queues),
            worker_id=worker_id,
            open_places=self._open_places,
            urgent=FIRST,
            oldest=next(self._fetches) % FETCHES_FOR_ONE_OLDEST == 0,
        )
        return None if row["id"] is None else Job.from_row(row)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        self._wake = on_notification
        STOPPING.clear()
        try:
            await super().listen_for_jobs(on_notification=on_notification, queues=queues)
        except asyncio.CancelledError:
            STOPPING.set()  # the worker stops: slices under way hand over after their page
            raise

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        await super().finish_job(job, status, delete_job)
        # a place is open again, and the next job of this client may run: look at once
        if self._wake is not None and job.id is not None:
            told: JobInserted = {"type": "job_inserted", "job_id": job.id}
            await self._wake(channel="", notification=told)


def kept_places(concurrency: int) -> int:
    """How many of a worker's places are kept for what a person waits on: a quarter."""
    return concurrency // 4 if concurrency > 3 else int(concurrency > 1)


async def _work(concurrency: int, heartbeat_seconds: float) -> None:
    # a slice may keep two landing threads busy, and reads and tokens want theirs
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency * 4))
    connector = PatientConnector(kwargs=connector_params("default"))
    with app.replace_connector(connector) as worker_app:
        worker_app.job_manager = FairJobs(connector, concurrency)
        async with worker_app.open_async(), lines_kept_open():
            await worker_app.run_worker_async(
                queues=[QUEUE],
                concurrency=concurrency,
                update_heartbeat_interval=heartbeat_seconds,
                stalled_worker_timeout=3 * heartbeat_seconds,
                fetch_job_polling_interval=0.5,
                abort_job_polling_interval=1,
                shutdown_graceful_timeout=5,
            )


def run_worker(concurrency: int, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
    """Works until SIGINT or SIGTERM. Raises when the database goes away: start it again."""
    collect_rarely()
    take_turns_often()
    try:
        asyncio.run(_work(concurrency, heartbeat_seconds))
    finally:
        close_pool()
