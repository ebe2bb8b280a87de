"""Runs one slice of a connection's sync: takes durable steps in order until time is up or all done.

A slice is a short job (about ten seconds). It begins by taking a new fencing number, so that a
worker that was thought dead can write nothing more, and ends by deferring the next slice in a
transaction of its own. Killed anywhere, the next slice goes on from the last landed page.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import psycopg

from klientbro.connectors.errors import (
    ConnectorError,
)
from klientbro.ledger.books import read_books
from klientbro.ledger.findings import LostFieldError
from klientbro.ledger.landing import BooksKey, FencedError, Transaction, begin_run
from klientbro.lib.dates import oslo_date
from klientbro.lib.errors import ConfigurationError, KlientbroError
from klientbro.lib.log_context import also_about, working_on
from klientbro.lib.tracing import span
from klientbro.sync.ahead import LOOKED_AT, PASSED_OVER, drop_ahead
from klientbro.sync.attention import item_days_due
from klientbro.sync.causes import Cause
from klientbro.sync.context import Slice, StopRun
from klientbro.sync.database import renew_dead_lines, transaction
from klientbro.sync.doing import take_step
from klientbro.sync.history import go_on_with_run, open_run
from klientbro.sync.history_hold import is_held
from klientbro.sync.old_proof import gives_way, plan_old_proof
from klientbro.sync.opening_day import asked_again
from klientbro.sync.outcome import cause_of, count_requests, finish, give_way_to_next, stop
from klientbro.sync.reading import read_ahead
from klientbro.sync.rechecks import believed
from klientbro.sync.refetch_requests import REFETCH, proof_of_refetch
from klientbro.sync.requests import write_lines
from klientbro.sync.steps import (
    ALL_MONTHS,
    DAILY_STEPS,
    ITEM_STEPS,
    LATEST_TOO,
    MASTER_STEPS,
    Step,
    StepKind,
    first_sync_steps,
    next_step,
    put_steps,
    waiting_steps,
)
from klientbro.sync.surroundings import (
    CountingLog,
    SystemClock,
    envelopes_of,
    open_source,
    token_reference,
)
from klientbro.tenants.envelopes import Envelopes

logger = logging.getLogger(__name__)
MASTERS_EVERY_SECONDS = 24 * 3600
MASTERS_ON_OPENING_SECONDS = 3600  # lists that old are read anew when somebody opens the client


@dataclass(frozen=True, slots=True)
class _Opened:
    key: BooksKey
    run_id: UUID | None
    system: str
    secret: str
    key_hash: bytes
    source_company: str
    reason: str
    accepts_vanishing: bool
    fetch_from: date | None
    year_start_month: int | None
    key_set_at: datetime | None


async def run_slice(firm_id: UUID, connection_id: int, priority: int) -> None:
    """One slice. Every foreseen failure becomes a cause on the connection; the rest is raised."""
    with (
        working_on(firm_id=firm_id, connection_id=connection_id),
        span("slice", firm_id=str(firm_id), connection_id=connection_id, priority=priority),
    ):
        await _run_slice(firm_id, connection_id, priority)


async def _run_slice(firm_id: UUID, connection_id: int, priority: int) -> None:
    log = CountingLog()
    try:
        opened = await asyncio.to_thread(_begin, firm_id, connection_id, priority)
        if opened is None:
            return
        with_envelopes = await asyncio.to_thread(_envelopes, firm_id)
    except ConfigurationError:
        logger.exception("connection %s: the stored key cannot be used", connection_id)
        await asyncio.to_thread(stop, firm_id, connection_id, None, Cause.SECRETS, {}, log)
        return
    source, pacer, connector = open_source(
        opened.system,
        opened.secret,
        token_reference(opened.key_hash),
        firm_id,
        with_envelopes,
        priority,
        log,
        connection_id,
    )
    work = Slice(
        firm_id=firm_id,
        connection_id=connection_id,
        key=opened.key,
        source=source,
        connector=connector,
        pacer=pacer,
        log=log,
        today=oslo_date(SystemClock().now()),
        reason=opened.reason,
        source_company=opened.source_company,
        key_hash=opened.key_hash,
        accepts_vanishing=opened.accepts_vanishing,
        priority=priority,
        fetch_from=opened.fetch_from,
        year_start_month=opened.year_start_month,
        run_id=opened.run_id,
    )
    also_about(run_id=opened.run_id)
    try:
        async with source:
            try:
                await _take_steps(work)
            finally:
                await drop_ahead(work)
    except FencedError:
        logger.info("connection %s: a newer run has taken over", connection_id)
    except StopRun as ended:
        await _end_with(work, ended.cause, ended.detail)
    except LostFieldError as lost:
        logger.warning("connection %s: %s: %s", connection_id, Cause.CONTRACT, lost)
        await _end_with(work, Cause.CONTRACT, {"message": str(lost)})
    except ConnectorError as error:
        cause, detail = cause_of(error)
        cause = believed(cause, connector, opened.key_set_at)
        logger.warning("connection %s: %s: %s", connection_id, cause, error)
        await _end_with(work, cause, detail)
    except psycopg.OperationalError:
        await asyncio.to_thread(renew_dead_lines)
        raise  # the database is away: the job is tried again from the last landed page
    except psycopg.InternalError:
        raise  # the server ended an idle transaction of a process that had been paused
    except (KlientbroError, ValueError, LookupError, ArithmeticError, psycopg.Error):
        logger.exception("connection %s: the run failed", connection_id)
        await _end_with(work, Cause.INTERNAL, {})
    finally:
        # also when the job is cancelled or handed over; a killed worker loses these lines only
        await asyncio.shield(
            asyncio.to_thread(write_lines, log, firm_id, connection_id, "sync", opened.run_id)
        )


async def _end_with(work: Slice, cause: Cause, detail: dict[str, object]) -> None:
    with suppress(FencedError):
        await asyncio.to_thread(
            stop, work.firm_id, work.connection_id, work.key, cause, detail, work.log
        )


def _envelopes(firm_id: UUID) -> Envelopes:
    with transaction(firm_id) as cursor:
        return envelopes_of(cursor, firm_id)


def _begin(firm_id: UUID, connection_id: int, priority: int) -> _Opened | None:
    """Takes the fencing number and plans the run if none is under way. None when not active."""
    with transaction(firm_id) as cursor:
        row = cursor.execute(
            "select c.is_active, c.key_sealed, c.key_hash, i.system, c.source_company_id, "
            "s.run_reason, s.is_vanishing_accepted, "
            "s.verified_key_hash is distinct from c.key_hash, c.fetch_from, c.year_start_month, "
            "c.key_set_at from clients_connection c "
            "join clients_integration i on i.id = c.integration_id "
            "left join sync_state s on s.connection_id = c.id "
            "where c.id = %s",
            [connection_id],
        ).fetchone()
        if row is None or not row[0] or not isinstance(row[1], bytes):
            return None
        envelopes = envelopes_of(cursor, firm_id)
        key = BooksKey(firm_id, connection_id, begin_run(cursor, connection_id))
        under_way = next_step(cursor, connection_id)
        if under_way is not None and gives_way(cursor, connection_id, priority):
            under_way = None
        if under_way is None:
            _plan_run(cursor, connection_id, priority, is_key_new=bool(row[7]))
            run_id = open_run(cursor, connection_id)
        else:
            run_id = go_on_with_run(cursor, connection_id)
        if under_way is not None and row[7] and under_way.kind is not StepKind.SETTINGS:
            # the key was replaced: nothing is fetched before it is known whose books it opens
            put_steps(cursor, connection_id, [Step(StepKind.SETTINGS)], before=under_way.position)
        cursor.execute(
            "update sync_state set last_attempt_at = clock_timestamp() where connection_id = %s",
            [connection_id],
        )
        return _Opened(
            key=key,
            run_id=run_id,
            system=str(row[3]),
            secret=envelopes.open("client_key", row[1]),
            key_hash=row[2] if isinstance(row[2], bytes) else b"",
            source_company=str(row[4] or ""),
            reason=str(row[5] or ""),
            accepts_vanishing=bool(row[6]),
            fetch_from=row[8] if isinstance(row[8], date) else None,
            year_start_month=None if row[9] is None else int(str(row[9])),
            key_set_at=row[10] if isinstance(row[10], datetime) else None,
        )


def _plan_run(cursor: Transaction, connection_id: int, priority: int, *, is_key_new: bool) -> None:
    """A new run: everything for new books or a full fetch, else what is new and the proof."""
    books = read_books(cursor, connection_id)
    if books is None:
        raise LookupError(f"connection {connection_id} has no books")
    cursor.execute(
        "update sync_state set run_started_at = clock_timestamp(), steps_done = 0, "
        "steps_total = 0, postings_done = 0, postings_total = null, rows_new = 0, "
        "rows_changed = 0, rows_closed = 0, requests = 0 where connection_id = %s",
        [connection_id],
    )
    if plan_old_proof(cursor, books, priority, is_key_new=is_key_new):
        return
    row = cursor.execute(
        "select run_reason, masters_read_at is null or masters_read_at < clock_timestamp() - "
        "make_interval(secs => %s), a.opened_at > s.masters_read_at and s.masters_read_at < "
        "clock_timestamp() - make_interval(secs => %s) from sync_state s "
        "left join sync_attention a on a.connection_id = s.connection_id "
        "where s.connection_id = %s",
        [MASTERS_EVERY_SECONDS, MASTERS_ON_OPENING_SECONDS, connection_id],
    ).fetchone()
    reason, masters_due = (str(row[0]), bool(row[1]) or is_key_new) if row else ("", True)
    is_opened = bool(row[2]) if row else False
    masters_due = masters_due or reason == REFETCH
    if books.stage == "new" or reason == "full":
        if books.stage == "new":
            cursor.execute(
                "update sync_state set run_reason = 'first' where connection_id = %s",
                [connection_id],
            )
        put_steps(cursor, connection_id, first_sync_steps())
        return
    steps = [Step(StepKind.POSTINGS, token="since")]  # noqa: S106 a marker, replaced when taken
    lists = [Step(StepKind.SETTINGS), Step(StepKind.ACCOUNTS), Step(StepKind.VAT_CODES)]
    parties = [Step(kind) for kind in (*DAILY_STEPS, *MASTER_STEPS)]
    if masters_due:
        steps = [*lists, *steps, *parties, *asked_again(cursor, books)]
    elif is_opened:  # somebody looks on: the figures first, then the lists
        steps += [LATEST_TOO, *lists, *parties]
    steps += [
        Step(kind, last=day) for day in item_days_due(cursor, connection_id) for kind in ITEM_STEPS
    ]
    wants_history = books.stage == "history" and not is_held(cursor, connection_id)
    if wants_history or reason == REFETCH:
        steps.append(Step(StepKind.PLAN))
    proof = ALL_MONTHS if reason == "prove" else LATEST_TOO
    if reason == REFETCH:
        proof = proof_of_refetch(cursor, connection_id)
    steps += [proof, Step(StepKind.FINISH)]
    put_steps(cursor, connection_id, steps)


async def _take_steps(work: Slice) -> None:
    while True:
        step = await asyncio.to_thread(_next, work)
        if step is None:
            await asyncio.to_thread(finish, work)
            return
        with span("step", kind=step.kind.value, run_id=str(work.run_id)):
            if step.kind in PASSED_OVER:
                read_ahead(work)
            await take_step(work, step)
        await asyncio.to_thread(count_requests, work)
        if work.is_over and await asyncio.to_thread(give_way_to_next, work):
            return


def _next(work: Slice) -> Step | None:
    with transaction(work.firm_id) as cursor:
        steps = waiting_steps(cursor, work.connection_id, most=1 + LOOKED_AT)
    work.following = steps[1:]
    return steps[0] if steps else None
