"""Avstemming's jobs: months counted anew after syncs, and the files of large periods."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from klientbro.domain.periods import Month
from klientbro.products.reconciliation.kept_files import TASK, make_file
from klientbro.products.reconciliation.recount import (
    by_client,
    keep_up,
    recount_client,
    stale_months,
)
from klientbro.sync.queue import QUEUE
from klientbro.tenants.context import firm
from klientbro.tenants.walking import for_every_firm

logger = logging.getLogger(__name__)
BATCH = 500
# a job whose worker is stopped is made from its beginning by the next
RETRY = RetryStrategy(max_attempts=5, wait=2)


@app.periodic(cron="*/2 * * * *")
@app.task(
    queue=QUEUE,
    queueing_lock="recount",
    name="klientbro.products.reconciliation.tasks.recount_all",
)
async def recount_all(timestamp: int) -> None:
    """Counts every month that has moved, for every firm."""
    await asyncio.to_thread(recount_all_now)


def recount_all_now() -> int:
    """How many months were counted."""
    return for_every_firm(_recount, "counting months anew")


def _recount(firm_id: UUID) -> int:
    """A client in a transaction: a job that dies keeps what was counted, and the next goes on.

    A client that fails is logged and left for the next time; the others go on.
    """
    latest = Month.of(timezone.localdate()).previous()
    total = 0
    done: set[int] = set()
    with firm(firm_id):
        keep_up(latest)
    while True:
        with firm(firm_id):
            stale = stale_months(latest, BATCH, done)
        if not stale:
            return total
        for client_id, months in by_client(stale):
            done.add(client_id)
            try:
                with firm(firm_id):
                    total += recount_client(client_id, months)
            except Exception:
                logger.exception("counting client %s anew failed", client_id)


@app.task(queue=QUEUE, retry=RETRY, name=TASK)
async def make_period_file(firm_id: str, file_id: int) -> None:
    """Makes the documentation of a large period, for the page that shows how far it has come."""
    await asyncio.to_thread(make_file, UUID(firm_id), file_id)
