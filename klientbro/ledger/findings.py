"""Findings: what is odd in the source's rows, counted and shown, never dropped in silence."""

from __future__ import annotations

import json
from collections.abc import Mapping

from klientbro.domain.exchange import Decoded
from klientbro.ledger.landing import BooksKey, Landed, Transaction


def note(
    transaction: Transaction,
    key: BooksKey,
    kind: str,
    reference: str,
    detail: Mapping[str, object],
    landing: int | None = None,
) -> None:
    """Records a finding once; one that was cleared and comes back is open again."""
    transaction.execute(
        "insert into ledger_finding (firm_id, connection_id, kind, reference, detail, landing) "
        "values (%s, %s, %s, %s, %s::jsonb, %s) on conflict (connection_id, kind, reference) "
        "do update set found_at = clock_timestamp(), cleared_at = null, detail = excluded.detail "
        "where ledger_finding.cleared_at is not null",
        [key.firm_id, key.connection_id, kind, reference, json.dumps(detail), landing],
    )


def clear(transaction: Transaction, key: BooksKey, kind: str, reference: str) -> None:
    """A finding whose reason is gone: kept, with the time it was cleared."""
    transaction.execute(
        "update ledger_finding set cleared_at = clock_timestamp() where connection_id = %s "
        "and kind = %s and reference = %s and cleared_at is null",
        [key.connection_id, kind, reference],
    )


def note_decoded(transaction: Transaction, key: BooksKey, decoded: Decoded) -> None:
    """Records set aside, fields never seen before, and values outside the documented lists."""
    for record, problem in decoded.skipped:
        note(transaction, key, "record_set_aside", record, {"problem": problem})
    for name in decoded.unknown_fields:
        note(transaction, key, "unknown_field", name, {})
    for value in decoded.unknown_values:
        note(transaction, key, "unknown_value", value, {})


def note_parts_of_ore(transaction: Transaction, key: BooksKey, landed: Landed) -> None:
    """A posting with parts of an øre is kept exactly as it is, and is a finding."""
    for source_id, voucher_no, amount in transaction.execute(
        "select source_id, voucher_no, amount from incoming where scale(amount) > 2 "
        "and amount <> round(amount, 2) "
        "limit 100"
    ).fetchall():
        note(
            transaction,
            key,
            "parts_of_ore",
            str(source_id),
            {"voucher": str(voucher_no), "amount": str(amount)},
            landed.number,
        )
