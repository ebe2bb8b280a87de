"""The jobs. Arguments are ids only: they stand in the queue's table and may be logged."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from klientbro.lib.log_context import also_about
from klientbro.sync.database import transaction
from klientbro.sync.document import fetch_document_now
from klientbro.sync.engine import run_slice
from klientbro.sync.key_check import check_key_now
from klientbro.sync.queue import QUEUE, ROUTINE, UPKEEP, defer_slice
from klientbro.sync.trial_run import run_test_now

logger = logging.getLogger(__name__)

# A retry that waits holds its client's lock, so waits are seconds; longer ones are the schedule's.
# Without a strategy a job that meets SIGTERM would be lost.
RETRY = RetryStrategy(max_attempts=20, wait=1, linear_wait=1)
STALLED_SECONDS = 6
KEPT_JOB_HOURS = 24
KEPT_USE_HOURS = 25
KEPT_DOCUMENT_MINUTES = 60


@app.task(queue=QUEUE, retry=RETRY, pass_context=True, name="klientbro.sync.tasks.sync_connection")
async def sync_connection(
    context: JobContext, firm_id: str, connection_id: int, priority: int = ROUTINE
) -> None:
    """One slice of a connection's sync, as urgent as the most urgent of those who asked for it."""
    also_about(job_id=context.job.id)
    await asyncio.to_thread(let_go_of_queueing_lock, context.job.id)
    await run_slice(UUID(firm_id), connection_id, max(priority, context.job.priority))


@app.task(queue=QUEUE, retry=RETRY, name="klientbro.sync.tasks.check_key")
async def check_key(firm_id: str, check_id: int) -> None:
    """Asks the source about a key that somebody has just typed."""
    await check_key_now(UUID(firm_id), check_id)


@app.task(queue=QUEUE, retry=RETRY, name="klientbro.sync.tasks.run_test")
async def run_test(firm_id: str, test_run_id: int) -> None:
    """«Send testdata»: the real chain, rolled back."""
    await run_test_now(UUID(firm_id), test_run_id)


@app.task(queue=QUEUE, retry=RETRY, name="klientbro.sync.tasks.fetch_document")
async def fetch_document(firm_id: str, request_id: int) -> None:
    """«Vis bilag»: fetches a voucher's document for the page that waits."""
    await fetch_document_now(UUID(firm_id), request_id)


@app.periodic(cron="* * * * * */5")
@app.task(
    queue=QUEUE,
    priority=UPKEEP,
    queueing_lock="defer_due",
    name="klientbro.sync.tasks.defer_due",
)
async def defer_due(timestamp: int) -> None:
    """Queues the connections that are due, in batches."""
    await asyncio.to_thread(queue_due_connections)


def queue_due_connections(limit: int = 200) -> int:
    """Queues what is due and pushes its next time ahead; two schedulers never take the same."""
    with transaction(None) as cursor:
        due = cursor.execute(
            "update sync_schedule set next_at = clock_timestamp() + interval '10 minutes' "
            "where connection_id in (select connection_id from sync_schedule "
            "where next_at <= clock_timestamp() order by next_at limit %s "
            "for update skip locked) returning firm_id, connection_id, priority",
            [limit],
        ).fetchall()
        for firm_id, connection_id, priority in due:
            defer_slice(cursor, UUID(str(firm_id)), int(str(connection_id)), int(str(priority)))
        return len(due)


@app.periodic(cron="* * * * * */2")
@app.task(
    queue=QUEUE,
    priority=UPKEEP,
    queueing_lock="rescue_stalled",
    pass_context=True,
    name="klientbro.sync.tasks.rescue_stalled",
)
async def rescue_stalled(context: JobContext, timestamp: int) -> None:
    """Takes over the jobs of workers that have given no sign of life."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        logger.warning("job %s of a dead worker is taken over", job.id)
        await asyncio.to_thread(let_go_of_queueing_lock, job.id)
        try:
            await manager.retry_job(job)
        except ConnectorException:  # it has ended meanwhile: the others must not wait for it
            logger.info("job %s needed no taking over", job.id)


def let_go_of_queueing_lock(job_id: int | None) -> None:
    """A job that has begun no longer waits, so another may wait beside it.

    With the lock kept, a job could not go back to waiting (a retry, a dead worker, SIGTERM) once
    its successor waits: it would stand as running for ever and block its client.
    """
    with transaction(None) as cursor:
        cursor.execute(
            "update procrastinate_jobs set queueing_lock = null where id = %s and status = 'doing'",
            [job_id],
        )


@app.periodic(cron="7 * * * *")
@app.task(queue=QUEUE, priority=UPKEEP, queueing_lock="prune", name="klientbro.sync.tasks.prune")
async def prune(timestamp: int) -> None:
    """Deletes what has served its time: old jobs, typed keys never used, shown documents."""
    await asyncio.to_thread(prune_now)


def prune_now() -> None:
    """The deletions, firm by firm where rows belong to firms."""
    with transaction(None) as cursor:
        cursor.execute(
            "delete from sync_budgetminute where minute < clock_timestamp() - "
            "make_interval(hours => %s)",
            [KEPT_USE_HOURS],
        )
        cursor.execute(
            "delete from procrastinate_jobs where status in "
            "('succeeded', 'failed', 'cancelled', 'aborted') and id in (select job_id from "
            "procrastinate_events where at < clock_timestamp() - make_interval(hours => %s))",
            [KEPT_JOB_HOURS],
        )
        cursor.execute("select set_config('klientbro.operator', 'list firms', true)")
        firms = [
            UUID(str(row[0])) for row in cursor.execute("select id from tenants_firm").fetchall()
        ]
    for firm_id in firms:
        with transaction(firm_id) as cursor:
            cursor.execute(
                "delete from sync_documentrequest where created_at < clock_timestamp() - "
                "make_interval(mins => %s)",
                [KEPT_DOCUMENT_MINUTES],
            )
            cursor.execute(
                "delete from clients_keycheck where created_at < clock_timestamp() - "
                "interval '1 day'"
            )
            cursor.execute("delete from sync_accesstoken where expires_at < clock_timestamp()")
            cursor.execute(
                "delete from sync_run where finished_at < clock_timestamp() - interval '400 days'"
            )
