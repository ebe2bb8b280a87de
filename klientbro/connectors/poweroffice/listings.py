"""Which list each of our resources is read from, with which filters, fields and privilege."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from klientbro.connectors.contract import Decoded, Resource, Unit
from klientbro.connectors.errors import ContractError
from klientbro.connectors.poweroffice import inbox, mapping, postings, records, rights
from klientbro.connectors.poweroffice.client import Question
from klientbro.connectors.poweroffice.planning import asked_since
from klientbro.connectors.poweroffice.rights import Right
from klientbro.connectors.poweroffice.tokens import KEY


@dataclass(frozen=True, slots=True)
class Listing:
    """One list: what we ask for and how its pages are decoded.

    dates: names of the query parameters for the unit's first and last day; one name is an
    as-of date. is_changed_since: whether the list can be asked for what changed.
    """

    path: str
    right: Right
    fields: str
    decode: Callable[[bytes], Decoded]
    query: Mapping[str, str] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    is_changed_since: bool = True
    is_splittable: bool = False


LISTINGS: Mapping[Resource, Listing] = {
    Resource.ACCOUNTS: Listing(
        "/GeneralLedgerAccounts",
        rights.GENERAL_LEDGER_ACCOUNT,
        mapping.fields_of(records.GeneralLedgerAccount),
        mapping.decode_accounts,
    ),
    Resource.VAT_CODES: Listing(
        "/VatCodes",
        rights.COMMON_SERVICES,
        mapping.fields_of(records.VatCode),
        mapping.decode_vat_codes,
        query={"includeExpired": "true"},  # old postings carry codes that have ended
        is_changed_since=False,
    ),
    Resource.POSTINGS: Listing(
        "/AccountTransactions",
        rights.ACCOUNT_TRANSACTION,
        ",".join(postings.FIELDS),
        postings.decode_postings,
        dates=("fromDate", "toDate"),
        is_splittable=True,
    ),
    Resource.CUSTOMERS: Listing(
        "/Customers",
        rights.CUSTOMER,
        mapping.fields_of(records.Contact),
        mapping.contact_decoder("Customers"),
    ),
    Resource.SUPPLIERS: Listing(
        "/Suppliers",
        rights.SUPPLIER,
        mapping.fields_of(records.Contact),
        mapping.contact_decoder("Suppliers"),
    ),
    Resource.DEPARTMENTS: Listing(
        "/Departments",
        rights.DEPARTMENT,
        mapping.fields_of(records.Dimension),
        mapping.dimension_decoder("Departments"),
    ),
    Resource.PROJECTS: Listing(
        "/Projects",
        rights.PROJECT,
        mapping.fields_of(records.Dimension),
        mapping.dimension_decoder("Projects"),
    ),
    Resource.BANK_ACCOUNTS: Listing(
        "/ClientBankAccounts",
        rights.CLIENT_BANK_ACCOUNT,
        mapping.fields_of(records.ClientBankAccount),
        mapping.decode_bank_accounts,
    ),
    Resource.CUSTOMER_ITEMS: Listing(
        "/Customerledger/OpenItems",
        rights.CUSTOMER_LEDGER,
        mapping.fields_of(records.CustomerEntry),
        mapping.decode_customer_items,
        dates=("date",),
        is_changed_since=False,
    ),
    Resource.SUPPLIER_ITEMS: Listing(
        "/Supplierledger/OpenItems",
        rights.SUPPLIER_LEDGER,
        mapping.fields_of(records.SupplierEntry),
        mapping.decode_supplier_items,
        dates=("date",),
        is_changed_since=False,
    ),
    Resource.DRAFTS: Listing(
        "/JournalEntryVouchers",
        rights.JOURNAL_ENTRY_VOUCHER,
        mapping.fields_of(records.JournalEntryVoucher),
        inbox.decode_drafts,
        query=inbox.WAITING,
        is_changed_since=False,
    ),
}


def question_of(unit: Unit) -> Question:
    """The unit as a question to the API."""
    listing = LISTINGS[unit.resource]
    query = {**listing.query, "Fields": listing.fields}
    if listing.dates:
        days = (unit.first, unit.last)[-len(listing.dates) :]
        for name, day in zip(listing.dates, days, strict=True):
            if day is None:
                raise ContractError(f"{unit.resource} must be asked for with dates", connector=KEY)
            query[name] = day.isoformat()
    if unit.since is not None:
        if not listing.is_changed_since:
            raise ContractError(f"{unit.resource} has no changed-since filter", connector=KEY)
        query["lastChangedDateTimeOffsetGreaterThan"] = asked_since(unit.since)
    return Question(listing.path, listing.right, query, is_splittable=listing.is_splittable)
