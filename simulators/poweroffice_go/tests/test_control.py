"""The control API: changes to the books, settings, guesses, time, and the request log."""

from __future__ import annotations

import httpx
import pytest

from .conftest import TODAY, Client

LINES = [{"account_no": 6800, "amount": "250.00"}, {"account_no": 1920, "amount": "-250.00"}]


def test_wrong_key_is_refused(simulator):
    for headers in ({}, {"X-Control-Key": "wrong"}):
        assert httpx.get(simulator.control_url, headers=headers).status_code == 401


def test_overview_tells_time_and_settings(simulator):
    said = simulator.control("GET", "")
    assert said["today"] == TODAY
    assert said["settings"]["requests_per_second"] == 0
    assert said["companies"] == len(simulator.companies) >= 18


def test_company_is_found_by_number_orgnr_client_id_and_name(simulator):
    company = simulator.company(1)
    for name in (company["orgnr"], company["client_id"], company["name"]):
        assert simulator.company(name)["number"] == 1
    assert company["postings"] > 0
    assert company["recent_vouchers"]


def test_posted_voucher_appears_in_the_api(client):
    posted = client.simulator.do(
        1, "post_voucher", lines=LINES, posting_date="2026-06-12", text="Rekvisita"
    )
    rows = client.transactions(2026, voucherNos=posted["voucher_no"])
    assert sorted(row["Amount"] for row in rows) == [-250.0, 250.0]
    assert {row["VoucherDescription"] for row in rows} == {"Rekvisita"}


def test_voucher_that_does_not_balance_is_refused(simulator):
    lines = [{"account_no": 6800, "amount": "250.00"}, {"account_no": 1920, "amount": "-249.99"}]
    with pytest.raises(RuntimeError, match=r"400"):
        simulator.do(1, "post_voucher", lines=lines)


def test_locked_period_refuses_vouchers_until_it_is_opened(simulator):
    before = simulator.company(7)["lock_date"]
    simulator.do(7, "set_lock_date", date="2026-05-31")
    with pytest.raises(RuntimeError, match=r"409|400"):
        simulator.do(7, "post_voucher", lines=LINES, posting_date="2026-05-31")
    simulator.do(7, "set_lock_date", date=before or "2025-12-31", reason="Åpnet")
    assert simulator.do(7, "post_voucher", lines=LINES, posting_date="2026-05-31")["voucher_no"]
    settings = Client(simulator, 7).get("/LockDateSettings").json()
    assert settings["LockDate"] == (before or "2025-12-31")


def test_account_is_added_renamed_and_renumbered(client):
    simulator = client.simulator
    simulator.do(1, "add_account", account_no=6801, name="Kaffe")
    simulator.do(1, "rename_account", account_no=6801, name="Kaffe og te")
    simulator.do(1, "renumber_account", account_no=6801, new_no=6802)
    assert client.rows("/GeneralLedgerAccounts", accountNos="6801") == []
    assert client.rows("/GeneralLedgerAccounts", accountNos="6802")[0]["Name"] == "Kaffe og te"


def test_matching_moves_the_balance_of_the_entries(simulator):
    client = Client(simulator, 8)
    customer = client.rows("/Customers")[0]["Number"]
    for amount in ("500.00", "-500.00"):
        other = "-500.00" if amount == "500.00" else "500.00"
        lines = [
            {"account_no": 1500, "amount": amount, "customer_no": customer},
            {"account_no": 1920, "amount": other},
        ]
        simulator.do(8, "post_voucher", lines=lines)
    asked = {"date": TODAY, "customerNos": customer}
    items = client.rows("/Customerledger/OpenItems", **asked)
    pair = [item["Id"] for item in items if abs(item["Amount"]) == 500][-2:]
    match_id = simulator.do(8, "match", entry_ids=pair)["match_id"]
    left = {item["Id"] for item in client.rows("/Customerledger/OpenItems", **asked)}
    assert left.isdisjoint(pair)
    matched = client.rows("/Customerledger/EntriesByMatchId", matchId=match_id)
    assert {entry["Id"] for entry in matched} == set(pair)
    simulator.do(8, "unmatch", match_id=match_id)
    assert set(pair) <= {item["Id"] for item in client.rows("/Customerledger/OpenItems", **asked)}


