"""Reads a postings step and lands it page by page, while the next pages are fetched and copied.

Each page is copied to a connection of its own and takes the client's row only when the page before
it has committed, so tokens and landing numbers stay in order. Killed anywhere, the step's token
says which page comes next, since it moves in the landing's transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Set
from contextlib import aclosing
from dataclasses import replace
from datetime import date

from klientbro.connectors.contract import Batch, Decoded, Source, Unit
from klientbro.connectors.errors import RangeTooLargeError, UnavailableError
from klientbro.ledger.anchor import give_way
from klientbro.ledger.findings import note_decoded, note_parts_of_ore
from klientbro.ledger.landing import (
    Incoming,
    Transaction,
    begin_landing,
    close_postings,
    copy_incoming,
    finish_landing,
    mark_control_accounts,
    merge_incoming,
)
from klientbro.ledger.late import record_late_changes
from klientbro.ledger.sums import account_types
from klientbro.lib.tracing import span
from klientbro.sync.ahead import begin_ahead, take_ahead
from klientbro.sync.causes import Cause
from klientbro.sync.context import Slice, StopRun
from klientbro.sync.database import may_wait, start, transaction, waits_no_more
from klientbro.sync.filling import Filled, Filling
from klientbro.sync.lanes import whole
from klientbro.sync.steps import (
    READING_STEPS,
    Step,
    StepKind,
    days_of,
    end_step,
    move_step,
    put_steps,
    rewrite_steps,
)

HANDFUL = 5  # rows that may vanish without a person being asked


async def read_postings(work: Slice, step: Step) -> bool:
    """Reads the step to its end, or until the slice is over. True when the step is finished."""
    if step.token is None:
        step = replace(step, rows_seen=0)
    filling = await take_ahead(work, step) or Filling(work, step, _fill)
    has_pages = finished = False
    try:
        while (page := await filling.next()) is not None:
            has_pages = True
            finished = page.batch.next_token is None
            try:
                if filling.has_come:
                    read_ahead(work)
                step = await _land_page(work, step, page)
            finally:
                await filling.landed(page)
            if work.is_over:
                filling.enough()
    except RangeTooLargeError:
        await asyncio.to_thread(_split, work, step)
        return True
    finally:
        await filling.stop()
    if not has_pages:  # the source had nothing at all
        await asyncio.to_thread(_end_empty, work, step)
        return True
    return finished


def read_ahead(work: Slice) -> None:
    """Begins on the next unit, if nothing but anchors and proofs stand before it."""
    begin_ahead(work, _fill)


async def _land_page(work: Slice, step: Step, page: Filled) -> Step:
    """Merges a copied page and commits, on the connection it was copied to."""
    with span("landing", kind=step.kind.value, rows=page.incoming.rows):
        return await whole(
            _merge, work, page.connection, step, page.batch, page.decoded, page.incoming
        )


def _fill(work: Slice, connection: Transaction, batch: Batch) -> tuple[Decoded, Incoming]:
    """Decodes and copies a page; what comes back no longer holds its rows."""
    decoded = batch.rows()
    start(connection, work.firm_id, relaxed=True)
    may_wait(connection)
    incoming = copy_incoming(connection, decoded.rows)
    return replace(decoded, rows=()), incoming


def _merge(
    work: Slice,
    connection: Transaction,
    step: Step,
    batch: Batch,
    decoded: Decoded,
    incoming: Incoming,
) -> Step:
    waits_no_more(connection)
    landed = begin_landing(connection, work.key)
    books = work.books(connection)
    is_history = step.kind is StepKind.HISTORY
    is_first_load = books.stage == "new" or is_history
    if incoming.distinct:
        merge_incoming(connection, work.key, landed, incoming.distinct, first=is_first_load)
        mark_control_accounts(connection, work.key, incoming)
        if is_history:
            give_way(
                connection, work.key, books, landed, account_types(connection, work.connection_id)
            )
        if not is_first_load and not landed.is_empty:
            record_late_changes(connection, work.key, landed)
        note_parts_of_ore(connection, work.key, landed)
    note_decoded(connection, work.key, decoded)
    finish_landing(
        connection,
        work.key,
        landed,
        step.kind.value,
        step.first,
        step.last,
        newest=incoming.newest,
        takes_back_seals=not is_history,
    )
    if decoded.watermark is not None and not is_history:
        # history read late must not move the point to ask from past news not yet read
        seen = [text for text in (books.watermark, decoded.watermark) if text is not None]
        furthest = work.source.latest(seen)
        if furthest != books.watermark:
            connection.execute(
                "update ledger_books set watermark = %s where connection_id = %s",
                [furthest, work.connection_id],
            )
    moved = replace(step, token=batch.next_token, rows_seen=step.rows_seen + incoming.distinct)
    is_short = (
        batch.next_token is None
        and step.is_complete
        and batch.total_rows is not None
        and moved.rows_seen < batch.total_rows
    )
    if is_short:  # rows were missing among the pages: the unit is read again from its beginning
        move_step(connection, work.connection_id, replace(moved, token=None, rows_seen=0))
    elif batch.next_token is None:
        _end_unit(connection, work, moved)
    else:
        move_step(connection, work.connection_id, moved)
    connection.execute(
        "update sync_state set postings_done = postings_done + %s, "
        "postings_total = case when %s::bigint is null then postings_total else "
        "greatest(coalesce(postings_total, 0), postings_done - %s + %s::bigint) end, "
        "rows_new = rows_new + %s, rows_changed = rows_changed + %s "
        "where connection_id = %s",
        [
            incoming.rows,
            batch.total_rows,
            step.rows_seen,
            batch.total_rows,
            landed.new,
            landed.changed,
            work.connection_id,
        ],
    )
    connection.commit()
    if is_short:
        raise UnavailableError(
            f"the source said {batch.total_rows} rows and sent {moved.rows_seen}",
            connector=work.connector.key,
        )
    return moved


def _split(work: Slice, step: Step) -> None:
    """The range timed out: its halves take the step's place."""
    smaller = work.source.split(step.unit())
    with work.fenced() as cursor:
        end_step(cursor, work.connection_id, step)
        put_steps(
            cursor,
            work.connection_id,
            [Step.of_unit(step.kind, unit, step.rounds) for unit in smaller],
            before=step.position,
        )
        longest = max(days_of(unit) for unit in smaller)

        def as_short(waiting: Step) -> list[Step]:
            # what timed out once would time out again, and each time-out takes half a minute
            if not waiting.is_complete or waiting.token or waiting.kind not in READING_STEPS:
                return [waiting]
            pieces = _pieces(work.source, waiting.unit(), longest)
            return [Step.of_unit(waiting.kind, piece, waiting.rounds) for piece in pieces]

        rewrite_steps(cursor, work.connection_id, as_short)


