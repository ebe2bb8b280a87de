"""Writes down that a period is to be fetched anew, beside whatever else is under way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import cast

from django.db import connection as database

from klientbro.ledger.landing import Transaction
from klientbro.sync.old_proof import OLD_YEARS
from klientbro.sync.refetching import monthly_steps
from klientbro.sync.steps import ALL_MONTHS, Step, StepKind, put_steps

REFETCH = "refetch"  # the run's reason
BEGINNING, END = date(1900, 1, 1), date(9999, 12, 31)

_UNDER_WAY = """
select b.stage, b.covered_from, s.run_reason,
       (select min(position) from sync_step t where t.connection_id = b.connection_id),
       least(s.refetch_first, (select min(first) from sync_step t
                               where t.connection_id = b.connection_id and kind = 'refetch')),
       greatest(s.refetch_last, (select max(last) from sync_step t
                                 where t.connection_id = b.connection_id and kind = 'refetch')),
       greatest(current_date, (select (max(month) + interval '1 month - 1 day')::date
                               from ledger_balance k
                               where k.connection_id = b.connection_id and k.postings > 0))
from ledger_books b join sync_state s on s.connection_id = b.connection_id
where b.connection_id = %s for update of b
"""


def ask_for_refetch(connection_id: int, first: date | None, last: date | None) -> bool:
    """Notes the period (None: from the beginning, to the end); True when a run of its own begins.

    No run, or a routine one, gives way to it: the new one does all that would have done. A first
    sync and a full one read everything anyway; beside a proof, and while history is coming, the
    period's months are put in front. Asked again before it is done, it is done for both periods.
    """
    with database.cursor() as cursor:
        cursor.execute(_UNDER_WAY, [connection_id])
        row = cursor.fetchone()
        if row is None or row[0] == "new":
            return False
        stage, covered_from, reason, lowest, first_left, last_left, newest = row
        gives_way = lowest is None or reason in ("", REFETCH, OLD_YEARS)
        if stage == "current" and gives_way:
            cursor.execute(
                "update sync_state set refetch_first = least(%s, %s), "
                "refetch_last = greatest(%s, %s) where connection_id = %s",
                [first or BEGINNING, first_left, last or END, last_left, connection_id],
            )
            return True
        if reason != "full" and covered_from is not None:
            begins, ends = max(first or covered_from, covered_from), min(last or newest, newest)
            if begins <= ends:
                steps = [*monthly_steps(begins, ends), replace(ALL_MONTHS, first=begins, last=ends)]
                put_steps(cast(Transaction, cursor), connection_id, steps, before=lowest)
    return False


def proof_of_refetch(cursor: Transaction, connection_id: int) -> Step:
    """The proof that ends a refetch: every month of its period."""
    row = cursor.execute(
        "select refetch_first, refetch_last from sync_state where connection_id = %s",
        [connection_id],
    ).fetchone()
    first, last = row if row is not None else (None, None)
    return Step(
        StepKind.PROVE,
        first=first if isinstance(first, date) else BEGINNING,
        last=last if isinstance(last, date) else END,
    )
