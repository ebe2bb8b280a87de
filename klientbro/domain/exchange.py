"""What passes from a source to the ledger: resources, their columns, and a decoded page of rows.

It stands here, below both, because a connector and the ledger know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Resource(StrEnum):
    """What a unit of work reads. The order is the order of a first sync."""

    ACCOUNTS = "accounts"
    VAT_CODES = "vat_codes"
    POSTINGS = "postings"
    CUSTOMERS = "customers"
    SUPPLIERS = "suppliers"
    DEPARTMENTS = "departments"
    PROJECTS = "projects"
    BANK_ACCOUNTS = "bank_accounts"
    CUSTOMER_ITEMS = "customer_items"
    SUPPLIER_ITEMS = "supplier_items"
    DRAFTS = "drafts"


# The columns of each resource's rows, in order. Ids and numbers are text, amounts exact Decimal,
# accounting dates `date`, moments aware UTC `datetime`; None where the source has nothing.
COLUMNS: Mapping[Resource, tuple[str, ...]] = {
    Resource.ACCOUNTS: (
        "source_id",  # never changes, unlike the number
        "number",
        "name",
        "type",  # domain.accounts.AccountType value, the source's own, never by leading digit
        "vat_code",
        "is_active",
        "agriculture_department",  # '' for ordinary accounts
        "changed_at",
    ),
    Resource.VAT_CODES: (
        "source_id",
        "code",
        "name",
        "rate",  # a fraction
        "valid_from",
        "valid_to",
        "is_active",
    ),
    Resource.CUSTOMERS: ("source_id", "number", "name", "orgnr", "is_active", "changed_at"),
    Resource.SUPPLIERS: ("source_id", "number", "name", "orgnr", "is_active", "changed_at"),
    Resource.DEPARTMENTS: ("source_id", "code", "name", "is_active"),
    Resource.PROJECTS: ("source_id", "code", "name", "is_active"),
    Resource.BANK_ACCOUNTS: (
        "source_id",
        "number",
        "bank_name",
        "currency",
        "account_id",  # the ledger account it belongs to, by source id
        "is_active",
    ),
    Resource.POSTINGS: (
        "source_id",
        "account_id",
        "posting_date",
        "amount",  # debit positive, credit negative, in the client's currency
        "voucher_id",
        "voucher_no",  # int
        "voucher_series",  # '' where the source has one series
        "voucher_type",  # domain.vouchers.VoucherType value
        "voucher_date",
        "voucher_text",
        "text",
        "vat_code",
        "vat_rate",  # a fraction: 0.25 is 25 %
        "vat_amount",
        "currency",
        "currency_amount",
        "department_code",
        "project_code",
        "customer_no",
        "supplier_no",
        "entry_id",  # the sub-ledger entry
        "reverses_voucher_id",
        "reverses_voucher_no",
        "corrects_voucher_id",
        "corrects_voucher_no",
        "is_reversed",
        "source_created_at",
        "source_changed_at",
    ),
    Resource.CUSTOMER_ITEMS: (
        "source_id",
        "party_no",
        "party_name",
        "voucher_id",
        "voucher_no",
        "invoice_no",
        "posting_date",
        "due_date",
        "amount",
        "balance",  # open at the snapshot's date
        "currency",
        "currency_amount",
    ),
    # vouchers that wait in the source: not posted, so not in any balance
    Resource.DRAFTS: (
        "source_id",
        "voucher_type",  # domain.vouchers.VoucherType value
        "is_in_approval",
        "registered_at",
        "voucher_date",  # None where the source does not tell it before it is posted
        "account_id",  # the account it will be posted on, None where the source does not tell
        "amount",
        "text",
        "changed_at",
    ),
}
COLUMNS = {**COLUMNS, Resource.SUPPLIER_ITEMS: COLUMNS[Resource.CUSTOMER_ITEMS]}

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Decoded:
    """Rows in declared column order, records set aside, and the largest source timestamp seen."""

    rows: Sequence[Row]
    watermark: str | None = None
    skipped: tuple[tuple[str, str], ...] = ()  # (record id, what is wrong, in English)
    unknown_fields: tuple[str, ...] = ()  # fields never seen before: schema drift, a finding
    unknown_values: tuple[str, ...] = ()  # "Field=Value" outside the documented enums
    # (field, our column): asked for, and no row of the page has it, not even empty
    missing_fields: tuple[tuple[str, str], ...] = ()