def _pieces(source: Source, unit: Unit, longest: int) -> list[Unit]:
    """The unit split until no piece covers more than so many days."""
    if days_of(unit) <= longest:
        return [unit]
    return [piece for half in source.split(unit) for piece in _pieces(source, half, longest)]


def _end_empty(work: Slice, step: Step) -> None:
    with work.fenced() as cursor:
        _end_unit(cursor, work, step)


def _end_unit(cursor: Transaction, work: Slice, step: Step) -> None:
    """Ends a reading step with its last page; a complete one with fewer rows than we hold is
    looked into first."""
    if step.is_complete and _held(cursor, work, step) > step.rows_seen:
        put_steps(
            cursor,
            work.connection_id,
            [replace(step, kind=StepKind.MISSING, token=None, rows_seen=0)],
            before=step.position,
        )
    if step.kind is StepKind.POSTINGS:
        # edits may have come since the run began: the next question goes back that far
        cursor.execute(
            "update ledger_books b set reading_seconds = "
            "coalesce(extract(epoch from clock_timestamp() - s.run_started_at), 0) "
            "from sync_state s where s.connection_id = b.connection_id "
            "and b.connection_id = %s",
            [work.connection_id],
        )
    end_step(cursor, work.connection_id, step)


def _held(cursor: Transaction, work: Slice, step: Step) -> int:
    row = cursor.execute(
        "select count(*) from ledger_posting where connection_id = %s and known_to = 2147483647 "
        "and posting_date between %s and %s",
        [work.connection_id, step.first or date.min, step.last or date.max],
    ).fetchone()
    return int(str(row[0])) if row else 0


