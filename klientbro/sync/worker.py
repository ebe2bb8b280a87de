"""Runs the worker: jobs on one event loop, database work in threads."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from klientbro.sync.database import close_pool
from klientbro.sync.queue import QUEUE

# A worker that gives no sign of life for three beats is dead: others take its jobs.
HEARTBEAT_SECONDS = 2.0


async def _work(concurrency: int, heartbeat_seconds: float) -> None:
    # a slice may keep two landing threads busy, and reads and tokens want theirs
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency * 4))
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise TypeError(f"Procrastinate's Django connector was expected, not {connector!r}")
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
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
