"""The rules that all endpoints share: paths, paging, columns, filters, errors."""

from __future__ import annotations

import json
import re

import pytest

PAGE_PATHS = [
    "/GeneralLedgerAccounts",
    "/VatCodes",
    "/Customers",
    "/Suppliers",
    "/SubLedgerNumberSeries",
    "/ClientBankAccounts",
]
SINGLE_PATHS = [
    "/ClientIntegrationInformation",
    "/OrganizationSettings",
    "/FinancialSettings",
    "/LockDateSettings",
    "/VatSettings",
]


@pytest.mark.parametrize("path", PAGE_PATHS)
def test_list_is_a_bare_array_with_a_paging_header(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    paging = json.loads(answer.headers["X-Pagination"])
    assert set(paging) == {
        "totalCount", "pageSize", "currentPage", "totalPages", "previousPageLink", "nextPageLink"
    }  # fmt: skip
    assert (paging["totalCount"], paging["pageSize"]) == (len(answer.json()), 5000)
    assert paging["nextPageLink"] is None


@pytest.mark.parametrize("path", SINGLE_PATHS)
def test_settings_are_single_objects(client, path):
    assert isinstance(client.get(path).json(), dict)


def test_paths_and_parameter_names_ignore_case(client):
    answer = client.get("/generalLEDGERaccounts", pagesize=3, FIELDS="accountno")
    assert [list(row) for row in answer.json()] == [["AccountNo"]] * 3


def test_unknown_path_is_not_found(client):
    for path in ("/Nonsense", "/GeneralLedgerAccounts/x/y", ""):
        assert client.get(path).status_code == 404


def test_page_size_limits(client):
    for query in ({"PageSize": 20001}, {"PageSize": 0}, {"PageNumber": 0}, {"PageSize": "many"}):
        answer = client.get("/VatCodes", **query)
        assert answer.status_code == 400
        assert answer.json()["title"] == "Invalid resourceParameter"
    assert client.get("/VatCodes", PageSize=20000).status_code == 200


def test_unknown_column_is_refused(client):
    for query in ({"Fields": "Id,Nonsense"}, {"Fields": "Id,,Name"}, {"OrderBy": "nonsense"}):
        answer = client.get("/GeneralLedgerAccounts", **query)
        assert (answer.status_code, answer.json()["title"]) == (400, "Invalid resourceParameter")


def test_odata_parameters_are_refused_and_other_strangers_ignored(client):
    assert client.get("/Customers", **{"$top": 1}).status_code == 400
    assert client.get("/Customers", **{"$skip": 1}).status_code == 400
    assert client.get("/Customers", **{"resourceParameter[PageSize]": 1}).status_code == 200


def test_page_past_the_end_and_empty_list_are_no_content(client):
    for query in ({"PageNumber": 999}, {"accountNos": "99999999"}):
        answer = client.get("/GeneralLedgerAccounts", **query)
        assert (answer.status_code, answer.content) == (204, b"")
    assert client.get("/Locations").status_code == 204


def test_order_by_column_and_direction(client):
    up = [row["AccountNo"] for row in client.rows("/GeneralLedgerAccounts", OrderBy="AccountNo")]
    down = client.rows("/GeneralLedgerAccounts", OrderBy="accountNo DESC, Id")
    assert up == sorted(up)
    assert [row["AccountNo"] for row in down] == up[::-1]
    assert client.get("/GeneralLedgerAccounts", OrderBy="Id sideways").status_code == 400


def test_single_object_by_id(client):
    account = client.rows("/GeneralLedgerAccounts")[0]
    assert client.get(f"/generalledgeraccounts/{account['Id']}").json() == account
    answer = client.get("/GeneralLedgerAccounts/90210")
    assert (answer.status_code, answer.json()["title"]) == (404, "Object(s) not found")


def test_number_filter_with_ranges(client):
    rows = client.rows("/GeneralLedgerAccounts", accountNos="1500-1599, 1920, 8000-")
    numbers = {row["AccountNo"] for row in rows}
    assert {1500, 1920} <= numbers
    assert all(1500 <= n < 1600 or n == 1920 or n >= 8000 for n in numbers)
    assert client.get("/GeneralLedgerAccounts", accountNos="a-b").status_code == 400


def test_blank_filter_is_not_used(client):
    everything = client.rows("/GeneralLedgerAccounts")
    assert client.rows("/GeneralLedgerAccounts", accountNos=" ") == everything


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/AccountTransactions", {"toDate": "2026-01-31"}),
        ("/AccountTransactions", {}),
        ("/TrialBalance", {}),
        ("/Customerledger/OpenItems", {}),
        ("/Supplierledger/SupplierBalances", {}),
        ("/Customerledger/Statement", {"fromDate": "2026-01-01"}),
        ("/Supplierledger/EntriesByMatchId", {}),
        ("/VoucherDocumentation/Download", {}),
    ],
)
def test_missing_mandatory_parameter_is_not_found(client, path, query):
    answer = client.get(path, **query)
    assert answer.status_code == 404
    assert "title" in answer.json()


