"""The row of a run in the history: opened with its plan, taken up again after a stop, ended."""

from __future__ import annotations

from uuid import UUID

from klientbro.ledger.landing import Transaction
from klientbro.sync.counters import ROWS, RUNS, count
from klientbro.sync.surroundings import CountingLog


def open_run(cursor: Transaction, connection_id: int) -> UUID | None:
    """A new run with an id of its own. What it takes over from is told as replaced."""
    cursor.execute(
        "update sync_run set outcome = 'replaced', finished_at = coalesce(finished_at, "
        "clock_timestamp()) where connection_id = %s and outcome in ('running', 'stopped')",
        [connection_id],
    )
    row = cursor.execute(
        "with s as (update sync_state s set run_id = gen_random_uuid(), requested_by = null, "
        "requested_via = '', run_started_at = clock_timestamp(), rows_new = 0, rows_changed = 0, "
        "rows_closed = 0, requests = 0, requests_failed = 0, bytes_received = 0 from sync_state b "
        "where s.connection_id = %s and b.connection_id = s.connection_id "
        "returning s.*, b.requested_via as via, b.requested_by as by) "
        "insert into sync_run (run_id, firm_id, connection_id, reason, via, started_by, "
        "started_at, outcome, attempts, cause, rows_new, rows_changed, rows_closed, requests, "
        "sealed_months) "
        "select run_id, firm_id, connection_id, coalesce(nullif(run_reason, ''), 'routine'), "
        "coalesce(nullif(via, ''), 'schedule'), by, run_started_at, "
        "'running', 1, '', 0, 0, 0, 0, 0 from s returning run_id",
        [connection_id],
    ).fetchone()
    return row[0] if row is not None and isinstance(row[0], UUID) else None


def go_on_with_run(cursor: Transaction, connection_id: int) -> UUID | None:
    """The run under way, one attempt further if it had stopped; a new one if there is none."""
    row = cursor.execute(
        "update sync_run r set attempts = attempts + (outcome = 'stopped')::int, "
        "outcome = 'running', finished_at = null from sync_state s "
        "where s.connection_id = %s and r.run_id = s.run_id "
        "and r.outcome in ('running', 'stopped') returning r.run_id",
        [connection_id],
    ).fetchone()
    if row is not None and isinstance(row[0], UUID):
        return row[0]
    return open_run(cursor, connection_id)


def end_run(cursor: Transaction, connection_id: int, cause: str, *, completed: bool) -> None:
    """The run's counts as they now stand, why it stopped, and the seals it made."""
    row = cursor.execute(
        "update sync_run r set finished_at = clock_timestamp(), "
        "outcome = case when %(completed)s then 'complete' else 'stopped' end, "
        "cause = %(cause)s, "
        "stopped_by = case when %(completed)s then stopped_by else %(cause)s end, "
        "rows_new = s.rows_new, rows_changed = s.rows_changed, rows_closed = s.rows_closed, "
        "requests = s.requests, requests_failed = s.requests_failed, "
        "bytes_received = s.bytes_received, "
        "sealed_months = (select count(*) from ledger_month "
        "where connection_id = %(id)s and state = 'sealed'), "
        "seals_made = l.made, newest_seal_id = l.newest "
        "from sync_state s, (select count(*) as made, max(l.id) as newest from ledger_seal l "
        "join sync_state t on t.connection_id = l.connection_id "
        "where l.connection_id = %(id)s and l.sealed_at >= t.run_started_at) l "
        "where s.connection_id = %(id)s and r.run_id = s.run_id and r.outcome = 'running' "
        "returning r.firm_id, r.rows_new, r.rows_changed, r.rows_closed",
        {"id": connection_id, "cause": cause, "completed": completed},
    ).fetchone()
    if row is None or not isinstance(row[0], UUID):
        return
    amounts = {(RUNS, cause or "none"): 1.0}
    if completed:
        rows = zip(("new", "changed", "closed"), row[1:], strict=True)
        amounts |= {(ROWS, kind): float(str(number)) for kind, number in rows}
    count(cursor, row[0], amounts)


def add_counts(cursor: Transaction, connection_id: int, log: CountingLog) -> None:
    """Adds what the log has counted since last time to the run's figures."""
    requests, failed, received = log.requests, log.failed, log.bytes_received
    before = log.counted
    if requests == before[0]:
        return
    cursor.execute(
        "update sync_state set requests = requests + %s, requests_failed = requests_failed + %s, "
        "bytes_received = bytes_received + %s where connection_id = %s",
        [requests - before[0], failed - before[1], received - before[2], connection_id],
    )
    log.counted = (requests, failed, received)
