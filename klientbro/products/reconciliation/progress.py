"""How far a client's month has come, kept as counts so that a list of thousands costs one query.

The counts are written with every action in the month, when its page finds a signature that no
longer holds, and by the job that follows the landings (recount.py), so a list may lag some minutes
behind. The pages of the month itself never trust them, they compare anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from klientbro.clients.services.rows import current_firm_id
from klientbro.ledger.queries.sql import fetch_all
from klientbro.products.reconciliation.models import Progress

_PROGRESS = """
select client_id, to_do, prepared, reviewed, suspended, differing from reconciliation_progress
where client_id = any(%(clients)s::bigint[]) and month = %(month)s
"""


@dataclass(frozen=True, slots=True)
class Counts:
    """Accounts of a month: to be reconciled, prepared, reviewed, suspended, with a difference."""

    to_do: int = 0
    prepared: int = 0
    reviewed: int = 0
    suspended: int = 0
    differing: int = 0


def write_progress(client_id: int, month: date, counts: Counts) -> None:
    """Keeps the counts of a client's month; the newest wins."""
    Progress.objects.update_or_create(
        client_id=client_id,
        month=month,
        defaults={
            "firm_id": current_firm_id(),
            "to_do": counts.to_do,
            "prepared": counts.prepared,
            "reviewed": counts.reviewed,
            "suspended": counts.suspended,
            "differing": counts.differing,
        },
    )


def progress_of(client_ids: Collection[int], month: date) -> dict[int, Counts]:
    """The counts of each client's month. One statement."""
    rows = fetch_all(_PROGRESS, {"clients": list(client_ids), "month": month})
    return {client_id: Counts(*counts) for client_id, *counts in rows}