def test_full_timestamp_is_accepted_as_a_date(client):
    short = client.rows("/TrialBalance", date="2026-01-31")
    for form in ("2026-01-31T00:00:00.0000000+00:00", "2026-01-31T23:59:59Z"):
        assert client.rows("/TrialBalance", date=form) == short
    assert client.get("/TrialBalance", date="31.01.2026").status_code == 400


def test_changed_since_is_exclusive_in_all_three_forms(client):
    stamps = sorted(row["CreatedDateTimeOffset"] for row in client.transactions(2026))
    limit = stamps[len(stamps) // 2]
    later = sum(stamp > limit for stamp in stamps)
    forms = (limit, limit.replace("+00:00", "Z"), limit.replace("T", " "))
    for form in forms:
        rows = client.transactions(2026, createdDateTimeOffsetGreaterThan=form)
        assert len(rows) == later
        assert all(row["CreatedDateTimeOffset"] > limit for row in rows)
    answer = client.simulator.http.get(
        client.simulator.api_url
        + "/AccountTransactions?fromDate=2026-01-01&toDate=2026-12-31"
        + f"&createdDateTimeOffsetGreaterThan={limit}",  # the + is not encoded, so it is a space
        headers=client.simulator.headers(client.token),
    )
    assert answer.status_code == 400


def test_too_long_address_is_a_misleading_not_found(client):
    numbers = ",".join(str(number) for number in range(1000, 1500))
    assert client.get("/GeneralLedgerAccounts", accountNos=numbers).status_code == 404


def test_id_lists_refuse_hyphens_and_unknown_ids(client):
    answer = client.get("/Customers", contactGroupIds="1-5")
    assert (answer.status_code, answer.json()["title"]) == (400, "Unable to cast object(s)")
    answer = client.get("/Customers", contactGroupIds="77")
    assert (answer.status_code, answer.json()["title"]) == (404, "Object(s) not found")


def test_timestamps_have_seven_decimals_and_amounts_are_numbers(client):
    row = client.rows("/AccountTransactions", fromDate="2026-01-01", toDate="2026-01-31")[0]
    form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00"
    assert re.fullmatch(form, row["CreatedDateTimeOffset"])
    assert re.fullmatch(form, row["LastChangedDateTimeOffset"])
    assert isinstance(row["Amount"], float)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["PostingDate"])
    assert len(row) > 55


def test_missing_privilege_is_forbidden_and_said_in_the_information(client):
    simulator = client.simulator
    simulator.do(1, "set_privilege", privilege="TrialBalance", allowed=False)
    answer = client.get("/TrialBalance", date="2026-01-31")
    assert (answer.status_code, answer.content) == (403, b"")
    assert (
        "TrialBalance" not in client.get("/ClientIntegrationInformation").json()["ValidPrivileges"]
    )
    simulator.do(1, "set_privilege", privilege="TrialBalance_Full", allowed=True)
    assert client.get("/TrialBalance", date="2026-01-31").status_code == 200
    simulator.do(1, "set_privilege", privilege="TrialBalance_Full", allowed=False)
    simulator.do(1, "set_privilege", privilege="TrialBalance", allowed=True)


def test_content_type_header_on_a_get_is_harmless(client):
    headers = client.simulator.headers(client.token)
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    url = client.simulator.api_url + "/ClientIntegrationInformation"
    assert client.simulator.http.get(url, headers=headers).status_code == 200


def test_long_ranges_time_out_unless_a_filter_narrows_them(client):
    long = {"fromDate": "2024-01-01", "toDate": "2026-12-31"}
    assert client.get("/AccountTransactions", **long).status_code == 504
    edge = {"fromDate": "2025-01-01", "toDate": "2026-01-31"}
    assert client.get("/AccountTransactions", **edge).status_code == 200
    since = "2026-06-01T00:00:00Z"
    answer = client.get("/AccountTransactions", **long, createdDateTimeOffsetGreaterThan=since)
    assert answer.status_code in (200, 204)
    client.simulator.settings(slow_rows=10)
    assert client.get("/AccountTransactions", **edge).status_code == 504
