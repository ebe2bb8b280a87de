"""Every outbound request's line and every run's row: written in batches, kept a set time, searched.

Lines wait in memory until a slice ends and are then written in one statement, so that they cost
the sync nothing. A killed worker loses the lines of its last slice, never data.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import psycopg
from django.db import connection as database
from django.db.models import Q
from psycopg_pool import PoolTimeout

from klientbro.connectors.contract import Sent
from klientbro.domain.national_id import hide_national_ids
from klientbro.ledger.landing import Transaction
from klientbro.sync.counters import BYTES, REQUESTS, SECONDS, count
from klientbro.sync.database import transaction
from klientbro.sync.models import RequestLine
from klientbro.sync.surroundings import CountingLog
from klientbro.tenants.models import User

logger = logging.getLogger(__name__)
PRUNED_AT_ONCE = 5000
LONGEST_PATH, LONGEST_QUERY = 200, 300


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run as the history shows it; counts of a running one are as they stand now."""

    run_id: UUID
    reason: str
    via: str
    started_by: int | None
    started_by_name: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    attempts: int
    cause: str
    stopped_by: str
    rows_new: int
    rows_changed: int
    rows_closed: int
    requests: int
    requests_failed: int
    bytes_received: int
    sealed_months: int
    seals_made: int
    newest_seal_id: int | None
    newest_seal_month: date | None
    duration_seconds: float

    @property
    def is_running(self) -> bool:
        return self.outcome == "running"


@asynccontextmanager
async def request_lines_of(
    log: CountingLog, firm_id: UUID, connection_id: int | None, purpose: str
) -> AsyncIterator[None]:
    """Writes the block's request lines when it ends, also when it fails or is cancelled."""
    try:
        yield
    finally:
        await asyncio.shield(
            asyncio.to_thread(write_lines, log, firm_id, connection_id, purpose, None)
        )


def write_lines(
    log: CountingLog,
    firm_id: UUID,
    connection_id: int | None,
    purpose: str,
    run_id: UUID | None,
) -> int:
    """Writes what has gathered, in one statement. Never raises: a lost line harms nobody."""
    lines, log.lines = log.lines, []
    if not lines:
        return 0
    try:
        with transaction(firm_id, relaxed=True) as cursor:
            _insert(cursor, lines, firm_id, connection_id, purpose, run_id)
    except (psycopg.Error, PoolTimeout) as error:
        logger.warning("%s request lines could not be written: %s", len(lines), error)
        return 0
    return len(lines)


def _insert(
    cursor: Transaction,
    lines: Sequence[tuple[datetime, Sent]],
    firm_id: UUID,
    connection_id: int | None,
    purpose: str,
    run_id: UUID | None,
) -> None:
    # COPY is refused where row-level security is forced; unnest is one statement all the same
    cursor.execute(
        "insert into sync_requestline (firm_id, connection_id, run_id, purpose, at, method, path, "
        "query, status, failure, bytes_received, duration_ms, rows, attempt, retry_after_seconds) "
        "select %s, %s, %s, %s, * from unnest(%s::timestamptz[], %s::text[], %s::text[], "
        "%s::text[], %s::smallint[], %s::text[], %s::bigint[], %s::int[], %s::int[], "
        "%s::smallint[], %s::float8[])",
        [
            firm_id,
            connection_id,
            run_id,
            purpose,
            [at for at, _sent in lines],
            [sent.method[:8] for _at, sent in lines],
            [hide_national_ids(sent.path)[:LONGEST_PATH] for _at, sent in lines],
            [hide_national_ids(sent.query)[:LONGEST_QUERY] for _at, sent in lines],
            [sent.status or None for _at, sent in lines],
            [sent.failure for _at, sent in lines],
            [sent.bytes_received for _at, sent in lines],
            [round(sent.seconds * 1000) for _at, sent in lines],
            [sent.rows for _at, sent in lines],
            [min(sent.attempt, 32767) for _at, sent in lines],
            [
                None if sent.retry_after_seconds is None else float(sent.retry_after_seconds)
                for _at, sent in lines
            ],
        ],
    )
    amounts: Counter[tuple[str, str]] = Counter()
    for _at, sent in lines:
        status = sent.failure if sent.failure or not sent.status else str(sent.status)
        amounts[REQUESTS, status or "unknown"] += 1
        amounts[BYTES, ""] += sent.bytes_received
    seconds = sum(sent.seconds for _at, sent in lines)
    count(cursor, firm_id, {**amounts, (SECONDS, ""): seconds})


