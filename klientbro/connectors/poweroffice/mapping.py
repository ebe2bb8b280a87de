"""PowerOffice Go's registers, open items, settings and balances in our columns."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TypeVar

import msgspec

from klientbro.connectors.contract import ControlFigure, Decoded, Row
from klientbro.connectors.errors import ContractError
from klientbro.connectors.poweroffice.decoding import (
    Moments,
    Values,
    decode_object,
    decode_rows,
    field_names,
    missing_fields,
    unknown_fields,
)
from klientbro.connectors.poweroffice.records import (
    ClientBankAccount,
    Contact,
    CustomerEntry,
    Dimension,
    Entry,
    FinancialSettings,
    GeneralLedgerAccount,
    LockDateSettings,
    OrganizationSettings,
    SupplierEntry,
    TrialBalanceRow,
    VatCode,
    VatSettings,
)
from klientbro.connectors.poweroffice.tokens import KEY
from klientbro.domain.accounts import AccountType
from klientbro.domain.money import round_to_ore

R = TypeVar("R", bound=msgspec.Struct)
Decode = Callable[[bytes], Decoded]

UNKNOWN = "unknown"
ACCOUNT_TYPES: Mapping[str, str] = {
    "Asset": AccountType.ASSET,
    "Liability": AccountType.LIABILITY,
    "Equity": AccountType.EQUITY,
    "Income": AccountType.INCOME,
    "Expense": AccountType.EXPENSE,
}
# 'None' is what an ordinary company has on every account.
AGRICULTURE_DEPARTMENTS: Mapping[str, str] = {
    "None": "",
    "Finance": "finance",
    "Farming": "farming",
    "Forestry": "forestry",
    "FurAnimals": "fur_animals",
    "OtherIndustries": "other_industries",
    "Private": "private",
}
MONTHS: Mapping[str, int] = {
    "January": 1,
    "February": 2,
    "March": 3,
    "April": 4,
    "May": 5,
    "June": 6,
    "July": 7,
    "August": 8,
    "September": 9,
    "October": 10,
    "November": 11,
    "December": 12,
}


def read_object(struct: type[R], content: bytes, what: str) -> R:
    """The one object of a settings answer."""
    return decode_object(msgspec.json.Decoder(struct), content, what)


def fields_of(struct: type[msgspec.Struct]) -> str:
    """The value of the query parameter `Fields`."""
    return ",".join(field_names(struct))


def decode_accounts(content: bytes) -> Decoded:
    accounts = decode_rows(_ACCOUNTS, content, "GeneralLedgerAccounts")
    types = Values("GeneralLedgerAccountType", ACCOUNT_TYPES, UNKNOWN)
    departments = Values("AgricultureDepartment", AGRICULTURE_DEPARTMENTS, "")
    moments = Moments("GeneralLedgerAccounts")
    rows: list[Row] = [
        (
            str(a.id),
            str(a.account_no),
            a.name or "",
            types[a.general_ledger_account_type],
            a.vat_code,
            a.is_active is not False,
            departments[a.agriculture_department],
            _moment(moments, a.last_changed_date_time_offset),
        )
        for a in accounts
    ]
    # An account without a type can be proved by nobody, so a null is reported like a new value.
    untyped = [a for a in accounts if a.general_ledger_account_type is None]
    missing = ("GeneralLedgerAccountType=null",) if untyped else ()
    return Decoded(
        rows=rows,
        watermark=moments.latest(set(moments)),
        unknown_fields=unknown_fields(content, _names(GeneralLedgerAccount)),
        missing_fields=missing_fields(content, _ACCOUNT_COLUMNS, _NEVER_EMPTY),
        unknown_values=(*types.unknown, *missing, *departments.unknown),
    )


def decode_vat_codes(content: bytes) -> Decoded:
    codes = decode_rows(_VAT_CODES, content, "VatCodes")
    rows: list[Row] = [
        (
            str(c.id),
            c.code or "",
            c.name or c.description or "",
            c.rate,
            c.valid_from,
            c.valid_to,
            c.is_active is not False,
        )
        for c in codes
    ]
    return Decoded(
        rows=rows,
        unknown_fields=unknown_fields(content, _names(VatCode)),
        missing_fields=missing_fields(content, _VAT_CODE_COLUMNS, _NEVER_EMPTY),
    )


def contact_decoder(what: str) -> Decode:
    """Decodes a page of Customers or Suppliers."""

    def decode(content: bytes) -> Decoded:
        contacts = decode_rows(_CONTACTS, content, what)
        moments = Moments(what)
        rows: list[Row] = [
            (
                str(c.id),
                "" if c.number is None else str(c.number),
                contact_name(c),
                contact_orgnr(c.organization_number),
                c.is_active is not False and c.is_archived is not True,
                _moment(moments, c.last_changed_date_time_offset),
            )
            for c in contacts
        ]
        return Decoded(
            rows=rows,
            watermark=moments.latest(set(moments)),
            unknown_fields=unknown_fields(content, _names(Contact)),
            missing_fields=missing_fields(content, _CONTACT_COLUMNS),
        )

    return decode


def dimension_decoder(what: str) -> Decode:
    """Decodes a page of Departments or Projects."""

    def decode(content: bytes) -> Decoded:
        dimensions = decode_rows(_DIMENSIONS, content, what)
        moments = Moments(what)
        rows: list[Row] = []
        for d in dimensions:
            _moment(moments, d.last_changed_date_time_offset)
            rows.append((str(d.id), d.code or "", d.name or "", d.is_active is not False))
        return Decoded(
            rows=rows,
            watermark=moments.latest(set(moments)),
            unknown_fields=unknown_fields(content, _names(Dimension)),
            missing_fields=missing_fields(content, _DIMENSION_COLUMNS, _NEVER_EMPTY),
        )

    return decode


def decode_bank_accounts(content: bytes) -> Decoded:
    accounts = decode_rows(_BANK_ACCOUNTS, content, "ClientBankAccounts")
    moments = Moments("ClientBankAccounts")
    rows: list[Row] = []
    for a in accounts:
        _moment(moments, a.last_changed_date_time_offset)
        rows.append(
            (
                str(a.id),
                a.bank_account_number,
                a.bank_name,
                a.currency_code,
                str(a.general_ledger_account_id),
                a.is_active is not False,
            )
        )
    return Decoded(
        rows=rows,
        watermark=moments.latest(set(moments)),
        unknown_fields=unknown_fields(content, _names(ClientBankAccount)),
        missing_fields=missing_fields(content, _BANK_ACCOUNT_COLUMNS),
    )


def decode_customer_items(content: bytes) -> Decoded:
    entries = decode_rows(_CUSTOMER_ENTRIES, content, "Customerledger/OpenItems")
    rows = [_item(e, e.customer_account_no, e.customer_name) for e in entries]
    return Decoded(rows=rows, unknown_fields=unknown_fields(content, _names(CustomerEntry)))


def decode_supplier_items(content: bytes) -> Decoded:
    entries = decode_rows(_SUPPLIER_ENTRIES, content, "Supplierledger/OpenItems")
    rows = [_item(e, e.supplier_account_no, e.supplier_name) for e in entries]
    return Decoded(rows=rows, unknown_fields=unknown_fields(content, _names(SupplierEntry)))


def _item(entry: Entry, party_no: int | None, party_name: str | None) -> Row:
    return (
        str(entry.id),
        "" if party_no is None else str(party_no),
        party_name or "",
        entry.voucher_id,
        entry.voucher_no,
        entry.invoice_no,
        entry.posting_date,
        entry.due_date,
        entry.amount,
        entry.balance,
        entry.currency_code,
        entry.currency_amount,
    )


def decode_trial_balance(pages: Iterable[bytes]) -> tuple[ControlFigure, ...]:
    """Closing balance of every account; the rows of a farm's departments are one account's.

    Account 7001 with 100.10 (farming) and 0.2 (forestry) stands at 100.30.
    """
    balances: defaultdict[int, Decimal] = defaultdict(Decimal)
    for content in pages:
        for row in decode_rows(_TRIAL_BALANCE, content, "TrialBalance"):
            balances[row.account_id] += row.balance
    return tuple(
        ControlFigure(str(account), without_double_noise(balance))
        for account, balance in sorted(balances.items())
    )


def without_double_noise(balance: Decimal) -> Decimal:
    """[guess] Balances are sums of doubles on their side: 0.30000000000000004 means 0.30."""
    return round_to_ore(balance)


def contact_name(contact: Contact) -> str:
    """The name people use; a person's may stand in first and last name only."""
    person = f"{contact.first_name or ''} {contact.last_name or ''}".strip()
    return contact.name or contact.legal_name or person


