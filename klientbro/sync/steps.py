"""The durable steps of a run: planned once, taken in order, deleted with what they landed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from klientbro.connectors.contract import Resource, Unit
from klientbro.ledger.landing import Transaction


class StepKind(StrEnum):
    """What a step does. Reading steps carry a unit; the others a day or nothing."""

    SETTINGS = "settings"
    ACCOUNTS = "accounts"
    VAT_CODES = "vat_codes"
    PLAN = "plan"
    POSTINGS = "postings"
    HISTORY = "history"  # postings below the anchor: the opening gives way
    REFETCH = "refetch"  # a period read anew: compared whole, merged in one landing
    MISSING = "missing"  # a complete unit had fewer rows than we hold: find which
    ANCHOR = "anchor"
    PROVE_LATEST = "prove_latest"
    PROVE = "prove"
    PROVE_OLD = "prove_old"  # closed years, in a run of its own that gives way to every other
    CUSTOMERS = "customers"
    SUPPLIERS = "suppliers"
    DEPARTMENTS = "departments"
    PROJECTS = "projects"
    BANK_ACCOUNTS = "bank_accounts"
    CUSTOMER_ITEMS = "customer_items"
    SUPPLIER_ITEMS = "supplier_items"
    DRAFTS = "drafts"
    FINISH = "finish"


MASTER_STEPS = (
    StepKind.CUSTOMERS,
    StepKind.SUPPLIERS,
    StepKind.DEPARTMENTS,
    StepKind.PROJECTS,
    StepKind.BANK_ACCOUNTS,
)
ITEM_STEPS = (StepKind.CUSTOMER_ITEMS, StepKind.SUPPLIER_ITEMS)
# What is current only on the day: read daily, and when somebody opens the client.
DAILY_STEPS = (*ITEM_STEPS, StepKind.DRAFTS)
READING_STEPS = (StepKind.POSTINGS, StepKind.HISTORY)
GAP = 1000  # between positions, so that steps can be put in between


@dataclass(frozen=True, slots=True)
class Step:
    """One row of sync_step."""

    kind: StepKind
    position: int = 0
    first: date | None = None
    last: date | None = None
    since: str | None = None
    token: str | None = None
    is_complete: bool = False
    rows_seen: int = 0
    rounds: int = 0

    def unit(self, resource: Resource = Resource.POSTINGS) -> Unit:
        return Unit(
            resource=resource,
            first=self.first,
            last=self.last,
            since=self.since,
            token=self.token,
            is_complete=self.is_complete,
        )

    @classmethod
    def of_unit(cls, kind: StepKind, unit: Unit, rounds: int = 0) -> Step:
        return cls(
            kind,
            first=unit.first,
            last=unit.last,
            since=unit.since,
            token=unit.token,
            is_complete=unit.is_complete,
            rounds=rounds,
        )


# What a proof covers beside the months without a standing seal, marked by a day in the step.
LATEST_TOO = Step(StepKind.PROVE, first=date(1900, 1, 1))
ALL_MONTHS = Step(StepKind.PROVE, first=date(1900, 1, 1), last=date(9999, 12, 31))

_COLUMNS = "kind, position, first, last, since, token, is_complete, rows_seen, rounds"


def next_step(cursor: Transaction, connection_id: int) -> Step | None:
    """The first step left, None when the run is done."""
    return next(iter(waiting_steps(cursor, connection_id, most=1)), None)


def _step_of(row: tuple[object, ...]) -> Step:
    kind, position, first, last, since, token, is_complete, rows_seen, rounds = row
    return Step(
        StepKind(str(kind)),
        int(str(position)),
        first if isinstance(first, date) else None,
        last if isinstance(last, date) else None,
        str(since) if since is not None else None,
        str(token) if token is not None else None,
        bool(is_complete),
        int(str(rows_seen)),
        int(str(rounds)),
    )


def put_steps(
    cursor: Transaction, connection_id: int, steps: Sequence[Step], *, before: int | None = None
) -> None:
    """Adds steps at the end, or in order in front of the step at position `before`.

    In front means before every step there is: «Oppdater nå» may have put the news before the step
    that is being taken, and what that step leads to must still come first.
    """
    if not steps:
        return
    if before is None:
        row = cursor.execute(
            "select coalesce(max(position), 0) from sync_step where connection_id = %s",
            [connection_id],
        ).fetchone()
        start = int(str(row[0])) if row else 0
        positions = [start + GAP * (index + 1) for index in range(len(steps))]
    else:
        row = cursor.execute(
            "select min(position) from sync_step where connection_id = %s", [connection_id]
        ).fetchone()
        lowest = min(before, int(str(row[0])) if row and row[0] is not None else before)
        positions = [lowest - len(steps) + index for index in range(len(steps))]
    for position, step in zip(positions, steps, strict=True):
        _put(cursor, connection_id, step, position)
    _count(cursor, connection_id, len(steps))


def _put(cursor: Transaction, connection_id: int, step: Step, position: int) -> None:
    cursor.execute(
        f"insert into sync_step (firm_id, connection_id, {_COLUMNS}) "  # noqa: S608
        "select firm_id, connection_id, %s, %s, %s, %s, %s, %s, %s, %s, %s from ledger_books "
        "where connection_id = %s",
        [
            step.kind.value,
            position,
            step.first,
            step.last,
            step.since,
            step.token,
            step.is_complete,
            step.rows_seen,
            step.rounds,
            connection_id,
        ],
    )


def _count(cursor: Transaction, connection_id: int, steps: int) -> None:
    cursor.execute(
        "update sync_state set steps_total = steps_total + %s where connection_id = %s",
        [steps, connection_id],
    )


def waiting_steps(
    cursor: Transaction, connection_id: int, *, most: int | None = None
) -> list[Step]:
    """The steps that are left, in order; the first so many of them."""
    rows = cursor.execute(
        f"select {_COLUMNS} from sync_step where connection_id = %s order by position limit %s",  # noqa: S608
        [connection_id, most],
    ).fetchall()
    return [_step_of(row) for row in rows]


def drop_steps(cursor: Transaction, connection_id: int, positions: Sequence[int]) -> None:
    """Takes steps out of the run."""
    cursor.execute(
        "delete from sync_step where connection_id = %s and position = any(%s)",
        [connection_id, list(positions)],
    )
    _count(cursor, connection_id, -len(positions))


def days_of(unit: Unit) -> int:
    """How many days a unit covers; 0 when it has no range."""
    return (unit.last - unit.first).days + 1 if unit.first and unit.last else 0


def rewrite_steps(
    cursor: Transaction, connection_id: int, rewrite: Callable[[Step], Sequence[Step]]
) -> None:
    """Puts what `rewrite` gives in each waiting step's place, in the same order."""
    waiting = waiting_steps(cursor, connection_id)
    rewritten = [piece for step in waiting for piece in rewrite(step)]
    if len(rewritten) == len(waiting):
        return
    positions = [step.position for step in waiting]
    cursor.execute(
        "delete from sync_step where connection_id = %s and position = any(%s)",
        [connection_id, positions],
    )
    for index, step in enumerate(rewritten):
        _put(cursor, connection_id, step, positions[-1] + GAP * (index + 1))
    _count(cursor, connection_id, len(rewritten) - len(waiting))