def test_vanished_voucher_comes_back(client):
    number = client.transactions(2026)[-1]["VoucherNo"]
    client.simulator.do(1, "hide_voucher", voucher_no=number)
    assert client.transactions(2026, voucherNos=number) == []
    client.simulator.do(1, "restore_hidden")
    assert client.transactions(2026, voucherNos=number)


def test_huge_voucher_and_bulk(simulator):
    client = Client(simulator, 9)
    huge = simulator.do(9, "post_huge_voucher", lines=500)
    rows = client.transactions(2026, voucherNos=huge["voucher_no"])
    assert len(rows) == 500
    assert round(sum(row["Amount"] for row in rows), 2) == 0
    assert simulator.do(9, "bulk_post", count=100)["postings"] >= 100


def test_guess_can_be_turned_and_changes_survive_it(simulator):
    client = Client(simulator, 10)
    posted = simulator.do(10, "post_voucher", lines=LINES)
    before = client.rows("/TrialBalance", date=TODAY)
    simulator.control(
        "POST", "guesses", {"company": 10, "trial_balance_lists_unused_accounts": True}
    )
    after = client.rows("/TrialBalance", date=TODAY)
    assert len(after) > len(before)
    assert [row for row in after if row["Balance"]] == [row for row in before if row["Balance"]]
    assert client.transactions(2026, voucherNos=posted["voucher_no"])
    with pytest.raises(RuntimeError, match=r"No such guess"):
        simulator.control("POST", "guesses", {"nonsense": True})


def test_clock_moves_forward(simulator):
    before = simulator.control("GET", "")["now"]
    simulator.control("POST", "clock", {"forward_seconds": 3600})
    assert simulator.control("GET", "")["now"] > before
    simulator.control("POST", "clock", {"today": TODAY})
    assert simulator.control("GET", "")["today"] == TODAY


def test_requests_are_logged_and_counted(client):
    simulator = client.simulator
    simulator.reset_requests()
    client.get("/VatCodes")
    client.get("/VATcodes", PageSize=1)
    client.get("/Nonsense")
    logged = simulator.requests(path="/vatcodes")
    assert [entry["status"] for entry in logged] == [200, 200]
    assert logged[1]["query"] == "PageSize=1"
    assert {entry["company"] for entry in logged} == {1}
    summary = simulator.request_summary()
    assert summary["total"] == 3
    assert summary["by_path"] == {"/vatcodes": 2, "/nonsense": 1}
    assert summary["by_status"] == {"200": 2, "404": 1}
    assert summary["most_in_a_second"] == 3
    assert simulator.requests(company=2) == []


def test_unknown_action_and_parameter_say_what_is_known(simulator):
    with pytest.raises(RuntimeError, match=r"post_voucher"):
        simulator.do(1, "nonsense")
    with pytest.raises(RuntimeError, match=r"voucher_no"):
        simulator.do(1, "reverse_voucher")
    with pytest.raises(RuntimeError, match=r"404"):
        simulator.do("No such company", "bulk_post")
    actions = {action["action"] for action in simulator.control("GET", "actions")}
    assert {"post_voucher", "set_privilege", "play_scenario"} <= actions


def test_every_special_company_can_play_its_scenario(simulator):
    for company in simulator.control("GET", "companies"):
        if company["special"] in ("matched_without_posting", "account_renumbered", "lock_reopened"):
            assert simulator.do(company["number"], "play_scenario")["happened"]


def test_company_made_from_its_own_seed_has_the_same_books_each_time(simulator):
    def made(seed):
        number = simulator.add_company(seed, postings=200, years=1)
        about = simulator.company(number)
        token = simulator.token(simulator.install(number))
        year = about["conversion_date"][:4]
        rows = simulator.get(
            "/AccountTransactions", token, fromDate=f"{year}-01-01", toDate=f"{year}-12-31"
        ).json()
        return number, about["postings"], rows

    first = made(17)
    other = made(18)
    simulator.reset()
    again = made(17)
    assert first[1:] == again[1:]
    assert other[2] != first[2]
    assert first[1] <= 300
    with pytest.raises(RuntimeError, match=r"409.*seed 17"):
        simulator.add_company(17)
    with pytest.raises(RuntimeError, match=r"400"):
        simulator.control("POST", "companies", {"size": 3})
    simulator.reset()
    with pytest.raises(RuntimeError, match=r"404"):
        simulator.company(first[0])
