"""Findings: what is odd in the source's rows, counted and shown, never dropped in silence."""

from __future__ import annotations

import json

from klientbro.connectors.contract import Decoded
from klientbro.ledger.landing import BooksKey, Landed, Transaction


def note(
    transaction: Transaction,
    key: BooksKey,
    kind: str,
    reference: str,
    detail: dict[str, str],
    landing: int | None = None,
) -> None:
    """Records a finding once; the same one again only renews its time."""
    transaction.execute(
        "insert into ledger_finding (firm_id, connection_id, kind, reference, detail, landing) "
        "values (%s, %s, %s, %s, %s::jsonb, %s) on conflict (connection_id, kind, reference) "
        "do update set found_at = clock_timestamp(), cleared_at = null",
        [key.firm_id, key.connection_id, kind, reference, json.dumps(detail), landing],
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
        "select source_id, voucher_no, amount from incoming where amount <> round(amount, 2) "
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