def prune_lines(firm_id: UUID, days: int) -> int:
    """Deletes a firm's lines that are older than so many days, a few thousand at a time."""
    deleted = 0
    while True:
        with transaction(firm_id, relaxed=True) as cursor:
            gone = cursor.execute(
                "delete from sync_requestline where id = any(array(select id from sync_requestline "
                "where firm_id = %s and at < clock_timestamp() - make_interval(days => %s) "
                "order by at limit %s))",
                [firm_id, days, PRUNED_AT_ONCE],
            ).rowcount
        deleted += gone
        if gone < PRUNED_AT_ONCE:
            return deleted


def request_lines(
    connection_id: int,
    *,
    run_id: UUID | None = None,
    text: str = "",
    failed_only: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
    limit: int = 100,
) -> list[RequestLine]:
    """A connection's lines, newest first. `text`: any part of what a line shows.

    `before_id`: the last line shown, to go on after it.
    """
    found = RequestLine.objects.filter(connection_id=connection_id)
    if run_id is not None:
        found = found.filter(run_id=run_id)
    if failed_only:
        found = found.filter(~Q(failure="") | Q(status__isnull=True) | Q(status__gte=400))
    if since is not None:
        found = found.filter(at__gte=since)
    if until is not None:
        found = found.filter(at__lt=until)
    for word in text.split():
        matches = (
            Q(path__icontains=word)
            | Q(query__icontains=word)
            | Q(method__iexact=word)
            | Q(failure__icontains=word)
        )
        if word.isdecimal() and len(word) == 3:
            matches |= Q(status=int(word))
        found = found.filter(matches)
    if before_id is not None:
        at = RequestLine.objects.filter(pk=before_id).values("at")[:1]
        found = found.filter(Q(at__lt=at) | Q(at=at, pk__lt=before_id))
    return list(found.order_by("-at", "-id")[:limit])


_RUNS = """
select r.run_id, r.reason, r.via, r.started_by, r.started_at, r.finished_at, r.outcome, r.attempts,
       r.cause, r.stopped_by,
       case when live then s.rows_new else r.rows_new end as rows_new,
       case when live then s.rows_changed else r.rows_changed end as rows_changed,
       case when live then s.rows_closed else r.rows_closed end as rows_closed,
       case when live then s.requests else r.requests end as requests,
       case when live then s.requests_failed else r.requests_failed end as requests_failed,
       case when live then s.bytes_received else r.bytes_received end as bytes_received,
       r.sealed_months, r.seals_made, r.newest_seal_id,
       (select month from ledger_seal l where l.id = r.newest_seal_id) as newest_seal_month,
       extract(epoch from coalesce(r.finished_at, clock_timestamp()) - r.started_at)::float8
         as duration_seconds
from sync_run r
left join sync_state s on s.connection_id = r.connection_id
cross join lateral (select r.outcome = 'running' and s.run_id = r.run_id as live) l
where r.connection_id = %(connection)s
  and (%(run)s::uuid is null or r.run_id = %(run)s)
  and (%(before)s::timestamptz is null or r.started_at < %(before)s)
  and (%(among)s::uuid[] is null or r.run_id = any(%(among)s))
order by r.started_at desc, r.id desc limit %(limit)s
"""


def runs_of(
    connection_id: int, *, before: datetime | None = None, limit: int = 50
) -> list[RunLine]:
    """A connection's runs, newest first; `before`: the start of the last one shown."""
    return _runs(connection_id, None, before, limit)


def run_of(connection_id: int, run_id: UUID) -> RunLine | None:
    """One run of the connection."""
    return next(iter(_runs(connection_id, run_id, None, 1)), None)


def runs_among(connection_id: int, run_ids: Sequence[UUID]) -> list[RunLine]:
    """These runs of the connection, newest first: a page of a filtered list."""
    return _runs(connection_id, None, None, len(run_ids), run_ids) if run_ids else []


def _runs(
    connection_id: int,
    run_id: UUID | None,
    before: datetime | None,
    limit: int,
    among: Sequence[UUID] | None = None,
) -> list[RunLine]:
    with database.cursor() as cursor:
        cursor.execute(
            _RUNS,
            {
                "connection": connection_id,
                "run": run_id,
                "before": before,
                "limit": limit,
                "among": None if among is None else list(among),
            },
        )
        columns = [column[0] for column in cursor.description]
        runs = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    wanted = {run["started_by"] for run in runs} - {None}
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=wanted)} if wanted else {}
    return [RunLine(**run, started_by_name=names.get(run["started_by"], "")) for run in runs]
