"""How a slice ends: complete, stopped with a cause, or giving way to the next slice."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from klientbro.connectors.errors import (
    AuthorizationError,
    ConnectorError,
    MissingRightError,
    OperatorSettingsError,
    RateLimitedError,
    RetriableError,
    UnreadableError,
)
from klientbro.ledger.landing import BooksKey, Transaction, check_fence
from klientbro.sync.causes import Cause, retry_after_seconds
from klientbro.sync.context import Slice
from klientbro.sync.database import transaction
from klientbro.sync.queue import defer
from klientbro.sync.steps import (
    next_step,
)
from klientbro.sync.surroundings import (
    CountingLog,
)

SYNC_TASK = "klientbro.sync.tasks.sync_connection"
ROUTINE_SECONDS = 15 * 60


def cause_of(error: ConnectorError) -> tuple[Cause, dict[str, object]]:
    if isinstance(error, AuthorizationError):
        return Cause.KEY_REJECTED, {}
    if isinstance(error, MissingRightError):
        return Cause.RIGHTS_MISSING, {"rights": list(error.rights)}
    if isinstance(error, RateLimitedError):
        return Cause.THROTTLED, {"seconds": error.retry_after_seconds}
    if isinstance(error, UnreadableError):
        return Cause.UNREADABLE, {"message": str(error)}
    if isinstance(error, OperatorSettingsError):
        return Cause.OPERATOR_KEYS, {"message": str(error)}
    if isinstance(error, RetriableError):
        return Cause.UNREACHABLE, {"message": str(error)}
    return Cause.CONTRACT, {"message": str(error)}


def count_requests(work: Slice) -> None:
    fresh = work.log.requests - work.requests_written
    if fresh:
        with transaction(work.firm_id, relaxed=True) as cursor:
            cursor.execute(
                "update sync_state set requests = requests + %s where connection_id = %s",
                [fresh, work.connection_id],
            )
        work.requests_written = work.log.requests


def give_way_to_next(work: Slice) -> bool:
    """Defers the next slice; False when nothing is left to do."""
    with transaction(work.firm_id) as cursor:
        check_fence(cursor, work.key)
        if next_step(cursor, work.connection_id) is None:
            return False
        defer_slice(cursor, work.firm_id, work.connection_id, work.priority)
        return True


def defer_slice(cursor: Transaction, firm_id: UUID, connection_id: int, priority: int) -> None:
    """Queues a slice: at most one waits per connection, and one runs at a time."""
    defer(
        cursor,
        SYNC_TASK,
        {"firm_id": str(firm_id), "connection_id": connection_id, "priority": priority},
        priority=priority,
        lock=f"connection:{connection_id}",
        queueing_lock=f"sync:{connection_id}",
    )


def finish(work: Slice) -> None:
    """The run is complete: publish its landings, write the history, plan the next."""
    count_requests(work)
    with transaction(work.firm_id) as cursor:
        check_fence(cursor, work.key)
        cursor.execute(
            "update ledger_books set complete_landing = landing, complete_at = clock_timestamp() "
            "where connection_id = %s",
            [work.connection_id],
        )
        months = cursor.execute(
            "select month, state from ledger_month where connection_id = %s "
            "and state in ('differs', 'moving') order by month",
            [work.connection_id],
        ).fetchall()
        states = {str(state) for _month, state in months}
        cause: Cause | None = None
        detail: dict[str, object] = {}
        if "differs" in states:
            cause = Cause.DIFFERS
        elif "moving" in states:
            cause = Cause.MOVING
        if cause is not None:
            detail = {"months": [str(month) for month, _state in months]}
        _write_outcome(cursor, work.firm_id, work.connection_id, cause, detail, completed=True)


def stop(
    firm_id: UUID,
    connection_id: int,
    key: BooksKey | None,
    cause: Cause,
    detail: dict[str, object],
    log: CountingLog,
) -> None:
    """Ends the run with its cause; its steps stay, so the next one goes on from where it was."""
    with transaction(firm_id) as cursor:
        if key is not None:
            check_fence(cursor, key)
        if cause in (Cause.KEY_REJECTED, Cause.RIGHTS_MISSING):
            cursor.execute(
                "update clients_connection set api_active = false, key_checked_at = "
                "clock_timestamp(), key_check_cause = %s where id = %s",
                [cause.value, connection_id],
            )
        _write_outcome(cursor, firm_id, connection_id, cause, detail, completed=False)


def _write_outcome(
    cursor: Transaction,
    firm_id: UUID,
    connection_id: int,
    cause: Cause | None,
    detail: dict[str, object],
    *,
    completed: bool,
) -> None:
    row = cursor.execute(
        "update sync_state s set cause = %s, cause_detail = %s::jsonb, "
        "cause_since = case when %s = '' then null when s.cause = %s then s.cause_since "
        "else clock_timestamp() end, "
        "failures = case when %s = '' then 0 when s.cause = %s then s.failures + 1 else 1 end, "
        "last_success_at = case when %s then clock_timestamp() else s.last_success_at end, "
        "is_vanishing_accepted = case when %s then false else s.is_vanishing_accepted end, "
        "run_reason = case when %s then '' else s.run_reason end "
        "from sync_state b where s.connection_id = %s and b.connection_id = s.connection_id "
        "returning s.failures, s.run_started_at, s.rows_new, s.rows_changed, s.rows_closed, "
        "s.requests, b.run_reason",
        [
            cause or "",
            json.dumps(detail, default=str),
            cause or "",
            cause or "",
            cause or "",
            cause or "",
            completed,
            completed,
            completed,
            connection_id,
        ],
    ).fetchone()
    if row is None:
        return
    if completed:
        # the key has just opened everything: what an earlier run said of it is cured
        cursor.execute(
            "update clients_connection set api_active = true, key_check_cause = '', "
            "key_checked_at = clock_timestamp() where id = %s and not api_active",
            [connection_id],
        )
    failures = int(str(row[0]))
    seconds: float = retry_after_seconds(cause, failures) if cause else ROUTINE_SECONDS
    if cause is Cause.THROTTLED:  # no sooner than the source asked for
        seconds = max(seconds, float(str(detail.get("seconds", 0))))
    cursor.execute(
        "insert into sync_schedule (connection_id, firm_id, next_at) "
        "values (%s, %s, clock_timestamp() + make_interval(secs => %s)) "
        "on conflict (connection_id) do update set next_at = excluded.next_at",
        [connection_id, firm_id, seconds],
    )
    if isinstance(row[1], datetime):
        cursor.execute(
            "insert into sync_run (firm_id, connection_id, reason, started_at, finished_at, cause, "
            "rows_new, rows_changed, rows_closed, requests, sealed_months) "
            "select %s, %s, %s, %s, clock_timestamp(), %s, %s, %s, %s, %s, "
            "(select count(*) from ledger_month where connection_id = %s and state = 'sealed')",
            [
                firm_id,
                connection_id,
                str(row[6] or "") or "routine",
                row[1],
                cause or "",
                row[2],
                row[3],
                row[4],
                row[5],
                connection_id,
            ],
        )
