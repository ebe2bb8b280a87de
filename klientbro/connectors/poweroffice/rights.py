"""The privileges we read with, named so that the customer finds them in PowerOffice Go.

https://developer.poweroffice.net/documentation/add_to_client
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from klientbro.lib.i18n import gettext_noop as _


@dataclass(frozen=True, slots=True)
class Right:
    """One privilege: PowerOffice's name, ours for people, and whether a ledger needs it."""

    name: str
    label: str
    is_needed: bool


ACCOUNT_TRANSACTION = Right(
    "AccountTransaction", _("Ledger transactions (AccountTransaction)"), is_needed=True
)
TRIAL_BALANCE = Right("TrialBalance", _("Trial balance (TrialBalance)"), is_needed=True)
GENERAL_LEDGER_ACCOUNT = Right(
    "GeneralLedgerAccount", _("Chart of accounts (GeneralLedgerAccount)"), is_needed=True
)
COMMON_SERVICES = Right(
    "CommonServices", _("Company and accounting settings (CommonServices)"), is_needed=True
)
CUSTOMER_LEDGER = Right("CustomerLedger", _("Customer ledger (CustomerLedger)"), is_needed=False)
SUPPLIER_LEDGER = Right("SupplierLedger", _("Supplier ledger (SupplierLedger)"), is_needed=False)
CUSTOMER = Right("Customer", _("Customers (Customer)"), is_needed=False)
SUPPLIER = Right("Supplier", _("Suppliers (Supplier)"), is_needed=False)
DEPARTMENT = Right("Department", _("Departments (Department)"), is_needed=False)
PROJECT = Right("Project", _("Projects (Project)"), is_needed=False)
CLIENT_BANK_ACCOUNT = Right(
    "ClientBankAccount", _("The company's bank accounts (ClientBankAccount)"), is_needed=False
)
VOUCHER_DOCUMENTATION = Right(
    "VoucherDocumentation", _("Voucher documents (VoucherDocumentation)"), is_needed=False
)
JOURNAL_ENTRY_VOUCHER = Right(
    "JournalEntryVoucher",
    _("Vouchers waiting to be posted (JournalEntryVoucher)"),
    is_needed=False,
)

RIGHTS = (
    ACCOUNT_TRANSACTION,
    TRIAL_BALANCE,
    GENERAL_LEDGER_ACCOUNT,
    COMMON_SERVICES,
    CUSTOMER_LEDGER,
    SUPPLIER_LEDGER,
    CUSTOMER,
    SUPPLIER,
    DEPARTMENT,
    PROJECT,
    CLIENT_BANK_ACCOUNT,
    VOUCHER_DOCUMENTATION,
    JOURNAL_ENTRY_VOUCHER,
)


def missing_rights(valid_privileges: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels of what is missing: first what a ledger cannot do without, then the rest.

    `Name_Full` (read and write) includes `Name` (read).
    """
    held = {name.removesuffix("_Full") for name in valid_privileges}
    missing = [right for right in RIGHTS if right.name not in held]
    return (
        tuple(right.label for right in missing if right.is_needed),
        tuple(right.label for right in missing if not right.is_needed),
    )
