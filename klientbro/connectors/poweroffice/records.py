"""PowerOffice Go's answers as records: only the fields we keep, under their names in our spelling.

A field without a default is always set by the API; `Fields` is made from these names.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec


class GeneralLedgerAccount(msgspec.Struct, rename="pascal", gc=False):
    id: int
    account_no: int
    name: str | None = None
    general_ledger_account_type: str | None = None
    vat_code: str | None = None
    is_active: bool | None = None
    agriculture_department: str | None = None
    last_changed_date_time_offset: str | None = None


class VatCode(msgspec.Struct, rename="pascal", gc=False):
    id: int
    code: str | None = None
    name: str | None = None
    description: str | None = None
    rate: Decimal | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    is_active: bool | None = None


class Contact(msgspec.Struct, rename="pascal", gc=False):
    """A customer or a supplier: roles of one contact, with the same fields."""

    id: int
    number: int | None = None
    name: str | None = None
    legal_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    organization_number: str | None = None
    is_active: bool | None = None
    is_archived: bool | None = None
    last_changed_date_time_offset: str | None = None


class Dimension(msgspec.Struct, rename="pascal", gc=False):
    """A department or a project."""

    id: int
    code: str | None = None
    name: str | None = None
    is_active: bool | None = None
    last_changed_date_time_offset: str | None = None


class ClientBankAccount(msgspec.Struct, rename="pascal", gc=False):
    id: int
    bank_account_number: str
    general_ledger_account_id: int
    bank_name: str | None = None
    currency_code: str | None = None
    is_active: bool | None = None
    last_changed_date_time_offset: str | None = None


class Entry(msgspec.Struct, rename="pascal", gc=False, kw_only=True):
    """An open entry of a sub-ledger, as of the date that was asked."""

    id: int
    voucher_id: str
    voucher_no: int
    posting_date: date
    amount: Decimal
    balance: Decimal
    invoice_no: str | None = None
    due_date: date | None = None
    currency_code: str | None = None
    currency_amount: Decimal | None = None


class CustomerEntry(Entry, gc=False):
    customer_account_no: int | None = None
    customer_name: str | None = None


class SupplierEntry(Entry, gc=False):
    supplier_account_no: int | None = None
    supplier_name: str | None = None


class JournalEntryVoucher(msgspec.Struct, rename="pascal", gc=False):
    """A voucher of the inbox. Neither its date, its amount nor its accounts are listed."""

    id: str
    voucher_type: str | None = None
    in_approval_workflow: bool | None = None
    is_posted: bool | None = None
    created_date_time_offset: str | None = None
    last_changed_date_time_offset: str | None = None


class TrialBalanceRow(msgspec.Struct, rename="pascal", gc=False):
    account_id: int
    balance: Decimal


class ClientIntegrationInformation(msgspec.Struct, rename="pascal"):
    client_id: str | None = None
    client_name: str | None = None
    valid_privileges: list[str] | None = None


class OrganizationSettings(msgspec.Struct, rename="pascal"):
    organization_number: str | None = None
    name: str | None = None
    legal_name: str | None = None


class FinancialSettings(msgspec.Struct, rename="pascal"):
    conversion_date: date
    currency_code: str | None = None
    financial_year_end_month: str | None = None


class LockDateSettings(msgspec.Struct, rename="pascal"):
    lock_date: date | None = None


class VatSettings(msgspec.Struct, rename="pascal"):
    is_vat_registered: bool | None = None
    vat_period: str | None = None


class Offboarded(msgspec.Struct, rename="pascal"):
    success: bool | None = None
    message: str | None = None
