"""The JSON that leaves the simulator."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from simulators.poweroffice_go.books import (
    LedgerQuery,
    Quirk,
    encode_one,
    encode_rows,
    field_names,
)
from simulators.poweroffice_go.books.model import Transaction

from .conftest import EVERYTHING, shared_books

REFERENCE = Path(__file__).resolve().parents[5] / "shared/reference/poweroffice-go-api-v2.md"


def rows():
    return shared_books(Quirk.BROKEN_YEAR).transactions(EVERYTHING)[:50]


def test_all_fields_of_the_reference_and_no_others():
    if not REFERENCE.exists():
        pytest.skip("the reference folder is not beside the project")
    sample = next(
        line
        for line in REFERENCE.read_text().splitlines()
        if line.startswith('{"AccountId": 7003000')
    )
    newer = {"ItemDescription", "ItemName", "QualityAssignmentId", "SellersItemIdentification"}
    assert set(json.loads(encode_rows(rows()))[0]) == set(json.loads(sample)) | newer


def test_chosen_fields_in_any_case_and_exactly_those():
    decoded = json.loads(encode_rows(rows(), ["id", "AMOUNT", "VoucherNo"]))
    assert set(decoded[0]) == {"Id", "Amount", "VoucherNo"}
    assert json.loads(encode_rows(rows(), ["Id"]))[0] == {"Id": rows()[0].Id}
    with pytest.raises(KeyError):
        encode_rows(rows(), ["Nothing"])


def test_amounts_are_doubles_and_moments_have_seven_decimals():
    text = encode_rows(rows(), ["Amount", "CreatedDateTimeOffset"]).decode()
    assert all("." in amount for amount in re.findall(r'"Amount":(-?[\d.]+)', text))
    assert re.search(
        r'"CreatedDateTimeOffset":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00"', text
    )


def test_absent_values_are_null_or_left_out():
    first = rows()[0]
    assert json.loads(encode_one(first))["Dim1Id"] is None
    assert "Dim1Id" not in json.loads(encode_one(first, leave_out_nulls=True))


def test_ledger_entries_take_the_form_of_their_side():
    books = shared_books(Quirk.BROKEN_YEAR)
    query = LedgerQuery(to_date="2999-12-31")
    customer = json.loads(encode_rows(books.customer_ledger.statement(query)))[0]
    supplier = json.loads(encode_rows(books.supplier_ledger.statement(query)))[0]
    assert {"CustomerId", "CustomerName", "PaidFromBankAccount", "Balance"} <= set(customer)
    assert {"SupplierId", "SupplierName"} <= set(supplier)
    assert "PaidFromBankAccount" not in supplier


def test_every_kind_of_row_encodes():
    books = shared_books(Quirk.BROKEN_YEAR)
    for kind in (
        books.accounts,
        books.vat_codes,
        books.customers,
        books.suppliers,
        books.departments,
        books.client_bank_accounts,
        books.currencies,
        books.sub_ledger_number_series,
        books.lock_date_history,
        [books.financial_settings],
        [books.vat_settings],
        [books.organization_settings],
        [books.spec.integration_information()],
    ):
        assert len(json.loads(encode_rows(kind))) == len(kind) > 0
    assert len(field_names(Transaction)) == 56
