"""What others may read of the ledger. Every function runs inside the firm's transaction."""

from __future__ import annotations

from klientbro.ledger.queries.accounts import account, find, open_item_totals
from klientbro.ledger.queries.as_known import (
    differences_from,
    first_known_at,
    trial_balance_as_known,
)
from klientbro.ledger.queries.books import books_of, books_of_connection
from klientbro.ledger.queries.findings import open_findings
from klientbro.ledger.queries.late import (
    every_late_voucher,
    late_accounts,
    late_counts,
    late_vouchers,
)
from klientbro.ledger.queries.months import last_seal, month_marks, month_strip, proof_details
from klientbro.ledger.queries.postings import account_postings, every_posting
from klientbro.ledger.queries.snapshot import Published, find_in_one_landing, in_one_landing
from klientbro.ledger.queries.trial_balances import (
    closing_as_known,
    trial_balance,
    trial_balance_of,
)
from klientbro.ledger.queries.voucher import effect_of_late_change, voucher
from klientbro.ledger.queries.vouchers import every_voucher, late_changes, vouchers

__all__ = [
    "Published",
    "account",
    "account_postings",
    "books_of",
    "books_of_connection",
    "closing_as_known",
    "differences_from",
    "effect_of_late_change",
    "every_late_voucher",
    "every_posting",
    "every_voucher",
    "find",
    "find_in_one_landing",
    "first_known_at",
    "in_one_landing",
    "last_seal",
    "late_accounts",
    "late_changes",
    "late_counts",
    "late_vouchers",
    "month_marks",
    "month_strip",
    "open_findings",
    "open_item_totals",
    "proof_details",
    "trial_balance",
    "trial_balance_as_known",
    "trial_balance_of",
    "voucher",
    "vouchers",
]
