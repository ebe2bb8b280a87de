"""Findings: what is odd in the source's rows, counted and shown, never dropped in silence."""

from __future__ import annotations

import json
from collections.abc import Mapping

from psycopg import sql

from klientbro.domain.exchange import Decoded, Resource
from klientbro.ledger.landing import BooksKey, Landed, Transaction
from klientbro.lib.errors import KlientbroError

# Where the values of a resource are kept, and of which kind. Snapshots keep what came with them.
TABLES: Mapping[Resource, tuple[str, str | None]] = {
    Resource.POSTINGS: ("ledger_posting", None),
    Resource.ACCOUNTS: ("ledger_account", None),
    Resource.VAT_CODES: ("ledger_vat_code", None),
    Resource.CUSTOMERS: ("ledger_party", "customer"),
    Resource.SUPPLIERS: ("ledger_party", "supplier"),
    Resource.DEPARTMENTS: ("ledger_dimension", "department"),
    Resource.PROJECTS: ("ledger_dimension", "project"),
    Resource.BANK_ACCOUNTS: ("ledger_bank_account", None),
    Resource.DRAFTS: ("ledger_draft", None),
}
# What stands where the source has told nothing, beside nothing itself.
_NOTHING_TOLD = {
    "voucher_type": ["other"],
    "type": ["unknown"],
    "is_reversed": ["false"],
    "is_active": ["true"],
}


class LostFieldError(KlientbroError):
    """A field that we hold values of is gone from the source's answers."""


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


def note_decoded(
    transaction: Transaction,
    key: BooksKey,
    decoded: Decoded,
    resource: Resource = Resource.POSTINGS,
) -> None:
    """Records set aside, fields never seen before, and values outside the documented lists.

    LostFieldError, with which the transaction of the landing ends, where the page lacks a field
    that earlier rows had: what we hold would be blanked and nobody told.
    """
    for name, column in decoded.missing_fields:
        if _is_held(transaction, key, resource, column):
            raise LostFieldError(f"{resource}: the field {name} is gone from the answers")
        note(transaction, key, "missing_field", name, {"list": resource.value})
    for record, problem in decoded.skipped:
        note(transaction, key, "record_set_aside", record, {"problem": problem})
    for name in decoded.unknown_fields:
        note(transaction, key, "unknown_field", name, {})
    for value in decoded.unknown_values:
        note(transaction, key, "unknown_value", value, {})


def _is_held(transaction: Transaction, key: BooksKey, resource: Resource, column: str) -> bool:
    """Whether any row, older versions too, has a value in the column."""
    table, kind = TABLES[resource]
    row = transaction.execute(
        sql.SQL(
            "select 1 from {table} where connection_id = %s and {column} is not null "
            "and not {column}::text = any(%s) {of_kind} limit 1"
        ).format(
            table=sql.Identifier(table),
            column=sql.Identifier(column),
            of_kind=sql.SQL("and kind = {}").format(sql.Literal(kind)) if kind else sql.SQL(""),
        ),
        [key.connection_id, ["", *_NOTHING_TOLD.get(column, ())]],
    ).fetchone()
    return row is not None


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
