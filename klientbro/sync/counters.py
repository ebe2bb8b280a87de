"""Counts that only rise, for metrics: requests by status, bytes, seconds, rows, runs by cause."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from klientbro.ledger.landing import Transaction

REQUESTS, BYTES, SECONDS, ROWS, RUNS = "requests", "bytes", "seconds", "rows", "runs"


def count(cursor: Transaction, firm_id: UUID, amounts: Mapping[tuple[str, str], float]) -> None:
    """Adds the amounts by (name, label). Always in one order, so that two workers never block."""
    added = sorted(
        (name, label, float(amount)) for (name, label), amount in amounts.items() if amount
    )
    if not added:
        return
    cursor.execute(
        "insert into sync_counter as c (firm_id, name, label, amount) "
        "select %s, * from unnest(%s::text[], %s::text[], %s::float8[]) "
        "on conflict (firm_id, name, label) do update set amount = c.amount + excluded.amount",
        [
            firm_id,
            [name for name, _label, _amount in added],
            [label for _name, label, _amount in added],
            [amount for _name, _label, amount in added],
        ],
    )
