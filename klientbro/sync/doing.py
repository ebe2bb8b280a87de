"""Takes one step of a run. Each ends itself in the transaction of what it wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date

from klientbro.connectors.contract import Company, Decoded, Resource, Row, Unit
from klientbro.connectors.errors import (
    MissingRightError,
    UnavailableError,
)
from klientbro.ledger.anchor import move_anchor
from klientbro.ledger.books import Books, write_settings
from klientbro.ledger.drafts import land_drafts, note_drafts_refused
from klientbro.ledger.findings import clear, note, note_decoded
from klientbro.ledger.landing import Transaction, check_fence
from klientbro.ledger.masters import land_masters
from klientbro.ledger.open_items import land_items
from klientbro.ledger.sums import account_types
from klientbro.sync.causes import Cause
from klientbro.sync.chosen import chosen_settings, take_over_choices
from klientbro.sync.context import Slice, StopRun
from klientbro.sync.database import transaction
from klientbro.sync.history_hold import is_held, without_history
from klientbro.sync.opening_day import holds_opening_day, opening_day
from klientbro.sync.proving import known_of, prove, since_steps
from klientbro.sync.queue import HISTORY
from klientbro.sync.reading import find_missing, read_postings
from klientbro.sync.refetch_requests import REFETCH
from klientbro.sync.refetching import refetch, refetch_steps
from klientbro.sync.steps import (
    MASTER_STEPS,
    Step,
    StepKind,
    days_of,
    end_step,
    planned_steps,
    put_steps,
)

LONG_REFETCH_DAYS = 400
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


async def take_step(work: Slice, step: Step) -> None:
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
        case StepKind.REFETCH:
            await refetch(work, step)
        case StepKind.MISSING:
            await find_missing(work, step)
        case StepKind.ANCHOR:
            await _anchor(work, step)
        case StepKind.PROVE | StepKind.PROVE_LATEST | StepKind.PROVE_OLD:
            if await prove(work, step) and step.kind is StepKind.PROVE_LATEST:
                await asyncio.to_thread(_first_usable, work)
        case StepKind.CUSTOMER_ITEMS | StepKind.SUPPLIER_ITEMS:
            await _read_items(work, step)
        case StepKind.DRAFTS:
            await _read_drafts(work, step)
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
    settings = chosen_settings(await work.source.settings(), work.fetch_from, work.year_start_month)

    def write() -> None:
        with transaction(work.firm_id) as cursor:
            check_fence(cursor, work.key)
            has_more_history = take_over_choices(cursor, work.books(cursor), settings)
            write_settings(
                cursor,
                work.key,
                conversion_date=settings.conversion_date,
                year_end_month=settings.year_end_month,
                lock_date=settings.lock_date,
                currency=settings.currency,
                results_restart=settings.results_restart,
                until=work.today,
                vat_period=settings.vat_period,
                year_is_chosen=work.year_start_month is not None,
            )
            cursor.execute(
                "update sync_state s set verified_key_hash = c.key_hash from clients_connection c "
                "where s.connection_id = %s and c.id = s.connection_id and c.key_hash = %s",
                [work.connection_id, work.key_hash],
            )
            if has_more_history:
                put_steps(cursor, work.connection_id, [Step(StepKind.PLAN)])
            end_step(cursor, work.connection_id, step)

    await asyncio.to_thread(write)


def _plan_units(work: Slice, step: Step) -> None:
    with work.fenced() as cursor:
        books = work.books(cursor)
        known = known_of(books, work.today, work.fetch_from)
        full = books.stage != "history" or work.reason == "full"
        if full:
            known = replace(known, covered_from=None)
        units = work.source.plan(None, known)
        if work.reason == REFETCH and books.stage == "current":
            _put_refetch(cursor, work, step, units, known.rows_per_day)
            return
        year_start = books.years(work.today)[-1].start
        planned = planned_steps(units, year_start, books.first_possible_day, books.covered_from)
        if is_held(cursor, work.connection_id):
            planned = without_history(planned)
        put_steps(cursor, work.connection_id, planned, before=step.position)
        end_step(cursor, work.connection_id, step)


def _put_refetch(
    cursor: Transaction,
    work: Slice,
    step: Step,
    units: Sequence[Unit],
    rows_per_day: float | None,
) -> None:
    """The units of the period that was asked for, which is then forgotten: the steps have it."""
    row = cursor.execute(
        "update sync_state s set refetch_first = null, refetch_last = null from sync_state b "
        "where s.connection_id = %s and b.connection_id = s.connection_id "
        "returning b.refetch_first, b.refetch_last",
        [work.connection_id],
    ).fetchone()
    first, last = row if row is not None else (None, None)
    steps = refetch_steps(
        work.source,
        units,
        first if isinstance(first, date) else None,
        last if isinstance(last, date) else None,
        rows_per_day,
    )
    put_steps(cursor, work.connection_id, steps, before=step.position)
    end_step(cursor, work.connection_id, step)
    if sum(days_of(one.unit()) for one in steps) > LONG_REFETCH_DAYS:
        work.priority = min(work.priority, HISTORY)  # everything anew waits behind the others
        work.pacer.priority = work.priority


def _ask_since(work: Slice, step: Step) -> None:
    """Turns the marker into the changed-since unit, now that the watermark is known."""
    with work.fenced() as cursor:
        put_steps(
            cursor,
            work.connection_id,
            since_steps(work, work.books(cursor)),
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
            says_something = any(amount for _account, amount in figures)
            if says_something and _put_first_day(cursor, work, step, books):
                return
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


def _put_first_day(cursor: Transaction, work: Slice, step: Step, books: Books) -> bool:
    """Reads the first possible day alone before the anchor is put on it, when we hold nothing of it
    although accounts stand at something there.
    """
    day = step.first
    if step.rounds > 0 or day is None or day != books.first_possible_day:
        return False
    if holds_opening_day(cursor, books):
        return False
    kind = StepKind.HISTORY if books.stage == "history" else StepKind.POSTINGS
    put_steps(
        cursor,
        work.connection_id,
        [opening_day(day, kind), replace(step, rounds=1)],
        before=step.position,
    )
    end_step(cursor, work.connection_id, step)
    return True


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
                note_decoded(cursor, work.key, page, resource)
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
                note_decoded(cursor, work.key, page, resource)
            side = "customer" if is_customer else "supplier"
            land_items(cursor, work.key, work.books(cursor), side, day, read.rows)
            end_step(cursor, work.connection_id, step)

    await asyncio.to_thread(write)


async def _read_drafts(work: Slice, step: Step) -> None:
    """The vouchers that wait in the source, where it lists them and the key may read the list."""
    read = _Whole()
    refused: list[str] | None = None
    if work.connector.capabilities.drafts:
        try:
            read = await _read_whole(work, Unit(Resource.DRAFTS))
        except MissingRightError as error:
            refused = list(error.rights)

    def write() -> None:
        with work.fenced() as cursor:
            if refused is not None:
                note(cursor, work.key, RIGHT_MISSING, step.kind.value, {"rights": refused})
                note_drafts_refused(cursor, work.key)
            elif work.connector.capabilities.drafts:
                clear(cursor, work.key, RIGHT_MISSING, step.kind.value)
                for page in read.pages:
                    note_decoded(cursor, work.key, page, Resource.DRAFTS)
                land_drafts(cursor, work.key, read.rows)
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