def contact_orgnr(number: str | None) -> str | None:
    """`NO 312 345 676 MVA` gives 312345676; a foreign number is kept as it is.

    Eleven digits are somebody's national identity number, which has no business in the copy.
    """
    if not number:
        return None
    compact = re.sub(r"[\s.\u00a0-]+", "", number).upper()
    if re.fullmatch(r"(NO)?\d{9}(MVA)?", compact):
        return re.sub(r"\D", "", compact)
    is_personal = re.fullmatch(r"\d{11}", compact) is not None
    return compact if re.search(r"\d", compact) and not is_personal else None


def company_identifier(settings: OrganizationSettings) -> str | None:
    """The company's orgnr or national id, digits only; None when the company has none."""
    return re.sub(r"\D", "", settings.organization_number or "") or None


def year_end_month(settings: FinancialSettings) -> int:
    """[guess] A null month is December; enums are nullable in the whole API."""
    name = settings.financial_year_end_month
    if name is None:
        return 12
    if name not in MONTHS:
        raise ContractError(
            "FinancialSettings: FinancialYearEndMonth is not a month", connector=KEY
        )
    return MONTHS[name]


def lock_date(settings: LockDateSettings) -> date | None:
    """[guess] A company that never locked anything has null, or .NET's first day (0001-01-01)."""
    day = settings.lock_date
    return None if day is None or day.year < 1900 else day


