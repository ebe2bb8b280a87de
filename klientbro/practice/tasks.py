"""The jobs of what the products share: tasks are brought up to date every night."""

from __future__ import annotations

import asyncio
from uuid import UUID

from django.utils import timezone
from procrastinate.contrib.django import app

from klientbro.clients.facts import ClientFacts
from klientbro.practice.assignments.generation import merge_tasks
from klientbro.sync.queue import QUEUE
from klientbro.tenants.context import firm, firm_set
from klientbro.tenants.walking import for_every_firm


@app.periodic(cron="20 2 * * *")
@app.task(queue=QUEUE, queueing_lock="merge_tasks", name="klientbro.practice.tasks.merge_all_tasks")
async def merge_all_tasks(timestamp: int) -> None:
    """Makes the tasks that have come within sight, for every firm."""
    await asyncio.to_thread(merge_all_now)


def merge_all_now() -> int:
    """How many tasks were made."""
    return for_every_firm(_merge, "making tasks")


def _merge(firm_id: UUID) -> int:
    with firm(firm_id):
        followed = ClientFacts.objects.exclude(tasks_from=None)
        client_ids = list(followed.values_list("client_id", flat=True))
    with firm_set(firm_id):
        return merge_tasks(client_ids, timezone.localdate()).made
