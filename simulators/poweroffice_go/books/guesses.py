"""Every guess about the real PowerOffice Go that shapes the books, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guesses:
    """What the public documents leave open; each field says what True means."""

    year_end_restarts_result_accounts: bool = True
    """TrialBalance: result accounts start from zero each financial year. False: they go on
    accumulating until the result of their year has been disposed of (see `year_end_treatment`)."""

    opening_voucher_in_transactions: bool = True
    """AccountTransactions returns the opening balance voucher, as ManualJournal rows on the day
    before the conversion date. False: only TrialBalance and the sub-ledgers know it. Two special
    companies fix it one way each, whatever is said here."""

    reversal_moves_last_changed: bool = True
    """The rows of a voucher get a new LastChanged when it is reversed (IsReversed becomes true)."""

    renumber_moves_last_changed: bool = False
    """Posted rows get a new LastChanged when their account's number is edited. Either way they show
    the new number at once: the number is read from the account."""

    match_moves_transaction_last_changed: bool = False
    """Matching moves LastChanged of the general ledger row too, not only of the ledger entry."""

    agriculture_accounts_share_id: bool = False
    """An account number used in two agriculture departments has one AccountId, and TrialBalance has
    one row per department under it. False: one account, with its own Id, per department."""

    balance_uses_match_date: bool = False
    """Open items and statements of an earlier day count only matches made by then. False: posting
    dates alone decide, as a match carries no accounting date."""

    trial_balance_lists_unused_accounts: bool = False
    """TrialBalance has rows for accounts without any posting up to the date."""

    inbox_says_null: bool = False
    """JournalEntryVouchers: IsPosted may be null, not only false, for a voucher that waits, and the
    filter isPosted=false gives those too."""

    vat_account_row_has_vat_code: bool = False
    """The row on the VAT account carries the VAT code of its sale or purchase (its VatAmount is 0
    all the same). False: code 0."""
