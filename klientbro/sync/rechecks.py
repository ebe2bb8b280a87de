"""Keys the source has not answered for yet: tried again by themselves, less and less often.

A client saved while the source was away, or with an access so new that the source does not know it
yet, waits as «Venter på regnskapssystemet» until a check answers. Each try defers the next one in
the transaction of its own answer, so a killed worker loses nothing and two never run side by side.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db import connection as database
from django.db import connections
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.services import apply_key_check, begin_key_check
from klientbro.connectors.contract import Connector
from klientbro.connectors.registry import connector
from klientbro.sync.causes import Cause, retry_after_seconds
from klientbro.sync.key_check import check_key_now
from klientbro.sync.queue import QUEUE, ROUTINE, Executes
from klientbro.tenants.context import firm as in_firm

TASK = "klientbro.sync.rechecks.recheck_key"
RETRY = RetryStrategy(max_attempts=20, wait=1, linear_wait=1)


def grant_is_new(found: Connector, key_set_at: datetime | None, now: datetime) -> bool:
    """Whether a refusal may mean no more than that the access does not work yet."""
    if key_set_at is None or not found.new_grant_hours:
        return False
    return now - key_set_at < timedelta(hours=found.new_grant_hours)


def believed(cause: Cause, found: Connector, key_set_at: datetime | None) -> Cause:
    """The cause of a refusal: a new access is waited for before it is called rejected."""
    if cause is Cause.KEY_REJECTED and grant_is_new(found, key_set_at, timezone.now()):
        return Cause.NOT_YET
    return cause


def queue_recheck(connection: Connection, tries: int = 0, *, at_once: bool = False) -> None:
    """Defers the next try; commits with the caller's transaction. Nothing where it is answered.

    `at_once`: nobody has asked the source about the key yet, as when many are imported together.
    """
    if connection.api_active or connection.key_sealed is None or connection.key_check_cause:
        return
    seconds = 0 if at_once else retry_after_seconds(Cause.NOT_YET, tries + 1)
    at = timezone.now() + timedelta(seconds=seconds)
    Connection.objects.filter(pk=connection.pk).update(recheck_at=at)
    connection.recheck_at = at
    with database.cursor() as cursor:
        cast(Executes, cursor).execute(
            "select procrastinate_defer_jobs_v1(array[row(%s, %s, %s, null, %s, "
            "jsonb_build_object('firm_id', %s::text, 'connection_id', %s::bigint, "
            "'tries', %s::int), %s::timestamptz)::procrastinate_job_to_defer_v1]) "
            "where not exists (select from procrastinate_jobs "
            "where queueing_lock = %s and status = 'todo')",
            [
                QUEUE,
                TASK,
                ROUTINE,
                f"recheck:{connection.pk}",
                str(connection.firm_id),
                connection.pk,
                0 if at_once else tries + 1,
                at,
                f"recheck:{connection.pk}",
            ],
        )


@app.task(queue=QUEUE, retry=RETRY, name=TASK)
async def recheck_key(firm_id: str, connection_id: int, tries: int) -> None:
    """One try."""
    await recheck_key_now(UUID(firm_id), connection_id, tries)


async def recheck_key_now(firm_id: UUID, connection_id: int, tries: int) -> None:
    """Asks the source once more, and waits longer when it has no answer."""
    check_id = await asyncio.to_thread(_begin, firm_id, connection_id)
    if check_id is None:
        return
    await check_key_now(firm_id, check_id)
    await asyncio.to_thread(_end, firm_id, check_id, tries)


def _begin(firm_id: UUID, connection_id: int) -> int | None:
    try:
        with in_firm(firm_id):
            connection = Connection.objects.filter(
                pk=connection_id, deleted_at=None, api_active=False, recheck_at__isnull=False
            ).first()
            if connection is None or not connection.key_sealed:
                return None
            return begin_key_check(connection.integration, "", connection=connection).pk
    finally:
        connections.close_all()


def _end(firm_id: UUID, check_id: int, tries: int) -> None:
    """Puts the answer on the row, as if somebody had pressed «Kontroller nøkkelen»."""
    try:
        with in_firm(firm_id):
            check = KeyCheck.objects.select_related("connection__integration").get(pk=check_id)
            connection = check.connection
            if connection is None or connection.recheck_at is None:
                return  # somebody has answered, changed or deleted it meanwhile
            found = connector(connection.integration.system)
            is_refused = check.outcome == KeyCheck.Outcome.REJECTED
            if check.outcome == KeyCheck.Outcome.UNREACHABLE or (
                is_refused and grant_is_new(found, connection.key_set_at, timezone.now())
            ):
                queue_recheck(connection, tries)
                return
            try:
                apply_key_check(connection, check)
            except RefusedError:  # the source has no number: a person must say whose key it is
                Connection.objects.filter(pk=connection.pk).update(recheck_at=None)
    finally:
        connections.close_all()
