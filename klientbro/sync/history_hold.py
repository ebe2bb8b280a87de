"""«Sett historikk på vent»: older years wait until a person takes them up again.

What is landed stays, proved as before, and what is new is fetched as before. The piece under way is
read to its end, so that the copy always begins where an anchor stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django.db import connection as database
from django.db import transaction

from klientbro.clients.models import Connection
from klientbro.ledger.landing import Transaction
from klientbro.sync.queue import HISTORY, Executes, defer_slice
from klientbro.sync.steps import Step, StepKind, drop_steps, put_steps, waiting_steps


def without_history(steps: Sequence[Step]) -> list[Step]:
    """The steps that are left when older years wait: a piece that is under way ends first.

    Before the first older piece everything stays. After it the anchors go with their pieces, and
    the proofs stay: they ask of nothing that is sealed.
    """
    kept: list[Step] = []
    is_older = is_under_way = False
    for step in steps:
        if step.kind is StepKind.HISTORY:
            is_under_way = not is_older and _has_begun(step)
            is_older = True
            if is_under_way:
                kept.append(step)
        elif step.kind is StepKind.ANCHOR and is_older:
            if is_under_way:
                kept.append(step)
            is_under_way = False
        else:  # a plan too: it leaves the older years out by itself
            kept.append(step)
    return kept


def _has_begun(step: Step) -> bool:
    # a single day is what the anchor behind it waits for
    return step.token is not None or step.rows_seen > 0 or step.first == step.last


def is_held(cursor: Executes, connection_id: int) -> bool:
    """Whether a person has put the older years on hold."""
    row = (
        cast(Transaction, cursor)
        .execute(
            "select 1 from sync_state where connection_id = %s and history_held_at is not null",
            [connection_id],
        )
        .fetchone()
    )
    return row is not None


def hold_history(connection: Connection) -> None:
    """Older years wait from now. Pressed twice, it waits since the first time."""
    with transaction.atomic(), database.cursor() as cursor:
        if not _change(connection.pk, "clock_timestamp()", "is null"):
            return
        steps = waiting_steps(cast(Transaction, cursor), connection.pk)
        kept = {step.position for step in without_history(steps)}
        drop_steps(
            cast(Transaction, cursor),
            connection.pk,
            [step.position for step in steps if step.position not in kept],
        )


def resume_history(connection: Connection) -> None:
    """The older years go on where they were, behind the work of the day."""
    with transaction.atomic(), database.cursor() as cursor:
        if not _change(connection.pk, "null", "is not null"):
            return
        runs = cast(Transaction, cursor)
        steps = waiting_steps(runs, connection.pk)
        if steps and not any(step.kind in (StepKind.PLAN, StepKind.HISTORY) for step in steps):
            put_steps(runs, connection.pk, [Step(StepKind.PLAN)])
        if connection.is_active:
            defer_slice(cast(Executes, cursor), connection.firm_id, connection.pk, HISTORY)


def _change(connection_id: int, value: str, when: str) -> bool:
    """Sets the mark behind the books' own lock, where landings and plans of steps take turns."""
    with database.cursor() as cursor:
        cursor.execute(
            "select 1 from ledger_books where connection_id = %s for update", [connection_id]
        )
        # rule sql: one of two words of ours
        cursor.execute(
            f"update sync_state set history_held_at = {value} "  # noqa: S608 one of two words
            f"where connection_id = %s and history_held_at {when} returning 1",
            [connection_id],
        )
        return cursor.fetchone() is not None
