"""Runs one slice of a connection's sync: takes durable steps in order until time is up or all done.

A slice is a short job (about ten seconds). It begins by taking a new fencing number, so that a
worker that was thought dead can write nothing more, and ends by deferring the next slice in a
transaction of its own. Killed anywhere, the next slice goes on from the last landed page.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

import psycopg

from klientbro.connectors.contract import Company, Decoded, Resource, Row, Unit
from klientbro.connectors.errors import (
    AuthorizationError,
    ConnectorError,
    MissingRightError,
    OperatorSettingsError,
    RateLimitedError,
    RetriableError,
    UnavailableError,
    UnreadableError,
)
from klientbro.ledger.anchor import move_anchor
from klientbro.ledger.books import read_books, write_settings
from klientbro.ledger.findings import clear, note, note_decoded
from klientbro.ledger.landing import BooksKey, FencedError, Transaction, begin_run, check_fence
from klientbro.ledger.masters import land_masters
from klientbro.ledger.open_items import land_items
from klientbro.ledger.sums import account_types
from klientbro.lib.dates import oslo_date
from klientbro.lib.errors import ConfigurationError, KlientbroError
from klientbro.sync.causes import Cause, retry_after_seconds
from klientbro.sync.context import Slice, StopRun
from klientbro.sync.database import transaction
from klientbro.sync.proving import known_of, prove, since_step
from klientbro.sync.queue import HISTORY, defer
from klientbro.sync.reading import find_missing, read_postings
from klientbro.sync.steps import (
    ALL_MONTHS,
    ITEM_STEPS,
    LATEST_TOO,
    MASTER_STEPS,
    Step,
    StepKind,
    end_step,
    first_sync_steps,
    next_step,
    planned_steps,
    put_steps,
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
SYNC_TASK = "klientbro.sync.tasks.sync_connection"
MASTERS_EVERY_SECONDS = 24 * 3600
ROUTINE_SECONDS = 15 * 60
RIGHT_MISSING = "right_missing"  # the kind of finding

_RESOURCES = {
    StepKind.ACCOUNTS: Resource.ACCOUNTS,
    StepKind.VAT_CODES: Resource.VAT_CODES,
    StepKind.CUSTOMERS: Resource.CUSTOMERS,
    StepKind.SUPPLIERS: Resource.SUPPLIERS,
    StepKind.DEPARTMENTS: Resource.DEPARTMENTS,
    StepKind.PROJECTS: Resource.PROJECTS,
    StepKind.BANK_ACCOUNTS: Resource.BANK_ACCOUNTS,
}


@dataclass(frozen=True, slots=True)
class _Opened:
    key: BooksKey
    system: str
    secret: str
    key_hash: bytes
    source_company: str
    reason: str
    accepts_vanishing: bool


async def run_slice(firm_id: UUID, connection_id: int, priority: int) -> None:
    """One slice. Every foreseen failure becomes a cause on the connection; the rest is raised."""
    log = CountingLog()
    try:
        opened = await asyncio.to_thread(_begin, firm_id, connection_id)
        if opened is None:
            return
        with_envelopes = await asyncio.to_thread(_envelopes, firm_id)
    except ConfigurationError:
        logger.exception("connection %s: the stored key cannot be used", connection_id)
        await asyncio.to_thread(_stop, firm_id, connection_id, None, Cause.SECRETS, {}, log)
        return
    source, pacer, connector = open_source(
        opened.system,
        opened.secret,
        token_reference(opened.key_hash),
        firm_id,
        with_envelopes,
        priority,
        log,
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
    )
    try:
        async with source:
            await _take_steps(work)
    except FencedError:
        logger.info("connection %s: a newer run has taken over", connection_id)
    except StopRun as stop:
        await _end_with(work, stop.cause, stop.detail)
    except ConnectorError as error:
        cause, detail = cause_of(error)
        logger.warning("connection %s: %s: %s", connection_id, cause, error)
        await _end_with(work, cause, detail)
    except psycopg.OperationalError:
        raise  # the database is away: the job is tried again from the last landed page
    except psycopg.InternalError:
        raise  # the server ended an idle transaction of a process that had been paused
    except (KlientbroError, ValueError, LookupError, ArithmeticError, psycopg.Error):
        logger.exception("connection %s: the run failed", connection_id)
        await _end_with(work, Cause.INTERNAL, {})


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


async def _end_with(work: Slice, cause: Cause, detail: dict[str, object]) -> None:
    with suppress(FencedError):
        await asyncio.to_thread(
            _stop, work.firm_id, work.connection_id, work.key, cause, detail, work.log
        )


def _envelopes(firm_id: UUID) -> Envelopes:
    with transaction(firm_id) as cursor:
        return envelopes_of(cursor, firm_id)


def _begin(firm_id: UUID, connection_id: int) -> _Opened | None:
    """Takes the fencing number and plans the run if none is under way. None when not active."""
    with transaction(firm_id) as cursor:
        row = cursor.execute(
            "select c.is_active, c.key_sealed, c.key_hash, i.system, c.source_company_id, "
            "s.run_reason, s.is_vanishing_accepted, "
            "s.verified_key_hash is distinct from c.key_hash from clients_connection c "
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
        if under_way is None:
            _plan_run(cursor, connection_id, is_key_new=bool(row[7]))
        elif row[7] and under_way.kind is not StepKind.SETTINGS:
            # the key was replaced: nothing is fetched before it is known whose books it opens
            put_steps(cursor, connection_id, [Step(StepKind.SETTINGS)], before=under_way.position)
        cursor.execute(
            "update sync_state set last_attempt_at = clock_timestamp() where connection_id = %s",
            [connection_id],
        )
        return _Opened(
            key=key,
            system=str(row[3]),
            secret=envelopes.open("client_key", row[1]),
            key_hash=row[2] if isinstance(row[2], bytes) else b"",
            source_company=str(row[4] or ""),
            reason=str(row[5] or ""),
            accepts_vanishing=bool(row[6]),
        )


def _plan_run(cursor: Transaction, connection_id: int, *, is_key_new: bool) -> None:
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
    row = cursor.execute(
        "select run_reason, masters_read_at is null or masters_read_at < clock_timestamp() - "
        "make_interval(secs => %s) from sync_state where connection_id = %s",
        [MASTERS_EVERY_SECONDS, connection_id],
    ).fetchone()
    reason, masters_due = (str(row[0]), bool(row[1]) or is_key_new) if row else ("", True)
    if books.stage == "new" or reason == "full":
        if books.stage == "new":
            cursor.execute(
                "update sync_state set run_reason = 'first' where connection_id = %s",
                [connection_id],
            )
        put_steps(cursor, connection_id, first_sync_steps())
        return
    steps = [Step(StepKind.POSTINGS, token="since")]  # noqa: S106 a marker, replaced when taken
    if masters_due:
        steps = [
            Step(StepKind.SETTINGS),
            Step(StepKind.ACCOUNTS),
            Step(StepKind.VAT_CODES),
            *steps,
            *(Step(kind) for kind in (*ITEM_STEPS, *MASTER_STEPS)),
        ]
    if books.stage == "history":
        steps.append(Step(StepKind.PLAN))
    steps += [ALL_MONTHS if reason == "prove" else LATEST_TOO, Step(StepKind.FINISH)]
    put_steps(cursor, connection_id, steps)


async def _take_steps(work: Slice) -> None:
    while True:
        step = await asyncio.to_thread(_next, work)
        if step is None:
            await asyncio.to_thread(_finish, work)
            return
        await _do(work, step)
        await asyncio.to_thread(_count_requests, work)
        if work.is_over and await asyncio.to_thread(_give_way, work):
            return


def _next(work: Slice) -> Step | None:
    with transaction(work.firm_id) as cursor:
        return next_step(cursor, work.connection_id)


def _count_requests(work: Slice) -> None:
    fresh = work.log.requests - work.requests_written
    if fresh:
        with transaction(work.firm_id, relaxed=True) as cursor:
            cursor.execute(
                "update sync_state set requests = requests + %s where connection_id = %s",
                [fresh, work.connection_id],
            )
        work.requests_written = work.log.requests


def _give_way(work: Slice) -> bool:
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


async def _do(work: Slice, step: Step) -> None:
    """Takes one step. Each ends itself in the transaction of what it wrote."""
    match step.kind:
        case StepKind.SETTINGS:
            await _read_settings(work, step)
        case StepKind.PLAN:
            await asyncio.to_thread(_plan_units, work, step)
        case StepKind.POSTINGS | StepKind.HISTORY:
            if step.token == "since":  # noqa: S105 a marker
                await asyncio.to_thread(_ask_since, work, step)
            else:
                await read_postings(work, step)
        case StepKind.MISSING:
            await find_missing(work, step)
        case StepKind.ANCHOR:
            await _anchor(work, step)
        case StepKind.PROVE | StepKind.PROVE_LATEST:
            if await prove(work, step) and step.kind is StepKind.PROVE_LATEST:
                await asyncio.to_thread(_first_usable, work)
        case StepKind.CUSTOMER_ITEMS | StepKind.SUPPLIER_ITEMS:
            await _read_items(work, step)
        case StepKind.FINISH:
            await asyncio.to_thread(_end, work, step)
        case _:
            await _read_masters(work, step)


async def _check_company(work: Slice) -> None:
    """Stops where the key has come to open another company than the books were made from.

    Asked with the settings: once a day, and before a new key is used. A first sync follows right
    after the key's own check.
    """
    is_new = await asyncio.to_thread(_is_new, work)
    if work.source_company and is_new:
        return
    company = (await work.source.check()).company
    if work.source_company and company.source_id != work.source_company:
        raise StopRun(Cause.WRONG_COMPANY, company=company.name)
    await asyncio.to_thread(_remember_company, work, company)


def _is_new(work: Slice) -> bool:
    with transaction(work.firm_id) as cursor:
        return work.books(cursor).stage == "new"


def _remember_company(work: Slice, company: Company) -> None:
    if work.source_company:
        return
    with work.fenced() as cursor:
        cursor.execute(
            "update clients_connection set source_company_id = %s, "
            "source_name = case when source_name = '' then %s else source_name end where id = %s",
            [company.source_id[:100], company.name[:300], work.connection_id],
        )
    work.source_company = company.source_id


async def _read_settings(work: Slice, step: Step) -> None:
    await _check_company(work)
    settings = await work.source.settings()

    def write() -> None:
        with transaction(work.firm_id) as cursor:
            write_settings(
                cursor,
                work.key,
                conversion_date=settings.conversion_date,
                year_end_month=settings.year_end_month,
                lock_date=settings.lock_date,
                currency=settings.currency,
                results_restart=settings.results_restart,
                until=work.today,
            )
            cursor.execute(
                "update sync_state s set verified_key_hash = c.key_hash from clients_connection c "
                "where s.connection_id = %s and c.id = s.connection_id and c.key_hash = %s",
                [work.connection_id, work.key_hash],
            )
            end_step(cursor, work.connection_id, step)

    await asyncio.to_thread(write)


def _plan_units(work: Slice, step: Step) -> None:
    with work.fenced() as cursor:
        books = work.books(cursor)
        known = known_of(books, work.today)
        full = books.stage != "history" or work.reason == "full"
        if full:
            known = replace(known, covered_from=None)
        units = work.source.plan(None, known)
        year_start = books.years(work.today)[-1].start
        planned = planned_steps(units, year_start, books.first_possible_day, books.covered_from)
        put_steps(cursor, work.connection_id, planned, before=step.position)
        end_step(cursor, work.connection_id, step)


def _ask_since(work: Slice, step: Step) -> None:
    """Turns the marker into the changed-since unit, now that the watermark is known."""
    with work.fenced() as cursor:
        put_steps(
            cursor,
            work.connection_id,
            [since_step(work, work.books(cursor))],
            before=step.position,
        )
        end_step(cursor, work.connection_id, step)


async def _anchor(work: Slice, step: Step) -> None:
    day = step.first
    if day is None:
        raise ValueError("an anchor step without a day")
    figures = [(figure.account_id, figure.amount) for figure in await work.source.controls(day)]

    def write() -> None:
        with transaction(work.firm_id) as cursor:
            books = work.books(cursor)
            move_anchor(
                cursor,
                work.key,
                books,
                day,
                figures,
                account_types(cursor, work.connection_id),
            )
            if books.stage == "new":
                cursor.execute(
                    "update ledger_books set stage = 'history' where connection_id = %s",
                    [work.connection_id],
                )
            end_step(cursor, work.connection_id, step)

    await asyncio.to_thread(write)


@dataclass(slots=True)
class _Whole:
    """A list read to its end. `is_complete`: absence from it means that it is gone."""

    rows: list[Row] = field(default_factory=list)
    pages: list[Decoded] = field(default_factory=list)
    is_complete: bool = True


async def _read_whole(work: Slice, unit: Unit) -> _Whole:
    read = _Whole()
    async with aclosing(work.source.read(unit)) as batches:
        async for batch in batches:
            decoded = await asyncio.to_thread(batch.rows)
            read.rows.extend(decoded.rows)
            read.pages.append(replace(decoded, rows=()))
            read.is_complete = batch.unit.is_complete
            if batch.next_token is None and batch.total_rows is not None:
                read.is_complete = read.is_complete and len(read.rows) >= batch.total_rows
    return read


async def _without_right(work: Slice, step: Step, error: MissingRightError) -> None:
    """The key may not read this part: the copy lacks it, and that is a finding, not a stop."""

    def write() -> None:
        with work.fenced() as cursor:
            note(cursor, work.key, RIGHT_MISSING, step.kind.value, {"rights": list(error.rights)})
            _end_masters(cursor, work, step)

    await asyncio.to_thread(write)


def _end_masters(cursor: Transaction, work: Slice, step: Step) -> None:
    if step.kind is MASTER_STEPS[-1]:
        cursor.execute(
            "update sync_state set masters_read_at = clock_timestamp() where connection_id = %s",
            [work.connection_id],
        )
    end_step(cursor, work.connection_id, step)


async def _read_masters(work: Slice, step: Step) -> None:
    resource = _RESOURCES[step.kind]
    try:
        read = await _read_whole(work, Unit(resource))
    except MissingRightError as error:
        if step.kind not in MASTER_STEPS:
            raise
        await _without_right(work, step, error)
        return

    def write() -> None:
        with work.fenced() as cursor:
            clear(cursor, work.key, RIGHT_MISSING, step.kind.value)
            for page in read.pages:
                note_decoded(cursor, work.key, page)
            land_masters(cursor, work.key, resource, read.rows, is_complete=read.is_complete)
            _end_masters(cursor, work, step)

    await asyncio.to_thread(write)


async def _read_items(work: Slice, step: Step) -> None:
    is_customer = step.kind is StepKind.CUSTOMER_ITEMS
    resource = Resource.CUSTOMER_ITEMS if is_customer else Resource.SUPPLIER_ITEMS
    day = step.last or work.today
    try:
        read = await _read_whole(work, Unit(resource, last=day))
    except MissingRightError as error:
        await _without_right(work, step, error)
        return
    if not read.is_complete:
        raise UnavailableError("the open items changed while they were read")

    def write() -> None:
        with work.fenced() as cursor:
            clear(cursor, work.key, RIGHT_MISSING, step.kind.value)
            for page in read.pages:
                note_decoded(cursor, work.key, page)
            side = "customer" if is_customer else "supplier"
            land_items(cursor, work.key, work.books(cursor), side, day, read.rows)
            end_step(cursor, work.connection_id, step)

    await asyncio.to_thread(write)


def _first_usable(work: Slice) -> None:
    """This year has landed and its latest month is proved; the rest may take its time."""
    with transaction(work.firm_id) as cursor:
        check_fence(cursor, work.key)
        cursor.execute(
            "update sync_state set first_usable_at = coalesce(first_usable_at, clock_timestamp()) "
            "where connection_id = %s",
            [work.connection_id],
        )
        # readers may resolve «as known» to what has landed by now
        cursor.execute(
            "update ledger_books set complete_landing = landing, complete_at = clock_timestamp() "
            "where connection_id = %s",
            [work.connection_id],
        )
    work.priority = min(work.priority, HISTORY)
    work.pacer.priority = work.priority


def _end(work: Slice, step: Step) -> None:
    with transaction(work.firm_id) as cursor:
        check_fence(cursor, work.key)
        cursor.execute(
            "update ledger_books set stage = 'current' where connection_id = %s "
            "and is_anchored_at_conversion",
            [work.connection_id],
        )
        end_step(cursor, work.connection_id, step)


def _finish(work: Slice) -> None:
    """The run is complete: publish its landings, write the history, plan the next."""
    _count_requests(work)
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


def _stop(
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
