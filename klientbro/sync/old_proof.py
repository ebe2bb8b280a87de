"""Closed years are proved again in runs of their own, behind everything else anybody waits for.

A run that has brought the client up to date queues one when months of closed years are due. It
changes neither when the client is fetched next nor when it was last up to date, and any other run
takes its place at once: what it has proved stays proved, and the rest is due again after that run.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from klientbro.ledger.books import Books
from klientbro.ledger.landing import Transaction
from klientbro.ledger.proof import due_old_months
from klientbro.sync.queue import OLD_PROOF, defer_slice
from klientbro.sync.steps import Step, StepKind, put_steps

OLD_YEARS = "old_years"  # the run's reason


def queue_old_proof(cursor: Transaction, firm_id: UUID, books: Books, today: date) -> None:
    """Queues the proof of closed years where it is due, in the transaction that ends a run."""
    if books.stage == "new" or not due_old_months(cursor, books, today):
        return
    defer_slice(cursor, firm_id, books.connection_id, OLD_PROOF)


def plan_old_proof(cursor: Transaction, books: Books, priority: int, *, is_key_new: bool) -> bool:
    """True when the job is for closed years only, and nobody has asked for more meanwhile."""
    if priority > OLD_PROOF or books.stage == "new" or is_key_new:
        return False
    planned = cursor.execute(
        "update sync_state set run_reason = %s where connection_id = %s and run_reason = '' "
        "returning 1",
        [OLD_YEARS, books.connection_id],
    ).fetchone()
    if planned is None:
        return False
    put_steps(cursor, books.connection_id, [Step(StepKind.PROVE_OLD), Step(StepKind.FINISH)])
    return True


def gives_way(cursor: Transaction, connection_id: int, priority: int) -> bool:
    """Takes a proof of closed years away before more urgent work; True when there was one."""
    if priority <= OLD_PROOF:
        return False
    row = cursor.execute(
        "update sync_state set run_reason = '' where connection_id = %s and run_reason = %s "
        "returning 1",
        [connection_id, OLD_YEARS],
    ).fetchone()
    if row is None:
        return False
    cursor.execute("delete from sync_step where connection_id = %s", [connection_id])
    return True


def is_old_proof(cursor: Transaction, connection_id: int) -> bool:
    """Whether the run under way is one."""
    row = cursor.execute(
        "select 1 from sync_state where connection_id = %s and run_reason = %s",
        [connection_id, OLD_YEARS],
    ).fetchone()
    return row is not None
