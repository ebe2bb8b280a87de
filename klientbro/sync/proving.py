"""The proof's rounds: compare, read what is new, re-read, and only then say that it differs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal

from klientbro.connectors.contract import Known, Resource, Unit
from klientbro.domain.periods import Month
from klientbro.domain.proof import Difference
from klientbro.ledger.books import Books
from klientbro.ledger.changes import repair_changes
from klientbro.ledger.gaps import look_for_gaps
from klientbro.ledger.landing import Transaction
from klientbro.ledger.late import examine_filed_terms
from klientbro.ledger.masters import unknown_accounts
from klientbro.ledger.proof import (
    Holdings,
    differences_at,
    due_months,
    due_old_months,
    months_to_prove,
    read_holdings,
    record_difference,
    repair_balances,
    seal_month,
    unproved_months,
    upgrade_movement_seals,
)
from klientbro.ledger.sums import RESULT_TYPES, result_start
from klientbro.sync.chosen import begins_as_chosen
from klientbro.sync.context import Slice
from klientbro.sync.database import transaction
from klientbro.sync.steps import ALL_MONTHS, Step, StepKind, end_step, put_steps

# How many months are read anew at a time, for as long as each reading puts months right.
MONTHS_ANEW = (1, 3, 12)


async def prove(work: Slice, step: Step) -> bool:
    """Proves every month without a standing seal, and always the latest. True when the step ended.

    Rounds: a difference in round 0 reads what is new; in round 1 the month it comes from is read
    anew (and the anchor). When that has put it right and a later month differs, the next months are
    read anew, more of them each time: a source that once said «nothing» of a whole year. Where
    reading anew did not help it is recorded: lasting when it was the same last time, in motion when
    it was not.
    """
    prepared = await asyncio.to_thread(_prepare, work, step)
    if prepared is None:
        return False
    step, books, holdings, months = prepared
    is_given_up = False
    for index, month in enumerate(months):
        source = await _source_at(work, month)
        if {account for account, _amount in source} - holdings.types.keys() and step.rounds == 0:
            # the source knows an account that we have not heard of: its type decides the rule
            await asyncio.to_thread(_again, work, step, [Step(StepKind.ACCOUNTS)])
            return False
        differences = differences_at(books, holdings, month, source)
        if not differences:
            if not await asyncio.to_thread(_seal, work, books, holdings, month):
                return False  # something landed meanwhile: the step is taken again
        elif not is_given_up and (
            cures := await _cures(work, step, books, holdings, month, differences)
        ):
            await asyncio.to_thread(_again, work, step, cures)
            return False
        else:  # a balance carries it into every later month, where asking again is no use
            is_given_up = True
            await asyncio.to_thread(_record, work, month, differences)
        if work.is_over and index < len(months) - 1:
            return False
    await asyncio.to_thread(_end, work, step)
    return True


def _prepare(work: Slice, step: Step) -> tuple[Step, Books, Holdings, list[Month]] | None:
    with work.fenced() as cursor:
        books = work.books(cursor)
        if books.covered_from is None:
            end_step(cursor, work.connection_id, step)
            return None
        if unknown_accounts(cursor, work.key) and step.rounds == 0:
            _put_again(cursor, work, step, [Step(StepKind.ACCOUNTS)])
            return None
        holdings = read_holdings(cursor, books)
        if holdings.broken_balances:
            repair_balances(cursor, work.key, holdings)
        if holdings.broken_changes:
            repair_changes(cursor, work.key, holdings.broken_changes)
        if books.is_anchored_at_conversion:
            upgrade_movement_seals(cursor, work.key, books, holdings)
        latest = Month.of(work.today)
        if step.kind is StepKind.PROVE_LATEST:
            return step, books, holdings, [latest]
        if step.kind is StepKind.PROVE_OLD:
            return step, books, holdings, due_old_months(cursor, books, work.today)
        examine_filed_terms(cursor, work.key, books)
        if look_for_gaps(cursor, work.key, books):
            # a number is missing that nobody has told us of: every month is asked about
            step = _as_all_months(cursor, work, step)
        months = {*unproved_months(cursor, books, work.today)}
        if step.first is not None:
            # a routine sweep proves the latest month, also when nothing came
            months.update(due_months(cursor, books, work.today, latest))
        if step.first is not None and step.last is not None:
            wanted = months_to_prove(cursor, books, work.today)
            already = _proved_in_this_run(cursor, books)
            months.update(
                month
                for month in wanted
                if step.first <= month.last_day
                and month.first_day <= step.last
                and month not in already
            )
        return step, books, holdings, sorted(months)


def _proved_in_this_run(cursor: Transaction, books: Books) -> set[Month]:
    """Sealed months that this run has compared: a proof that takes several slices goes on."""
    return {
        Month.of(month)
        for (month,) in cursor.execute(
            "select m.month from ledger_month m join sync_state s "
            "on s.connection_id = m.connection_id where m.connection_id = %s "
            "and m.state = 'sealed' and m.proved_at >= s.run_started_at",
            [books.connection_id],
        ).fetchall()
        if isinstance(month, date)
    }


def _as_all_months(cursor: Transaction, work: Slice, step: Step) -> Step:
    """The same step, written down as one of every month, so that a killed worker proves them too.

    Only this once: a gap that is noted never asks again.
    """
    wider = replace(step, first=ALL_MONTHS.first, last=ALL_MONTHS.last)
    cursor.execute(
        "update sync_step set first = %s, last = %s where connection_id = %s and position = %s",
        [wider.first, wider.last, work.connection_id, step.position],
    )
    return wider


async def _source_at(work: Slice, month: Month) -> list[tuple[str, Decimal]]:
    return [
        (figure.account_id, figure.amount) for figure in await work.source.controls(month.last_day)
    ]


async def _where_it_began(
    work: Slice, books: Books, holdings: Holdings, month: Month, differences: list[Difference]
) -> Month:
    """The earliest month at whose end the same accounts differ, by halving: a balance carries a
    difference into every later month, so reading the later month anew would find nothing.

    47 months take six questions.
    """
    accounts = {difference.account_id for difference in differences}
    start = result_start(books, month.last_day)
    months = [Month.of(books.covered_from)] if books.covered_from else [month]
    while months[-1] < month:
        months.append(months[-1].next())
    if all(holdings.types.get(account) in RESULT_TYPES for account in accounts):
        months = [each for each in months if each.first_day >= start] or [month]
    low, high = 0, len(months) - 1
    while low < high:
        middle = (low + high) // 2
        there = differences_at(
            books, holdings, months[middle], await _source_at(work, months[middle])
        )
        if accounts & {difference.account_id for difference in there}:
            high = middle
        else:
            low = middle + 1
    return months[low]


def _seal(work: Slice, books: Books, holdings: Holdings, month: Month) -> bool:
    with transaction(work.firm_id) as cursor:
        return seal_month(cursor, work.key, books, holdings, month)


def _record(work: Slice, month: Month, differences: list[Difference]) -> None:
    with transaction(work.firm_id) as cursor:
        before = cursor.execute(
            "select state, differences from ledger_month where connection_id = %s and month = %s",
            [work.connection_id, month.first_day],
        ).fetchone()
        seen = {
            (item["account_id"], item["ours"], item["source"])
            for item in (before[1] if before is not None and isinstance(before[1], list) else [])
        }
        now = {(d.account_id, f"{d.ours:.2f}", f"{d.source:.2f}") for d in differences}
        record_difference(cursor, work.key, month, differences, lasting=seen == now)


async def _cures(
    work: Slice,
    step: Step,
    books: Books,
    holdings: Holdings,
    month: Month,
    differences: list[Difference],
) -> list[Step]:
    """What is to be read before the next round; nothing where reading anew has not helped.

    Where the source has told of no row at all yet, everything is read anew twice: the opening
    would hide that rows from before the first month are missing.
    """
    if step.rounds == 0 or (books.watermark is None and step.rounds == 1):
        return since_steps(work, books)
    read_to = date.fromisoformat(step.token) if step.token else date.min
    if books.watermark is None or month.first_day <= read_to:
        return []
    began = await _where_it_began(work, books, holdings, month, differences)
    if began.first_day <= read_to:
        return []
    last = began
    for _ in range(MONTHS_ANEW[min(step.rounds, len(MONTHS_ANEW)) - 1] - 1):
        last = last.next()
    first = max(began.first_day, books.covered_from or began.first_day)
    if first == books.covered_from:
        first = await asyncio.to_thread(_first_held_day, work, books, first)
    unit = Unit(Resource.POSTINGS, first=first, last=last.last_day)
    cures = [Step.of_unit(StepKind.POSTINGS, unit, step.rounds)]
    if books.anchor_date is not None:
        day = books.anchor_date
        cures.append(Step(StepKind.ANCHOR, first=day, last=day, rounds=step.rounds))
    return cures


def _first_held_day(work: Slice, books: Books, first: date) -> date:
    """Where reading the oldest month anew begins: at what we hold before it, the opening voucher.

    Those rows lie on the anchor's own day. Were they gone in the source and not read again, the new
    opening would be their opposite: every figure right, and rows here that nobody has.
    """
    if not books.is_anchored_at_conversion or books.anchor_date is None:
        return first
    with work.fenced() as cursor:
        row = cursor.execute(
            "select min(posting_date) from ledger_posting where connection_id = %s "
            "and known_to = 2147483647 and posting_date <= %s",
            [work.connection_id, books.anchor_date],
        ).fetchone()
    return row[0] if row is not None and isinstance(row[0], date) else first


def _again(work: Slice, step: Step, cures: list[Step]) -> None:
    with work.fenced() as cursor:
        _put_again(cursor, work, step, cures)


def _put_again(cursor: Transaction, work: Slice, step: Step, cures: list[Step]) -> None:
    """Puts the cures before another round of the same proof, which knows how far they read."""
    read_to = max((cure.last for cure in cures if cure.rounds and cure.last), default=None)
    token = read_to.isoformat() if read_to else step.token
    put_steps(
        cursor,
        work.connection_id,
        [*cures, replace(step, rounds=step.rounds + 1, token=token)],
        before=step.position,
    )
    end_step(cursor, work.connection_id, step)


def since_steps(work: Slice, books: Books) -> list[Step]:
    """One changed-since unit as the source plans it.

    Where no row has come yet there is no time to ask from: everything covered is read once more.
    """
    known = known_of(books, work.today, work.fetch_from)
    if books.watermark is None:
        units = [
            unit
            for unit in work.source.plan(None, replace(known, covered_from=None))
            if books.covered_from is None or unit.last is None or unit.last >= books.covered_from
        ]
    else:
        units = list(work.source.plan(books.watermark, known)[:1])
    return [Step.of_unit(StepKind.POSTINGS, unit) for unit in units]


def known_of(books: Books, today: date, fetch_from: date | None = None) -> Known:
    """What the source needs to size its units; `fetch_from`: the firm's own start, if any."""
    days = (today - books.covered_from).days if books.covered_from else 0
    return Known(
        today=today,
        years=tuple(
            (max(year.start, books.conversion_date or year.start), year.end)
            for year in books.years(today)
        ),
        covered_from=books.covered_from,
        rows_per_day=books.postings / days if days > 0 and books.postings else None,
        overlap_seconds=600.0 + books.reading_seconds,
        begins_as_chosen=begins_as_chosen(books, fetch_from),
    )


def _end(work: Slice, step: Step) -> None:
    with work.fenced() as cursor:
        end_step(cursor, work.connection_id, step)
