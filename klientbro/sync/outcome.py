"""How a slice ends: complete, stopped with a cause, or giving way to the next slice."""

from __future__ import annotations

import json
from uuid import UUID

from klientbro.connectors.errors import (
    AuthorizationError,
    ConnectorError,
    MissingRightError,
    NoControlFiguresError,
    OperatorSettingsError,
    RangeTooLargeError,
    RateLimitedError,
    RetriableError,
    UnreadableError,
)
from klientbro.ledger.landing import BooksKey, Transaction, check_fence
from klientbro.sync.agents import note_agent_seen
from klientbro.sync.attention import schedule_next
from klientbro.sync.causes import Cause
from klientbro.sync.context import Slice
from klientbro.sync.database import transaction
from klientbro.sync.history import add_counts, end_run, go_on_with_run
from klientbro.sync.old_proof import is_old_proof, queue_old_proof
from klientbro.sync.queue import defer_slice
from klientbro.sync.steps import (
    next_step,
)
from klientbro.sync.surroundings import (
    CountingLog,
)


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
    if isinstance(error, RangeTooLargeError):
        return Cause.TOO_LARGE, {"message": str(error)}
    if isinstance(error, RetriableError):
        return Cause.UNREACHABLE, {"message": str(error)}
    if isinstance(error, NoControlFiguresError):
        return Cause.NO_FIGURES, {"message": str(error)}
    return Cause.CONTRACT, {"message": str(error)}


def count_requests(work: Slice) -> None:
    if work.log.requests != work.log.counted[0]:
        with transaction(work.firm_id, relaxed=True) as cursor:
            add_counts(cursor, work.connection_id, work.log)


def give_way_to_next(work: Slice) -> bool:
    """Defers the next slice; False when nothing is left to do."""
    with transaction(work.firm_id) as cursor:
        check_fence(cursor, work.key)
        if next_step(cursor, work.connection_id) is None:
            return False
        defer_slice(cursor, work.firm_id, work.connection_id, work.priority)
        return True


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
        note_agent_seen(cursor, work.connector, work.connection_id)
        cause: Cause | None = None
        detail: dict[str, object] = {}
        if "differs" in states:
            cause = Cause.DIFFERS
        elif "moving" in states:
            cause = Cause.MOVING
        if cause is not None:
            detail = {"months": [str(month) for month, _state in months]}
        is_news = not is_old_proof(cursor, work.connection_id)
        _write_outcome(
            cursor,
            work.firm_id,
            work.connection_id,
            cause,
            detail,
            completed=True,
            is_news=is_news,
        )
        if is_news:
            queue_old_proof(cursor, work.firm_id, work.books(cursor), work.today)


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
        else:
            go_on_with_run(cursor, connection_id)
        add_counts(cursor, connection_id, log)
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
    is_news: bool = True,
) -> None:
    """`is_news`: the run asked what is new; a proof of closed years tells nothing of today."""
    row = cursor.execute(
        "update sync_state s set cause = %s, cause_detail = %s::jsonb, "
        "cause_since = case when %s = '' then null when s.cause = %s then s.cause_since "
        "else clock_timestamp() end, "
        "failures = case when %s = '' then 0 when s.cause = %s then s.failures + 1 else 1 end, "
        "last_success_at = case when %s then clock_timestamp() else s.last_success_at end, "
        "is_vanishing_accepted = case when %s then false else s.is_vanishing_accepted end, "
        "run_reason = case when %s then '' else s.run_reason end "
        "where s.connection_id = %s "
        "returning s.failures",
        [
            cause or "",
            json.dumps(detail, default=str),
            cause or "",
            cause or "",
            cause or "",
            cause or "",
            completed and is_news,
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
    # no sooner than the source asked for
    asked = float(str(detail.get("seconds", 0))) if cause is Cause.THROTTLED else 0.0
    if is_news or cause is not None:
        schedule_next(cursor, firm_id, connection_id, cause, failures, asked)
    end_run(cursor, connection_id, cause.value if cause else "", completed=completed)
