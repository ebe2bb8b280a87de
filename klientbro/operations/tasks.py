"""The operations jobs: digests every few minutes, and old lines deleted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone
from procrastinate.contrib.django import app

from klientbro.operations.digests import prune_digests, send_digests, write_digests
from klientbro.sync.queue import QUEUE
from klientbro.sync.requests import prune_lines
from klientbro.tenants.services import all_firms
from klientbro.tenants.shared_cache import prune_shared_values

logger = logging.getLogger(__name__)


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

    _for_every_firm(tell, "alerts")


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
    _for_every_firm(prune, "pruning")


def _for_every_firm(do: Callable[[UUID], None], what: str) -> None:
    try:
        for firm_id, _name in all_firms():
            try:
                do(firm_id)
            except DatabaseError:
                logger.exception("%s of firm %s failed", what, firm_id)
    finally:
        connections.close_all()
