"""Runs the worker: jobs on one event loop, database work in threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString

import psycopg
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException

from klientbro.sync.database import close_pool
from klientbro.sync.queue import QUEUE

# A worker that gives no sign of life for three beats is dead: others take its jobs.
HEARTBEAT_SECONDS = 2.0


# How long to wait between tries to write how a job ended, while the database is away.
PATIENCE_SECONDS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)


class PatientConnector(PsycopgConnector):
    """Tries again when the database drops the line.

    A job whose end could not be written would stand as running under a worker that is alive, and
    nobody takes over from the living: its client would be blocked for ever.
    """

    async def execute_query_async(self, query: LiteralString, **arguments: object) -> None:
        for seconds in PATIENCE_SECONDS:
            try:
                await super().execute_query_async(query, **arguments)
            except ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.OperationalError):
                    raise
                await asyncio.sleep(seconds)
            else:
                return
        await super().execute_query_async(query, **arguments)


async def _work(concurrency: int, heartbeat_seconds: float) -> None:
    # a slice may keep two landing threads busy, and reads and tokens want theirs
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency * 4))
    connector = PatientConnector(kwargs=connector_params("default"))
    with app.replace_connector(connector) as worker_app:
        async with worker_app.open_async():
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
    try:
        asyncio.run(_work(concurrency, heartbeat_seconds))
    finally:
        close_pool()