def end_step(cursor: Transaction, connection_id: int, step: Step) -> None:
    """Deletes a finished step and counts it as done."""
    cursor.execute(
        "delete from sync_step where connection_id = %s and position = %s",
        [connection_id, step.position],
    )
    cursor.execute(
        "update sync_state set steps_done = steps_done + 1 where connection_id = %s",
        [connection_id],
    )


def move_step(cursor: Transaction, connection_id: int, step: Step) -> None:
    """Writes how far a reading step has come."""
    cursor.execute(
        "update sync_step set token = %s, rows_seen = %s where connection_id = %s "
        "and position = %s",
        [step.token, step.rows_seen, connection_id, step.position],
    )


def first_sync_steps() -> list[Step]:
    """What a client that has nothing yet begins with; the plan adds the rest."""
    return [
        Step(StepKind.SETTINGS),
        Step(StepKind.ACCOUNTS),
        Step(StepKind.VAT_CODES),
        Step(StepKind.PLAN),
    ]


def planned_steps(
    units: Sequence[Unit], year_start: date, first_possible: date, covered_from: date | None
) -> list[Step]:
    """This year first, usable at once; then the rest, then older windows backwards.

    `first_possible`: the day before conversion; the oldest anchor lies on it. What is covered
    already is only compared: below it the opening gives way to the history that lands.
    """
    current = [unit for unit in units if unit.last is None or unit.last >= year_start]
    older = [unit for unit in units if unit.last is not None and unit.last < year_start]
    steps = [Step.of_unit(StepKind.POSTINGS, unit) for unit in current]
    if current and covered_from is None:
        oldest = min(unit.first for unit in current if unit.first is not None)
        steps += [_anchor(oldest, first_possible), Step(StepKind.PROVE_LATEST)]
    steps += [Step(kind) for kind in (*DAILY_STEPS, *MASTER_STEPS)]
    steps.append(Step(StepKind.PROVE))
    for unit in older:
        if covered_from is not None and unit.last is not None and unit.last >= covered_from:
            steps.append(Step.of_unit(StepKind.POSTINGS, unit))
            continue
        steps.append(Step.of_unit(StepKind.HISTORY, unit))
        if unit.first is not None:
            steps.append(_anchor(unit.first, first_possible))
        steps.append(Step(StepKind.PROVE))
    steps += [Step(StepKind.PROVE), Step(StepKind.FINISH)]
    return steps


def _anchor(first_held: date, first_possible: date) -> Step:
    day = max(first_held - timedelta(days=1), first_possible)
    return Step(StepKind.ANCHOR, first=day, last=day)
