"""From rows to JSON: the attribute behind each API field, and a quick encoder for any choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import starmap
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import fields as struct_fields

from .model import CustomerEntry, SupplierEntry, Transaction

_OWN = (
    "Amount CurrencyAmount CurrencyCode Description Id IsNoteMainEntry LastChangedDateTimeOffset "
    "PostingDate SubLedgerEntryId VatAmount"
)
_VOUCHER = (
    "CorrectionOfVoucherId CorrectionOfVoucherNo CreatedDateTimeOffset CreatedFromImportJournalId "
    "ImportedVoucherNo IsReversed ReversedVoucherId ReversedVoucherNo VoucherDate VoucherNo "
    "VoucherType"
)
_EXTRA = (
    "BankTransferId Dim1Code Dim1Id Dim2Code Dim2Id Dim3Code Dim3Id ExternalImportReference "
    "ItemDescription ItemName LocationCode LocationId ProductCode ProductId QualityAssignmentId "
    "Quantity Quantity2 SellersItemIdentification VatReturnSpecification"
)
TRANSACTION_PATHS: dict[str, str] = dict(
    sorted(
        {
            **{name: name for name in _OWN.split()},
            **{name: f"voucher.{name}" for name in _VOUCHER.split()},
            **{name: f"extra.{name}" for name in _EXTRA.split()},
            "AccountId": "account.Id",
            "AccountNo": "account.AccountNo",
            "AgricultureDepartment": "account.AgricultureDepartment",
            "ContactId": "contact.Id",
            "CustomerAccountNo": "contact.CustomerAccountNo",
            "DepartmentCode": "department.Code",
            "DepartmentId": "department.Id",
            "EmployeeAccountNo": "contact.EmployeeAccountNo",
            "ProjectCode": "project.Code",
            "ProjectId": "project.Id",
            "SupplierAccountNo": "contact.SupplierAccountNo",
            "VatCode": "vat.Code",
            "VatId": "vat.Id",
            "VatRate": "vat.Rate",
            "VoucherDescription": "voucher.Description",
            "VoucherId": "voucher.Id",
        }.items()
    )
)

_ENTRY_OWN = (
    "Cid CustomMatchingReference DueDate Id InvoiceNo IsWriteOff LastChangedDateTimeOffset MatchId"
)
_ENTRY_ROW = (
    "Amount CreatedDateTimeOffset CreatedFromImportJournalId CurrencyAmount CurrencyCode "
    "DepartmentCode DepartmentId Dim1Code Dim1Id Dim2Code Dim2Id Dim3Code Dim3Id "
    "ExternalImportReference LocationCode LocationId PostingDate ProjectCode ProjectId VoucherDate "
    "VoucherId VoucherNo VoucherType"
)


def _entry_paths(side: str) -> dict[str, str]:
    paths = {
        "Balance": "Balance",
        "IsCreatedByCurrentIntegration": "IsCreatedByCurrentIntegration",
        **{name: f"entry.{name}" for name in _ENTRY_OWN.split()},
        **{name: f"entry.row.{TRANSACTION_PATHS[name]}" for name in _ENTRY_ROW.split()},
        f"{side}AccountNo": f"entry.row.contact.{side}AccountNo",
        f"{side}ExternalNo": "entry.row.contact.ExternalNo",
        f"{side}Id": "entry.row.contact.Id",
        f"{side}Name": "entry.row.contact.Name",
    }
    if side == "Customer":
        paths["PaidFromBankAccount"] = "entry.PaidFromBankAccount"
    return dict(sorted(paths.items()))


PATHS: dict[type, dict[str, str]] = {
    Transaction: TRANSACTION_PATHS,
    CustomerEntry: _entry_paths("Customer"),
    SupplierEntry: _entry_paths("Supplier"),
}
"""The way from an API field to the attribute that holds it, for the kinds that differ."""

Encoder = Callable[[Sequence[Any]], bytes]


@cache
def paths_of(kind: type) -> dict[str, str]:
    """API field → attribute path, in the order of the alphabet as the API has it."""
    if kind in PATHS:
        return PATHS[kind]
    return {field.name: field.name for field in sorted(struct_fields(kind), key=lambda f: f.name)}


@cache
def _lower_names(kind: type) -> dict[str, str]:
    return {name.lower(): name for name in paths_of(kind)}


def field_names(kind: type) -> tuple[str, ...]:
    """The API fields of a kind of row."""
    return tuple(paths_of(kind))


def field_name(kind: type, name: str) -> str:
    """The field's own spelling; KeyError when the kind has no such field."""
    return _lower_names(kind)[name.strip().lower()]


def getter(kind: type, name: str) -> Callable[[Any], Any]:
    """The function that takes a field's value from a row; KeyError for an unknown field."""
    get: Callable[[Any], Any] = attrgetter(paths_of(kind)[field_name(kind, name)])
    return get


@cache
def _encoder(kind: type, names: tuple[str, ...], leave_out_nulls: bool) -> Encoder:
    paths = paths_of(kind)
    definition: list[Any] = [(name, Any, None) for name in names]
    record = msgspec.defstruct(
        f"{kind.__name__}Json", definition, gc=False, omit_defaults=leave_out_nulls
    )
    encode = msgspec.json.Encoder().encode
    if len(names) == 1:
        single = attrgetter(paths[names[0]])
        return lambda rows: encode([record(single(row)) for row in rows])
    values = attrgetter(*[paths[name] for name in names])
    return lambda rows: encode(list(starmap(record, map(values, rows))))


def encoder(
    kind: type, fields: Sequence[str] | None = None, *, leave_out_nulls: bool = False
) -> Encoder:
    """The encoder of a kind of row for a choice of fields (any case; None or empty = all)."""
    if not fields:
        names = field_names(kind)
    else:
        chosen = {field_name(kind, name) for name in fields}
        names = tuple(name for name in paths_of(kind) if name in chosen)
    return _encoder(kind, names, leave_out_nulls)


def encode_rows(
    rows: Sequence[Any], fields: Sequence[str] | None = None, *, leave_out_nulls: bool = False
) -> bytes:
    """A JSON array of the rows with exactly these fields; KeyError for an unknown one."""
    if not rows:
        return b"[]"
    return encoder(type(rows[0]), fields, leave_out_nulls=leave_out_nulls)(rows)


def encode_one(
    row: object, fields: Sequence[str] | None = None, *, leave_out_nulls: bool = False
) -> bytes:
    """A single JSON object."""
    return encoder(type(row), fields, leave_out_nulls=leave_out_nulls)([row])[1:-1]
