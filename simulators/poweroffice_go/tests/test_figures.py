"""The figures hang together over the API: vouchers, trial balance, sub-ledgers, documents."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from decimal import Decimal

import pypdf
import pytest

from .conftest import Client


def money(value) -> Decimal:
    return Decimal(str(value))


def test_every_voucher_balances(client):
    sums = defaultdict(Decimal)
    for row in client.transactions(2025):
        sums[row["VoucherNo"]] += money(row["Amount"])
    assert sums
    assert set(sums.values()) == {Decimal(0)}


def test_trial_balance_moves_by_the_transactions(client):
    before = {
        r["AccountNo"]: money(r["Balance"]) for r in client.rows("/TrialBalance", date="2026-01-31")
    }
    after = {
        r["AccountNo"]: money(r["Balance"]) for r in client.rows("/TrialBalance", date="2026-03-31")
    }
    moved = defaultdict(Decimal)
    for row in client.rows("/AccountTransactions", fromDate="2026-02-01", toDate="2026-03-31"):
        moved[row["AccountNo"]] += money(row["Amount"])
    assert moved
    for account in before.keys() | after.keys() | moved.keys():
        assert after.get(account, 0) - before.get(account, 0) == moved.get(account, 0), account


@pytest.mark.parametrize(("side", "account"), [("Customer", 1500), ("Supplier", 2400)])
def test_sub_ledger_equals_its_control_account(client, side, account):
    day = "2026-05-31"
    sheet = client.rows("/TrialBalance", date=day, accountNos=str(account))
    control = sum(money(row["Balance"]) for row in sheet)
    items = client.rows(f"/{side}ledger/OpenItems", date=day)
    balances = client.rows(f"/{side}ledger/{side}Balances", date=day)
    assert items
    assert sum(money(row["Balance"]) for row in items) == control
    assert sum(money(row["Balance"]) for row in balances) == control


def test_ledger_entries_point_at_transactions(client):
    entries = client.rows("/CustomerLedger/Statement", fromDate="2026-01-01", toDate="2026-03-31")
    rows = {row["SubLedgerEntryId"]: row for row in client.transactions(2026)}
    assert entries
    for entry in entries:
        assert rows[entry["Id"]]["Amount"] == entry["Amount"]
        assert rows[entry["Id"]]["CustomerAccountNo"] == entry["CustomerAccountNo"]
    matched = next(entry for entry in entries if entry["MatchId"])
    same = client.rows("/customerledger/entriesbymatchid", matchId=matched["MatchId"])
    assert matched["Id"] in {entry["Id"] for entry in same}
    answer = client.get("/Supplierledger/EntriesByMatchId", matchId=matched["MatchId"])
    assert answer.status_code == 204


def test_reversal_marks_the_reversed_voucher(client):
    simulator = client.simulator
    lines = [{"account_no": 6800, "amount": "100.10"}, {"account_no": 1920, "amount": "-100.10"}]
    posted = simulator.do(1, "post_voucher", lines=lines, posting_date="2026-06-10", text="Penner")
    reversal = simulator.do(1, "reverse_voucher", voucher_no=posted["voucher_no"])
    both = f"{posted['voucher_no']}-{reversal['voucher_no']}"
    rows = client.transactions(2026, voucherNos=both)
    old = [row for row in rows if row["VoucherNo"] == posted["voucher_no"]]
    new = [row for row in rows if row["VoucherNo"] == reversal["voucher_no"]]
    assert all(row["IsReversed"] for row in old)
    assert {row["ReversedVoucherId"] for row in new} == {posted["voucher_id"]}
    assert {row["VoucherType"] for row in new} == {"ReversalVoucher"}
    assert sum(money(row["Amount"]) for row in rows if row["AccountNo"] == 6800) == 0


def test_text_edit_moves_last_changed_only(client):
    row = client.transactions(2026)[-1]
    client.simulator.do(1, "edit_text", transaction_id=row["Id"], text="Ny tekst")
    changed = client.transactions(
        2026, lastChangedDateTimeOffsetGreaterThan=row["LastChangedDateTimeOffset"]
    )
    found = next(r for r in changed if r["Id"] == row["Id"])
    assert found["Description"] == "Ny tekst"
    assert found["CreatedDateTimeOffset"] == row["CreatedDateTimeOffset"]


def test_balance_rows_can_be_narrowed_by_contact(client):
    balances = client.rows("/Customerledger/CustomerBalances", date="2026-05-31")
    one = balances[0]
    narrowed = client.rows(
        "/Customerledger/CustomerBalances", date="2026-05-31", customerIds=one["CustomerId"]
    )
    assert narrowed == [one]


def test_document_of_a_voucher_is_a_zip_with_a_readable_pdf(client):
    listed = client.rows("/VoucherDocumentation")
    with_pdf = next(row for row in listed if row["HasPdf"])
    answer = client.get("/VoucherDocumentation/Download", id=with_pdf["VoucherId"])
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    name = f"bilag-{with_pdf['VoucherNo']}.pdf"
    assert name in archive.namelist()
    text = pypdf.PdfReader(io.BytesIO(archive.read(name))).pages[0].extract_text()
    assert f"Bilag {with_pdf['VoucherNo']}" in text
    only = {"id": with_pdf["VoucherId"], "documentationType": "Pdf"}
    assert client.get("/VoucherDocumentation/Download", **only).status_code == 200
    unknown = {"id": "00000000-0000-4000-8000-000000000000"}
    assert client.get("/VoucherDocumentation/Download", **unknown).status_code == 404
    assert client.get("/VoucherDocumentation/Download", id="nonsense").status_code == 400


def test_document_list_by_voucher(client):
    row = client.rows("/VoucherDocumentation")[0]
    by_number = client.rows("/VoucherDocumentation", voucherNo=row["VoucherNo"])
    assert by_number == client.rows("/VoucherDocumentation", id=row["VoucherId"]) == [row]


def test_vat_codes_leave_out_expired_ones(client):
    valid = {row["Code"] for row in client.rows("/VatCodes")}
    all_of_them = {row["Code"] for row in client.rows("/VatCodes", includeExpired="true")}
    assert {"0", "1", "3"} <= valid <= all_of_them


def test_company_without_the_ledger_module_is_forbidden(simulator):
    number = simulator.special("without_ledger")["number"]
    client = Client(simulator, number)
    said = client.get("/ClientIntegrationInformation").json()
    assert "AccountTransaction" in said["InvalidPrivileges"]
    for path in ("/AccountTransactions", "/TrialBalance", "/Customerledger/OpenItems"):
        assert client.get(path, date="2026-01-31").status_code == 403
    assert client.get("/OrganizationSettings").status_code == 200


def test_special_companies_identify_themselves(simulator):
    without = simulator.special("without_number")
    assert without["orgnr"] is None
    assert len(simulator.special("sole_proprietor")["orgnr"]) == 11
    first, second = (simulator.special(f"same_orgnr_{n}") for n in ("first", "second"))
    assert first["orgnr"] == second["orgnr"]
    client = Client(simulator, first["number"])
    settings = client.get("/OrganizationSettings").json()
    assert settings["OrganizationNumber"] == first["orgnr"]
    assert settings["Id"] == client.get("/ClientIntegrationInformation").json()["ClientId"]
