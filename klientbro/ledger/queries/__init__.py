"""What others may read of the ledger. Every function runs inside the firm's transaction."""

from __future__ import annotations

from klientbro.ledger.queries.accounts import account, find, open_item_totals
from klientbro.ledger.queries.books import books_of, books_of_connection
from klientbro.ledger.queries.months import last_seal, month_marks, month_strip, proof_details
from klientbro.ledger.queries.postings import account_postings, every_posting
from klientbro.ledger.queries.snapshot import current_landing, hold_landings, in_one_landing
from klientbro.ledger.queries.trial_balances import (
    closing_as_known,
    trial_balance,
    trial_balance_of,
)
from klientbro.ledger.queries.voucher import effect_of_late_change, voucher
from klientbro.ledger.queries.vouchers import every_voucher, late_changes, vouchers

__all__ = [
    "account",
    "account_postings",
    "books_of",
    "books_of_connection",
    "closing_as_known",
    "current_landing",
    "effect_of_late_change",
    "every_posting",
    "every_voucher",
    "find",
    "hold_landings",
    "in_one_landing",
    "last_seal",
    "late_changes",
    "month_marks",
    "month_strip",
    "open_item_totals",
    "proof_details",
    "trial_balance",
    "trial_balance_of",
    "voucher",
    "vouchers",
]