def results_restart() -> bool:
    """[guess] TrialBalance begins result accounts anew each financial year. False: they go on
    accumulating until the result of their year is disposed of. Nothing else decides it."""
    return True


def vat_period(settings: VatSettings) -> str | None:
    """`BiMonthly` gives bi_monthly."""
    name = settings.vat_period
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower() if name else None


def _moment(moments: Moments, text: str | None) -> object:
    return None if text is None else moments[text]


def _names(struct: type[msgspec.Struct]) -> frozenset[str]:
    return frozenset(field_names(struct))


_ACCOUNTS = msgspec.json.Decoder(list[GeneralLedgerAccount])
_VAT_CODES = msgspec.json.Decoder(list[VatCode])
_CONTACTS = msgspec.json.Decoder(list[Contact])
_DIMENSIONS = msgspec.json.Decoder(list[Dimension])
_BANK_ACCOUNTS = msgspec.json.Decoder(list[ClientBankAccount])
_CUSTOMER_ENTRIES = msgspec.json.Decoder(list[CustomerEntry])
_SUPPLIER_ENTRIES = msgspec.json.Decoder(list[SupplierEntry])
_TRIAL_BALANCE = msgspec.json.Decoder(list[TrialBalanceRow])

# What would blank ours if it were gone. A contact may be named otherwise than by its name.
_NEVER_EMPTY = ("Name", "Code", "GeneralLedgerAccountType")
_ACCOUNT_COLUMNS = {
    "Name": "name",
    "GeneralLedgerAccountType": "type",
    "VatCode": "vat_code",
    "IsActive": "is_active",
}
_VAT_CODE_COLUMNS = {
    "Code": "code",
    "Name": "name",
    "Rate": "rate",
    "ValidFrom": "valid_from",
    "ValidTo": "valid_to",
    "IsActive": "is_active",
}
_CONTACT_COLUMNS = {
    "Number": "number",
    "Name": "name",
    "OrganizationNumber": "orgnr",
    "IsActive": "is_active",
}
_DIMENSION_COLUMNS = {"Code": "code", "Name": "name", "IsActive": "is_active"}
_BANK_ACCOUNT_COLUMNS = {
    "BankName": "bank_name",
    "CurrencyCode": "currency",
    "IsActive": "is_active",
}