async def find_missing(work: Slice, step: Step) -> None:
    """Reads the ids of a unit once more and closes what the source no longer has.

    More than a handful, or all of a voucher type, stops the run with the old copy kept until a
    person confirms: a module turned off looks just like this.
    """
    seen: set[str] = set()
    is_whole = True
    try:
        async with aclosing(work.source.read(replace(step.unit(), token=None))) as batches:
            async for batch in batches:
                decoded = await asyncio.to_thread(batch.rows)
                seen.update(str(row[0]) for row in decoded.rows)
                is_whole = batch.unit.is_complete
                if batch.next_token is None and batch.total_rows is not None:
                    is_whole = is_whole and len(seen) >= batch.total_rows
    except RangeTooLargeError:
        await asyncio.to_thread(_split, work, step)
        return
    if not is_whole:
        raise UnavailableError("the unit was not read completely twice")
    await asyncio.to_thread(_close_missing, work, step, seen)


def _close_missing(work: Slice, step: Step, seen: set[str]) -> None:
    with transaction(work.firm_id, relaxed=True) as cursor:
        landed = begin_landing(cursor, work.key)
        held = {
            str(source_id): (str(kind), str(voucher))
            for source_id, kind, voucher in cursor.execute(
                "select source_id, voucher_type, voucher_id from ledger_posting "
                "where connection_id = %s and known_to = 2147483647 "
                "and posting_date between %s and %s",
                [work.connection_id, step.first or date.min, step.last or date.max],
            ).fetchall()
        }
        missing = [source_id for source_id in held if source_id not in seen]
        gone_types = _gone_types(cursor, work, held, seen)
        if (missing and not work.accepts_vanishing) and (
            gone_types or len(missing) + _closed_so_far(cursor, work) > HANDFUL
        ):
            raise StopRun(Cause.VANISHED, count=len(missing), types=gone_types)
        if missing:
            books = work.books(cursor)
            close_postings(cursor, work.key, landed, missing)
            if books.covered_from and step.last and step.last < books.covered_from:
                give_way(cursor, work.key, books, landed, account_types(cursor, work.connection_id))
            finish_landing(cursor, work.key, landed, "missing", step.first, step.last)
            cursor.execute(
                "update sync_state set rows_closed = rows_closed + %s where connection_id = %s",
                [landed.closed, work.connection_id],
            )
        end_step(cursor, work.connection_id, step)


def _gone_types(
    cursor: Transaction, work: Slice, held: Mapping[str, tuple[str, str]], seen: Set[str]
) -> list[str]:
    """Voucher types of which nothing is left: several vouchers in the unit, or the books' last.

    A month's only voucher of a type may well be gone by itself.
    """
    left = {kind for source_id, (kind, _voucher) in held.items() if source_id in seen}
    vouchers: dict[str, set[str]] = {}
    for kind, voucher in held.values():
        if kind not in left:
            vouchers.setdefault(kind, set()).add(voucher)
    elsewhere = {
        str(kind)
        for (kind,) in cursor.execute(
            "select distinct voucher_type from ledger_posting where connection_id = %s "
            "and known_to = 2147483647 and voucher_type = any(%s) and not voucher_id = any(%s)",
            [
                work.connection_id,
                list(vouchers),
                [voucher for gone in vouchers.values() for voucher in gone],
            ],
        ).fetchall()
    }
    return sorted(kind for kind, gone in vouchers.items() if len(gone) > 1 or kind not in elsewhere)


def _closed_so_far(cursor: Transaction, work: Slice) -> int:
    """What this run has closed already: a type must not drain away a handful at a time."""
    row = cursor.execute(
        "select rows_closed from sync_state where connection_id = %s", [work.connection_id]
    ).fetchone()
    return int(str(row[0])) if row else 0
