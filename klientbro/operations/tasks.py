"""The operations jobs: digests every few minutes, and old lines deleted."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from procrastinate.contrib.django import app

from klientbro.operations.digests import prune_digests, send_digests, write_digests
from klientbro.sync.queue import QUEUE
from klientbro.sync.requests import prune_lines
from klientbro.tenants.shared_cache import prune_shared_values
from klientbro.tenants.walking import for_every_firm


@app.periodic(cron="*/5 * * * *")
@app.task(queue=QUEUE, queueing_lock="alerts", name="klientbro.operations.tasks.tell_people")
async def tell_people(timestamp: int) -> None:
    """Writes and sends the digests that are due."""
    await asyncio.to_thread(tell_people_now, timezone.now())


def tell_people_now(now: datetime) -> None:
    """Firm by firm; one that fails does not silence the others."""

    def tell(firm_id: UUID) -> None:
        write_digests(firm_id, now)
        send_digests(firm_id, now)

    for_every_firm(tell, "telling people", foreseen=DatabaseError)


@app.periodic(cron="17 * * * *")
@app.task(queue=QUEUE, queueing_lock="prune_logs", name="klientbro.operations.tasks.prune_logs")
async def prune_logs(timestamp: int) -> None:
    """Deletes request lines older than KLIENTBRO_REQUEST_LOG_DAYS, and old digests."""
    await asyncio.to_thread(prune_logs_now, timezone.now())


def prune_logs_now(now: datetime) -> None:
    """Firm by firm, a few thousand lines at a time."""

    def prune(firm_id: UUID) -> None:
        prune_lines(firm_id, settings.ENVIRONMENT.request_log_days)
        prune_digests(firm_id, now)

    prune_shared_values()
    for_every_firm(prune, "pruning", foreseen=DatabaseError)
