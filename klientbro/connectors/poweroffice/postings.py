"""AccountTransactions as our postings: the hot path, one comprehension for each page.

https://developer.poweroffice.net/account-transactions
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from klientbro.connectors.contract import Decoded, Row
from klientbro.connectors.poweroffice.decoding import (
    Moments,
    Texts,
    Values,
    decode_pieces,
    field_names,
    missing_fields,
    unknown_fields,
)
from klientbro.domain.vouchers import VoucherType

WHAT = "AccountTransactions"

VOUCHER_TYPES: Mapping[str, str] = {
    "Unknown": VoucherType.OTHER,
    "IncomingInvoice": VoucherType.SUPPLIER_INVOICE,
    "IncomingCreditNote": VoucherType.SUPPLIER_CREDIT_NOTE,
    "OutgoingInvoice": VoucherType.CUSTOMER_INVOICE,
    "OutgoingCreditNote": VoucherType.CUSTOMER_CREDIT_NOTE,
    # The bank's return file for payments we sent: suppliers are paid.
    "IncomingBankRemittance": VoucherType.SUPPLIER_PAYMENT,
    "IncomingOcrGiro": VoucherType.CUSTOMER_PAYMENT,
    "ManualJournal": VoucherType.MANUAL,
    "Expense": VoucherType.EXPENSE_CLAIM,
    "CashJournal": VoucherType.CASH,
    "IncomingPayments": VoucherType.CUSTOMER_PAYMENT,
    "OutgoingPayments": VoucherType.SUPPLIER_PAYMENT,
    "YearEndJournal": VoucherType.YEAR_END,
    "BankJournal": VoucherType.BANK,
    "VatReturns": VoucherType.VAT_RETURN,
    "PayrollJournal": VoucherType.PAYROLL,
    "OutgoingPaymentReminder": VoucherType.DEBT_COLLECTION,
    "OutgoingNoticeOfDebtCollection": VoucherType.DEBT_COLLECTION,
    "OutgoingPaymentDemand": VoucherType.DEBT_COLLECTION,
    "OutgoingWarrantOfExecution": VoucherType.DEBT_COLLECTION,
    "CorrectionVoucher": VoucherType.CORRECTION,
    "ReversalVoucher": VoucherType.REVERSAL,
    "DepreciationJournal": VoucherType.DEPRECIATION,
    "TravelExpense": VoucherType.EXPENSE_CLAIM,
    "Settlement": VoucherType.SETTLEMENT,
    "NegativeSettlement": VoucherType.SETTLEMENT,
    "SystemGeneratedDocumentationVoucher": VoucherType.OTHER,
}


class AccountTransaction(msgspec.Struct, rename="pascal", gc=False):
    """The fields of a transaction that we keep; those without a default are always set [doc]."""

    id: int
    account_id: int
    posting_date: date
    amount: Decimal
    voucher_id: str
    voucher_no: int
    voucher_date: date
    created_date_time_offset: str
    last_changed_date_time_offset: str
    voucher_type: str | None = None
    voucher_description: str | None = None
    description: str | None = None
    vat_code: str | None = None
    vat_rate: Decimal | None = None
    vat_amount: Decimal | None = None
    currency_code: str | None = None
    currency_amount: Decimal | None = None
    department_code: str | None = None
    project_code: str | None = None
    customer_account_no: int | None = None
    supplier_account_no: int | None = None
    sub_ledger_entry_id: int | None = None
    reversed_voucher_id: str | None = None
    reversed_voucher_no: int | None = None
    correction_of_voucher_id: str | None = None
    correction_of_voucher_no: int | None = None
    is_reversed: bool | None = None


FIELDS = field_names(AccountTransaction)
_WANTED = frozenset(FIELDS)
# Those that may be empty: one that is gone must not blank what we hold. The others the decoder
# misses by itself.
OPTIONAL: Mapping[str, str] = {
    "VoucherType": "voucher_type",
    "VoucherDescription": "voucher_text",
    "Description": "text",
    "VatCode": "vat_code",
    "VatRate": "vat_rate",
    "VatAmount": "vat_amount",
    "CurrencyCode": "currency",
    "CurrencyAmount": "currency_amount",
    "DepartmentCode": "department_code",
    "ProjectCode": "project_code",
    "CustomerAccountNo": "customer_no",
    "SupplierAccountNo": "supplier_no",
    "SubLedgerEntryId": "entry_id",
    "ReversedVoucherId": "reverses_voucher_id",
    "ReversedVoucherNo": "reverses_voucher_no",
    "CorrectionOfVoucherId": "corrects_voucher_id",
    "CorrectionOfVoucherNo": "corrects_voucher_no",
    "IsReversed": "is_reversed",
}
_decoder = msgspec.json.Decoder(list[AccountTransaction])


def decode_postings(content: bytes) -> Decoded:
    """A page as rows in the order of COLUMNS[Resource.POSTINGS]."""
    ids, numbers, moments = Texts(), Texts(), Moments(WHAT)
    types = Values("VoucherType", VOUCHER_TYPES, VoucherType.OTHER)
    changes: set[str] = set()
    rows: list[Row] = []
    for transactions in decode_pieces(_decoder, content, WHAT):
        rows += _rows_of(transactions, ids, numbers, moments, types)
        changes.update(t.last_changed_date_time_offset for t in transactions)
    return Decoded(
        rows=rows,
        watermark=moments.latest(changes),
        unknown_fields=unknown_fields(content, _WANTED),
        unknown_values=tuple(types.unknown),
        missing_fields=missing_fields(content, OPTIONAL, ("VoucherType",)),
    )


def _rows_of(
    transactions: Sequence[AccountTransaction],
    ids: Texts,
    numbers: Texts,
    moments: Moments,
    types: Values,
) -> list[Row]:
    # Taken apart in the order of the record's fields: naming each one takes half as long again.
    return [
        (
            str(id_),
            ids[account_id],
            posting_date,
            amount,
            voucher_id,
            voucher_no,
            "",  # one ascending series over all types
            types[voucher_type],
            voucher_date,
            voucher_text,
            text,
            vat_code,
            vat_rate,
            vat_amount,
            currency,
            currency_amount,
            department,
            project,
            numbers[customer_no],
            numbers[supplier_no],
            numbers[entry_id],
            reverses_id,
            reverses_no,
            corrects_id,
            corrects_no,
            is_reversed is True,
            moments[created],
            moments[changed],
        )
        for (
            id_,
            account_id,
            posting_date,
            amount,
            voucher_id,
            voucher_no,
            voucher_date,
            created,
            changed,
            voucher_type,
            voucher_text,
            text,
            vat_code,
            vat_rate,
            vat_amount,
            currency,
            currency_amount,
            department,
            project,
            customer_no,
            supplier_no,
            entry_id,
            reverses_id,
            reverses_no,
            corrects_id,
            corrects_no,
            is_reversed,
        ) in map(msgspec.structs.astuple, transactions)
    ]
