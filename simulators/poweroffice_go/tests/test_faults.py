"""The fault dial: each kind does what it says, only where and as often as told."""

from __future__ import annotations

import json

import httpx
import pytest

from simulators.poweroffice_go.control_page import FAULT_TITLES
from simulators.poweroffice_go.fault_kinds import KINDS

from .conftest import Client

PATH = "/GeneralLedgerAccounts"


@pytest.mark.parametrize("kind", ["429", "429_without_retry_after", "500", "502", "503", "504"])
def test_status_faults(client, kind):
    client.simulator.fault(kind, path=PATH, count=1)
    answer = client.get(PATH)
    assert answer.status_code == int(kind[:3])
    assert ("retry-after" in answer.headers) == (kind == "429")
    assert client.get(PATH).status_code == 200


def test_fault_keeps_to_its_company_path_and_method(client):
    simulator = client.simulator
    other = Client(simulator, 2)
    simulator.fault("500", company=1, path="/vat*", method="GET")
    assert client.get("/VatCodes").status_code == 500
    assert client.get(PATH).status_code == 200
    assert other.get("/VatCodes").status_code == 200
    simulator.clear_faults()
    assert client.get("/VatCodes").status_code == 200


def test_fault_waits_and_stops_as_told(client):
    rule = client.simulator.fault("503", path=PATH, after=2, count=2)
    assert [client.get(PATH).status_code for _ in range(6)] == [200, 200, 503, 503, 200, 200]
    listed = client.simulator.control("GET", "faults")
    assert [(r["id"], r["seen"], r["applied"]) for r in listed] == [(rule["id"], 4, 2)]


def test_probability_is_the_same_each_time(client):
    outcomes = []
    for _ in range(2):
        client.simulator.clear_faults()
        client.simulator.fault("500", path=PATH, probability=0.5)
        outcomes.append([client.get(PATH).status_code for _ in range(20)])
    assert outcomes[0] == outcomes[1]
    assert set(outcomes[0]) == {200, 500}


def test_token_endpoint_can_fail(client):
    client.simulator.fault("invalid_client", path="/oauth/token", count=1)
    assert client.simulator.token_answer(client.key).json()["error"] == "invalid_client"
    assert client.simulator.token_answer(client.key).status_code == 200


def test_slow_and_timeout(client):
    client.simulator.fault("slow", path=PATH, count=1, parameters={"seconds": 0.3})
    assert client.get(PATH).elapsed.total_seconds() >= 0.3
    client.simulator.fault("timeout", path=PATH, count=1, parameters={"seconds": 0.2})
    with pytest.raises(httpx.TransportError):
        client.get(PATH)


@pytest.mark.parametrize("kind", ["reset", "reset_midway"])
def test_connection_is_cut(client, kind):
    client.simulator.fault(kind, path=PATH, count=1)
    with pytest.raises(httpx.TransportError):
        client.get(PATH)
    assert client.get(PATH).status_code == 200


def test_trickling_body_arrives_whole(client):
    client.simulator.fault("slow_body", path=PATH, count=1, parameters={"seconds": 0.2})
    answer = client.get(PATH)
    assert answer.elapsed.total_seconds() >= 0.1
    assert len(answer.json()) > 10


def test_html_and_cut_json_are_not_json(client):
    for kind in ("html", "cut_json", "empty_body"):
        client.simulator.fault(kind, path=PATH, count=1)
        answer = client.get(PATH)
        assert answer.status_code == 200
        with pytest.raises(ValueError, match=r"."):
            json.loads(answer.content)


def test_wrong_charset_is_not_utf8(client):
    client.simulator.do(1, "rename_account", account_no=1920, name="Bankinnskudd på drift")
    client.simulator.fault("wrong_charset", path=PATH, count=1)
    with pytest.raises(UnicodeDecodeError):
        client.get(PATH).content.decode()


def test_row_faults_change_what_they_say(client):
    fault = client.simulator.fault
    good = client.rows(PATH)
    fault("extra_field", path=PATH, count=1)
    assert all(row["NewField"] == "x" for row in client.rows(PATH))
    fault("unknown_enum", path=PATH, count=1)
    assert client.rows(PATH)[0]["GeneralLedgerAccountType"] == "BrandNew"
    fault("missing_field", path=PATH, count=1, parameters={"field": "Name"})
    assert all("Name" not in row for row in client.rows(PATH))
    fault("null_field", path=PATH, count=1)
    assert client.rows(PATH)[0]["AccountNo"] is None
    fault("changed_type", path=PATH, count=1)
    assert all(isinstance(row["AccountNo"], str) for row in client.rows(PATH))
    fault("duplicated_rows", path=PATH, count=1)
    assert client.rows(PATH) == [good[0], *good]
    fault("lost_rows", path=PATH, count=1, parameters={"limit": 2})
    assert client.rows(PATH) == good[:-2]
    fault("reordered", path=PATH, count=1)
    shuffled = client.rows(PATH)
    assert shuffled != good
    assert sorted(row["Id"] for row in shuffled) == sorted(row["Id"] for row in good)
    assert client.rows(PATH) == good


def test_balance_one_ore_wrong(client):
    good = client.rows("/TrialBalance", date="2026-05-31")
    client.simulator.fault("off_by", path="/trialbalance", count=1)
    wrong = client.rows("/TrialBalance", date="2026-05-31")
    assert round(wrong[0]["Balance"] - good[0]["Balance"], 2) == 0.01
    assert wrong[1:] == good[1:]


