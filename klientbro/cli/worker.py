"""`klientbro worker`: runs the jobs on the queue."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from concurrent.futures import ThreadPoolExecutor

from klientbro.cli.command import Command
from klientbro.cli.house import open_house


def add_arguments(parser: ArgumentParser) -> None:
    """What differs from machine to machine."""
    parser.add_argument(
        "--concurrency", type=int, help="jobs at a time (KLIENTBRO_WORKER_CONCURRENCY, 8)"
    )


def run(arguments: Namespace) -> int:
    """Work until told to stop; a job cut off by that goes back on the queue."""
    with open_house() as house:
        asyncio.run(work(arguments.concurrency or house.environment.worker_concurrency))
    return 0


async def work(concurrency: int) -> None:
    """Procrastinate's worker, tuned so that a dead one's jobs are taken over within seconds."""
    from procrastinate.contrib.django import app
    from procrastinate.contrib.django.django_connector import DjangoConnector

    # Synchronous jobs run in the loop's own threads, which are fewer than our jobs otherwise.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency))
    connector = app.connector
    if not isinstance(connector, DjangoConnector):
        raise TypeError(f"Procrastinate's Django connector was expected, not {connector!r}")
    with app.replace_connector(connector.get_worker_connector()) as worker_app:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=concurrency,
                update_heartbeat_interval=2,
                stalled_worker_timeout=6,
                # A freed lock wakes nobody, so the client's next job waits for this poll.
                fetch_job_polling_interval=0.5,
                abort_job_polling_interval=1,
                shutdown_graceful_timeout=5,
            )


COMMAND = Command("worker", "run the jobs on the queue alone", run, add_arguments, place=22)
