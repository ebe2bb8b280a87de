"""Vouchers and their lines as small records, and the two sums everybody does over them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO, sum_amounts
from klientbro.lib.errors import UnbalancedVoucherError
from klientbro.lib.i18n import gettext_noop


class VoucherType(StrEnum):
    """What a voucher is, in our words; each connector maps its system's own."""

    SUPPLIER_INVOICE = "supplier_invoice"
    SUPPLIER_CREDIT_NOTE = "supplier_credit_note"
    CUSTOMER_INVOICE = "customer_invoice"
    CUSTOMER_CREDIT_NOTE = "customer_credit_note"
    CUSTOMER_PAYMENT = "customer_payment"
    SUPPLIER_PAYMENT = "supplier_payment"
    BANK = "bank"
    CASH = "cash"
    MANUAL = "manual"
    EXPENSE_CLAIM = "expense_claim"
    PAYROLL = "payroll"
    VAT_RETURN = "vat_return"
    DEPRECIATION = "depreciation"
    DEBT_COLLECTION = "debt_collection"
    SETTLEMENT = "settlement"
    OPENING_BALANCE = "opening_balance"
    YEAR_END = "year_end"
    CORRECTION = "correction"
    REVERSAL = "reversal"
    OTHER = "other"  # also what a source calls unknown

    @property
    def label(self) -> str:
        """English source of the type's name."""
        return _LABELS[self]


_LABELS = {
    VoucherType.SUPPLIER_INVOICE: gettext_noop("Supplier invoice"),
    VoucherType.SUPPLIER_CREDIT_NOTE: gettext_noop("Supplier credit note"),
    VoucherType.CUSTOMER_INVOICE: gettext_noop("Customer invoice"),
    VoucherType.CUSTOMER_CREDIT_NOTE: gettext_noop("Customer credit note"),
    VoucherType.CUSTOMER_PAYMENT: gettext_noop("Payment from customer"),
    VoucherType.SUPPLIER_PAYMENT: gettext_noop("Payment to supplier"),
    VoucherType.BANK: gettext_noop("Bank voucher"),
    VoucherType.CASH: gettext_noop("Cash voucher"),
    VoucherType.MANUAL: gettext_noop("Manual voucher"),
    VoucherType.EXPENSE_CLAIM: gettext_noop("Expense claim"),
    VoucherType.PAYROLL: gettext_noop("Payroll voucher"),
    VoucherType.VAT_RETURN: gettext_noop("VAT return voucher"),
    VoucherType.DEPRECIATION: gettext_noop("Depreciation voucher"),
    VoucherType.DEBT_COLLECTION: gettext_noop("Reminder or debt collection"),
    VoucherType.SETTLEMENT: gettext_noop("Settlement"),
    VoucherType.OPENING_BALANCE: gettext_noop("Opening balance voucher"),
    VoucherType.YEAR_END: gettext_noop("Year-end voucher"),
    VoucherType.CORRECTION: gettext_noop("Correction voucher"),
    VoucherType.REVERSAL: gettext_noop("Reversal voucher"),
    VoucherType.OTHER: gettext_noop("Other voucher"),
}


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of a voucher. Debit is positive, credit negative."""

    id: str
    account_id: AccountId
    posting_date: date
    amount: Decimal
    text: str = ""


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher with all its lines. Its number is unique with series and financial year only."""

    id: str
    number: int
    type: VoucherType
    voucher_date: date
    postings: tuple[Posting, ...]
    series: str = ""

    @property
    def difference(self) -> Decimal:
        """What the lines sum to: 0.00 when the voucher balances."""
        return sum_amounts(posting.amount for posting in self.postings)


def balances_to_zero(amounts: Iterable[Decimal]) -> bool:
    """Whether a voucher's amounts sum to exactly zero."""
    return sum_amounts(amounts) == ZERO


def require_balance(voucher: Voucher) -> None:
    """Raise UnbalancedVoucherError when the voucher does not sum to zero."""
    if voucher.difference != ZERO:
        label = f"{voucher.series}{voucher.number}"
        raise UnbalancedVoucherError(label, voucher.difference)


def running_balance(opening: Decimal, amounts: Iterable[Decimal]) -> Iterator[Decimal]:
    """The balance after each amount: 100 and −30, 5 give 70, 75."""
    balance = opening
    for amount in amounts:
        balance += amount
        yield balance