def test_page_faults(client):
    pages = [client.get(PATH, PageSize=10, PageNumber=n).json() for n in (1, 2, 3)]
    client.simulator.fault("duplicated_page", path=PATH, count=1)
    answer = client.get(PATH, PageSize=10, PageNumber=2)
    assert answer.json() == pages[0]
    assert json.loads(answer.headers["X-Pagination"])["currentPage"] == 2
    client.simulator.fault("missing_page", path=PATH, count=1)
    assert client.get(PATH, PageSize=10, PageNumber=2).json() == pages[2]
    client.simulator.fault("no_paging_header", path=PATH, count=1)
    assert "X-Pagination" not in client.get(PATH).headers


def test_token_dies_and_key_is_revoked_in_the_middle(simulator):
    client = Client(simulator, 4)
    simulator.fault("token_expired", company=4, path=PATH, count=1)
    assert client.get(PATH).status_code == 401
    assert simulator.token_answer(client.key).status_code == 200
    client = Client(simulator, 4)
    simulator.fault("key_revoked", company=4, path=PATH, count=1)
    assert client.get(PATH).status_code == 401
    assert simulator.token_answer(client.key).status_code == 400
    simulator.install(4)


def test_privilege_vanishes_between_calls(simulator):
    client = Client(simulator, 5)
    path = "/Departments"
    simulator.fault("privilege_removed", company=5, count=1, parameters={"privilege": "Department"})
    assert client.get(path).status_code == 403
    simulator.do(5, "set_privilege", privilege="Department", allowed=True)


def test_voucher_comes_between_two_pages(simulator):
    client = Client(simulator, 6)
    before = client.transactions(2026)
    simulator.fault("row_inserted", company=6, path="/accounttransactions", count=1, after=1)
    client.transactions(2026)
    after = client.transactions(2026)
    assert len(after) > len(before)
    assert after[: len(before)] == before


def test_any_action_can_happen_at_a_call(simulator):
    client = Client(simulator, 6)
    name = {"action": "rename_account", "arguments": {"account_no": 1920, "name": "Omdøpt"}}
    simulator.fault("action", company=6, path=PATH, count=1, parameters=name)
    row = client.rows(PATH, accountNos="1920")[0]
    assert row["Name"] == "Omdøpt"


def test_wrong_rule_is_refused_with_the_reason(simulator):
    for rule in ({"kind": "nonsense"}, {"kind": "slow", "parameters": {"minutes": 1}}):
        with pytest.raises(RuntimeError, match=r"400"):
            simulator.control("POST", "faults", rule)


def test_every_kind_is_described(simulator):
    kinds = simulator.control("GET", "fault-kinds")
    assert len(kinds) >= 30
    assert all(kind["summary"] and kind["stage"] for kind in kinds)


def test_every_kind_has_a_norwegian_title_on_the_control_page():
    assert set(FAULT_TITLES) == set(KINDS)


def test_pages_change_places_two_by_two(client):
    pages = [client.get(PATH, PageSize=10, PageNumber=n).json() for n in (1, 2, 3)]
    client.simulator.fault("reordered_pages", path=PATH, count=3)
    swapped = [client.get(PATH, PageSize=10, PageNumber=n).json() for n in (1, 2, 3)]
    assert swapped == [pages[0], pages[2], pages[1]]


def test_vouchers_and_accounts_change_between_calls(simulator):
    client = Client(simulator, 6)
    before = client.transactions(2026)
    for kind, parameters in (
        ("back_dated_voucher", {"days_ago": 20}),
        ("huge_voucher", {"lines": 40}),
        ("text_edit", {"text": "Rettet"}),
        ("voucher_gap", {"back": 1}),
        ("renamed_account", {"name": "Driftskonto"}),
    ):
        simulator.fault(kind, company=6, path=PATH, count=1, parameters=parameters)
    name = client.rows(PATH, accountNos="1920")[0]["Name"]
    after = client.transactions(2026)
    known = {row["Id"] for row in before}
    come = [row for row in after if row["Id"] not in known]
    assert name == "Driftskonto"
    assert len(come) == 40, "the back-dated one came before the huge one, and was taken away"
    assert {row["Description"] for row in come} == {"Rettet", "Stort bilag"}
    simulator.do(6, "restore_hidden")
    back = [row for row in client.transactions(2026) if row["Id"] not in known]
    assert len(back) == 42
    assert min(row["PostingDate"] for row in back) < max(row["PostingDate"] for row in back)


def test_lagging_replica_neither_shows_nor_counts_what_has_just_come(simulator):
    client = Client(simulator, 6)
    asked = {"fromDate": "2026-01-01", "toDate": "2026-12-31", "PageSize": 20_000}
    before = client.get("/AccountTransactions", **asked)
    simulator.do(6, "bulk_post", count=4)
    simulator.fault("replica_lag", company=6, path="/accounttransactions", count=1)
    lagging = client.get("/AccountTransactions", **asked)
    assert len(lagging.json()) < len(client.get("/AccountTransactions", **asked).json())
    counted = json.loads(lagging.headers["X-Pagination"])["totalCount"]
    assert counted == len(lagging.json()) <= len(before.json())
