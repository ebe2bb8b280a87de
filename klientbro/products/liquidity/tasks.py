"""Likviditet's job: after syncs, forecasts are made anew, and a day's first one is kept."""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from procrastinate.contrib.django import app

from klientbro.products.liquidity.keeping import keep_client, stale_clients
from klientbro.sync.queue import QUEUE
from klientbro.tenants.context import firm
from klientbro.tenants.walking import for_every_firm

logger = logging.getLogger(__name__)
BATCH = 200


@app.periodic(cron="*/2 * * * *")
@app.task(
    queue=QUEUE,
    queueing_lock="keep_forecasts",
    name="klientbro.products.liquidity.tasks.keep_forecasts",
)
async def keep_forecasts(timestamp: int) -> None:
    """Makes every forecast whose books have moved, for every firm."""
    await asyncio.to_thread(keep_forecasts_now)


def keep_forecasts_now() -> int:
    """How many forecasts were made."""
    return for_every_firm(_keep, "making forecasts")


def _keep(firm_id: UUID) -> int:
    """A client in a transaction: a job that dies keeps what was made, and the next goes on.

    A client that fails is logged and left for the next time; the others go on.
    """
    total = 0
    done: set[int] = set()
    while True:
        with firm(firm_id):
            stale = stale_clients(BATCH, done)
        if not stale:
            return total
        for client_id in stale:
            done.add(client_id)
            try:
                with firm(firm_id):
                    total += keep_client(client_id)
            except Exception:
                logger.exception("the forecast of client %s failed", client_id)
