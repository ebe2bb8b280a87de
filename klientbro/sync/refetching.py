"""«Full henting på nytt»: a period is read to its end, compared, and merged in one landing.

Pages are compared as they come and only what is new or changed is kept, in memory, until the
source has told everything it has of the unit. Readers therefore see the unit as it was or as it
is, never between; rows equal to ours write nothing; and a worker killed midway has done nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import date

from klientbro.connectors.contract import Decoded, Row, Source, Unit
from klientbro.connectors.errors import RangeTooLargeError, UnavailableError
from klientbro.domain.periods import Month, month_range
from klientbro.ledger.comparing import unlike_ids
from klientbro.ledger.findings import note_decoded, note_parts_of_ore
from klientbro.ledger.landing import (
    SOURCE_ID,
    Transaction,
    begin_landing,
    copy_incoming,
    finish_landing,
    mark_control_accounts,
    merge_incoming,
)
from klientbro.ledger.late import record_late_changes
from klientbro.sync.context import Slice
from klientbro.sync.database import transaction
from klientbro.sync.steps import Step, StepKind, days_of, end_step, put_steps

MOST_ROWS = 50_000  # a unit is one landing: as much as a slice reads with ease
MOST_DAYS = 366


@dataclass(slots=True)
class _Read:
    """A unit read to its end: every id, and the rows that are not as we hold them."""

    ids: set[str] = field(default_factory=set)
    unlike: list[Row] = field(default_factory=list)
    pages: list[Decoded] = field(default_factory=list)
    rows: int = 0


async def refetch(work: Slice, step: Step) -> None:
    """Takes a refetch step whole, or splits it where the source does not answer so much at once."""
    try:
        read = await _read_unit(work, step)
    except RangeTooLargeError:
        await asyncio.to_thread(_split, work, step)
        return
    await asyncio.to_thread(_land, work, step, read)


async def _read_unit(work: Slice, step: Step) -> _Read:
    read = _Read()
    is_whole = True
    async with aclosing(work.source.read(replace(step.unit(), token=None))) as batches:
        async for batch in batches:
            decoded = await asyncio.to_thread(batch.rows)
            await asyncio.to_thread(_compare, work, decoded, read)
            is_whole = batch.unit.is_complete
            if batch.next_token is None and batch.total_rows is not None:
                is_whole = is_whole and len(read.ids) >= batch.total_rows
    if not is_whole:
        raise UnavailableError("the period changed while it was read", connector=work.connector.key)
    return read


def _compare(work: Slice, decoded: Decoded, read: _Read) -> None:
    if decoded.rows:
        with transaction(work.firm_id, relaxed=True) as cursor:
            copy_incoming(cursor, decoded.rows)
            unlike = unlike_ids(cursor, work.key)
        read.unlike += [row for row in decoded.rows if row[SOURCE_ID] in unlike]
    read.ids.update(str(row[SOURCE_ID]) for row in decoded.rows)
    read.rows += len(decoded.rows)
    read.pages.append(replace(decoded, rows=()))


def _land(work: Slice, step: Step, read: _Read) -> None:
    """Everything that differs in one landing; what we hold beyond it is looked into by id."""
    with transaction(work.firm_id, relaxed=True) as cursor:
        landed = begin_landing(cursor, work.key)
        if read.unlike:
            incoming = copy_incoming(cursor, read.unlike)
            merge_incoming(cursor, work.key, landed, incoming.distinct, first=False)
            mark_control_accounts(cursor, work.key, incoming)
            record_late_changes(cursor, work.key, landed)
            note_parts_of_ore(cursor, work.key, landed)
        for page in read.pages:
            note_decoded(cursor, work.key, page)
        finish_landing(cursor, work.key, landed, step.kind.value, step.first, step.last)
        if _holds_more(cursor, work, step, read.ids):
            put_steps(
                cursor,
                work.connection_id,
                [Step.of_unit(StepKind.MISSING, step.unit())],
                before=step.position,
            )
        cursor.execute(
            "update sync_state set postings_done = postings_done + %s, rows_new = rows_new + %s, "
            "rows_changed = rows_changed + %s where connection_id = %s",
            [read.rows, landed.new, landed.changed, work.connection_id],
        )
        end_step(cursor, work.connection_id, step)


def _holds_more(cursor: Transaction, work: Slice, step: Step, ids: set[str]) -> bool:
    held = cursor.execute(
        "select source_id from ledger_posting where connection_id = %s and known_to = 2147483647 "
        "and posting_date between %s and %s",
        [work.connection_id, step.first or date.min, step.last or date.max],
    ).fetchall()
    return any(source_id not in ids for (source_id,) in held)


def _split(work: Slice, step: Step) -> None:
    smaller = work.source.split(step.unit())
    with work.fenced() as cursor:
        end_step(cursor, work.connection_id, step)
        put_steps(
            cursor,
            work.connection_id,
            [Step.of_unit(StepKind.REFETCH, unit) for unit in smaller],
            before=step.position,
        )


def refetch_steps(
    source: Source,
    units: Sequence[Unit],
    first: date | None,
    last: date | None,
    rows_per_day: float | None,
) -> list[Step]:
    """A step for each unit of the source's plan, cut to the period and to what one landing takes.

    Units cover everything the source can be asked for, so a whole refetch leaves nothing out.
    """
    days = min(MOST_DAYS, int(MOST_ROWS / rows_per_day)) if rows_per_day else MOST_DAYS
    steps: list[Step] = []
    for unit in units:
        if unit.first is None or unit.last is None:
            continue
        begins, ends = max(unit.first, first or unit.first), min(unit.last, last or unit.last)
        if begins <= ends:
            cut = replace(unit, first=begins, last=ends, token=None)
            steps += [Step.of_unit(StepKind.REFETCH, piece) for piece in _small(source, cut, days)]
    return steps


def _small(source: Source, unit: Unit, days: int) -> list[Unit]:
    if days_of(unit) <= max(days, 1):
        return [unit]
    return [piece for half in source.split(unit) for piece in _small(source, half, days)]


def monthly_steps(first: date, last: date) -> list[Step]:
    """The period month by month, newest first: where nobody has asked the source for a plan."""
    months = reversed(tuple(month_range(Month.of(first), Month.of(last))))
    return [
        Step(
            StepKind.REFETCH,
            first=max(first, month.first_day),
            last=min(last, month.last_day),
            is_complete=True,
        )
        for month in months
    ]
