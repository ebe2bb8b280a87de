"""Oversikt's job: clients come in by themselves where the firm has said so."""

from __future__ import annotations

import asyncio
from uuid import UUID

from procrastinate.contrib.django import app

from klientbro.products.overview.importing import import_waiting
from klientbro.sync.queue import QUEUE
from klientbro.tenants.context import firm
from klientbro.tenants.walking import for_every_firm

BATCH = 200


@app.periodic(cron="*/5 * * * *")
@app.task(
    queue=QUEUE,
    queueing_lock="import_waiting",
    name="klientbro.products.overview.tasks.import_all_waiting",
)
async def import_all_waiting(timestamp: int) -> None:
    """Imports clients that have become active since, for every firm that wants it."""
    await asyncio.to_thread(import_all_now)


def import_all_now() -> int:
    """How many clients came in."""
    return for_every_firm(_import, "importing clients into Oversikt")


def _import(firm_id: UUID) -> int:
    """A batch in a transaction: a job that dies keeps what came in, and the next goes on."""
    total = 0
    while True:
        with firm(firm_id):
            came = import_waiting(most=BATCH)
        total += came
        if not came:
            return total
