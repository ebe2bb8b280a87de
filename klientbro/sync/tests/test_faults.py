"""Every way the source can fail: the right cause, action and retry, nothing lost, and cured."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from klientbro.connectors import http
from klientbro.connectors.poweroffice import client, paging
from klientbro.connectors.poweroffice import settings as poweroffice_settings
from klientbro.sync.causes import cause_text
from klientbro.sync.services import accept_vanishing
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import firm_envelopes

Connect = Callable[..., Connected]
TRANSACTIONS, BALANCE, TOKEN = "/accounttransactions", "/trialbalance", "/oauth/token"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(poweroffice_settings, "TIMEOUT_SECONDS", 20.0)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 10)
    monkeypatch.setattr(client, "PAGE_SIZE", 10)


@pytest.fixture
def books(connect: Connect) -> Connected:
    synced = connect("holding")
    synced.sync("first")
    assert synced.cause == ""
    return synced


def assert_explained(books: Connected, cause: str) -> None:
    """The run ended with the cause, has somebody to act, and is due to be tried again."""
    assert books.cause == cause
    said = cause_text(cause)
    assert said.title
    assert said.action
    assert said.retry_seconds
    assert books.rows(
        f"select next_at > now() from sync_schedule where connection_id = {books.connection.pk}"
    ) == [(True,)]
    assert books.value("select cause_since is not null and failures > 0 from sync_state")
    assert books.value("select cause from sync_run order by id desc limit 1") == cause


FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("429", {"path": BALANCE, "parameters": {"retry_after": 90}}, "throttled"),
    ("500", {"path": BALANCE}, "unreachable"),
    ("502", {"path": BALANCE}, "unreachable"),
    ("503", {"path": TRANSACTIONS}, "unreachable"),
    ("504", {"path": BALANCE}, "unreachable"),
    ("timeout", {"path": BALANCE, "parameters": {"seconds": 3.0}}, "unreachable"),
    ("reset", {"path": BALANCE}, "unreachable"),
    ("reset_midway", {"path": TRANSACTIONS}, "unreachable"),
    ("html", {"path": BALANCE}, "unreadable"),
    ("html", {"path": TRANSACTIONS, "parameters": {"status": 403}}, "unreadable"),
    ("cut_json", {"path": BALANCE}, "unreadable"),
    ("empty_body", {"path": BALANCE}, "unreadable"),
    ("401", {"path": BALANCE}, "unreachable"),
    ("403", {"path": TRANSACTIONS}, "rights_missing"),
    ("404", {"path": BALANCE}, "contract"),
    ("missing_field", {"path": BALANCE, "parameters": {"field": "Balance"}}, "contract"),
    ("changed_type", {"path": BALANCE, "parameters": {"field": "Balance"}}, "contract"),
]


def test_every_fault_ends_in_its_cause_and_clears_itself_when_it_is_over(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    posted = 0
    for kind, rule, cause in FAULTS:
        books.fault(kind, **rule)
        books.post("10.00")
        posted += 2
        before = books.held()
        with monkeypatch.context() as patch:
            if kind == "timeout":  # short only here: elsewhere a busy machine may take its time
                patch.setattr(poweroffice_settings, "TIMEOUT_SECONDS", 1.5)
            books.sync("routine")
        assert_explained(books, cause)
        assert books.held().items() >= before.items(), kind
        books.simulator.clear_faults()
        books.execute("delete from sync_budget")  # the time the source asked for has passed
        books.sync("routine")
        assert books.cause == "", kind
        assert books.value("select failures from sync_state") == 0
    books.assert_equal_to_source()
    assert books.value("select api_active from clients_connection")


def test_throttling_is_waited_out_as_long_as_the_source_asks(books: Connected) -> None:
    books.fault("429", path=BALANCE, parameters={"retry_after": 120})
    books.sync("routine")
    assert books.cause == "throttled"
    assert books.value("select extract(epoch from next_at - now()) > 110 from sync_schedule")
    assert books.value("select throttled from sync_budget") == 1
    books.simulator.clear_faults()
    books.simulator.reset_requests()
    books.sync()  # somebody looks: the run ends at once rather than to hold a worker
    assert books.cause == "throttled"
    assert books.simulator.requests() == []


def test_throttling_without_a_word_of_how_long_is_tried_again_by_itself(books: Connected) -> None:
    books.fault("429_without_retry_after", path=BALANCE, count=1)
    books.sync("routine")
    assert books.cause == ""


def test_revoked_key_says_so_and_a_new_one_goes_on_where_it_was(books: Connected) -> None:
    books.simulator.uninstall(books.number)
    books.sync("routine")
    assert_explained(books, "key_rejected")
    assert books.rows("select api_active, key_check_cause from clients_connection") == [
        (False, "key_rejected")
    ]
    replace_key(books, books.simulator.install(books.number))
    books.post("10.00")
    books.sync("routine")
    assert books.cause == ""
    assert books.rows("select api_active, key_check_cause from clients_connection") == [(True, "")]
    books.assert_equal_to_source()


def test_key_of_another_company_fetches_nothing_into_these_books(books: Connected) -> None:
    own_key = books.simulator.install(books.number)
    other = books.simulator.special("without_number")
    replace_key(books, books.simulator.install(other["number"]))
    before = books.written()
    books.simulator.reset_requests()
    books.sync("routine")
    assert_explained(books, "wrong_company")
    assert books.detail["company"] == other["name"]
    assert books.written() == before
    assert books.simulator.requests(path=TRANSACTIONS) == []
    replace_key(books, own_key)
    books.sync("routine")
    assert books.cause == ""
    assert books.held() == books.source()


def test_key_that_cannot_be_decrypted_is_the_operators_matter(books: Connected) -> None:
    books.execute("update clients_connection set key_sealed = %s", b"\x01" + b"0" * 60)
    books.sync("routine")
    assert_explained(books, "secrets")
    assert books.value("select count(*) from sync_step") == 0 or books.held()


def test_our_own_keys_refused_blames_no_customer(books: Connected) -> None:
    books.simulator.control("POST", "tokens/expire", {})
    books.fault("403", path=TOKEN)
    books.simulator.fault("403", path=TOKEN)
    books.sync("routine")
    assert_explained(books, "operator_keys")
    assert books.value("select api_active from clients_connection")


def test_company_without_the_ledger_module_is_told_what_is_missing(connect: Connect) -> None:
    books = connect("without_ledger")
    books.sync("first")
    assert_explained(books, "rights_missing")
    assert books.detail["rights"]


def test_missing_right_to_a_side_list_is_a_finding_and_the_ledger_goes_on(
    books: Connected,
) -> None:
    for privilege in ("Project", "CustomerLedger"):
        books.do("set_privilege", privilege=privilege, allowed=False)
    again(books)
    assert books.cause == ""
    missing = (
        "select reference from ledger_finding where kind = 'right_missing' "
        "and cleared_at is null order by 1"
    )
    assert books.rows(missing) == [("customer_items",), ("projects",)]
    for privilege in ("Project", "CustomerLedger"):
        books.do("set_privilege", privilege=privilege, allowed=True)
    again(books)
    assert books.rows(missing) == []


def test_unknown_field_and_unknown_value_are_findings_and_the_rows_land(
    connect: Connect,
) -> None:
    books = connect("holding")
    books.fault("extra_field", path=TRANSACTIONS)
    books.fault("unknown_enum", path=TRANSACTIONS, parameters={"field": "VoucherType", "limit": 1})
    books.sync("first")
    assert books.cause == ""
    books.assert_equal_to_source()
    findings = books.rows("select kind, reference from ledger_finding order by 1")
    assert findings == [("unknown_field", "NewField"), ("unknown_value", "VoucherType=BrandNew")]


@pytest.mark.parametrize("field", ["Amount", "PostingDate", "AccountId", "VoucherNo"])
def test_transaction_without_a_field_we_live_by_stops_the_run(connect: Connect, field: str) -> None:
    books = connect("holding")
    books.fault("missing_field", path=TRANSACTIONS, parameters={"field": field})
    books.sync("first")
    assert_explained(books, "contract")
    assert books.held() == {}


@pytest.mark.parametrize(
    "kind", ["missing_page", "duplicated_page", "lost_rows", "duplicated_rows", "reordered"]
)
def test_pages_that_do_not_fit_are_never_taken_for_the_whole(
    connect: Connect, small_pages: None, kind: str
) -> None:
    books = connect("holding")
    source = books.source()
    books.simulator.reset_requests()
    books.fault(kind, path=TRANSACTIONS, after=2)
    books.sync("first")
    held = books.held()
    assert held.items() <= source.items()
    assert books.cause or held == source
    books.simulator.clear_faults()
    books.sync()
    assert books.cause == ""
    books.assert_equal_to_source()


@pytest.mark.parametrize("kind", ["missing_page", "duplicated_page", "lost_rows", "reset_midway"])
def test_one_bad_page_is_asked_for_again_at_once(
    connect: Connect, small_pages: None, kind: str
) -> None:
    books = connect("holding")
    books.fault(kind, path=TRANSACTIONS, after=2, count=1)
    books.sync("first")
    assert books.cause == ""
    books.assert_equal_to_source()


def test_range_that_times_out_is_split_and_what_waits_with_it(connect: Connect) -> None:
    books = connect("holding")
    books.simulator.settings(slow_months=3, slow_seconds=0.05)
    books.sync("first")
    assert books.cause == ""
    timed_out = [e for e in books.simulator.requests(path=TRANSACTIONS) if e["status"] == 504]
    assert 0 < len(timed_out) <= 3, "one range found out for all of them"
    books.simulator.settings(slow_months=13)
    books.assert_equal_to_source()


def test_vanished_voucher_type_stops_the_run_and_the_copy_is_kept_until_a_person_accepts(
    connect: Connect,
) -> None:
    books = connect("sole_proprietor")
    books.sync("first")
    before = books.held()
    books.do("remove_voucher_type", voucher_type="OutgoingInvoice")
    books.sync(full=True)
    assert_explained(books, "vanished")
    assert books.detail["count"] > 5
    assert books.detail["types"] == ["customer_invoice"]
    assert books.held() == before
    books.sync("routine")
    assert books.cause == "vanished", "nothing is accepted by waiting"
    assert books.held() == before
    with in_firm(books.firm.id):
        accept_vanishing(books.connection)
    books.run()
    for _ in range(4):  # each year's rows are looked at by themselves
        if books.cause:
            with in_firm(books.firm.id):
                accept_vanishing(books.connection)
            books.run()
    assert books.cause == ""
    assert books.held() == books.source()
    assert books.value("select not is_vanishing_accepted from sync_state")
    assert len(before) > len(books.held())


def test_vanished_vouchers_that_come_back_need_nobody(connect: Connect) -> None:
    books = connect("sole_proprietor")
    books.sync("first")
    books.do("remove_voucher_type", voucher_type="OutgoingInvoice")
    books.sync(full=True)
    assert books.cause == "vanished"
    books.do("restore_hidden")
    books.sync("routine")
    assert books.cause == ""
    books.assert_equal_to_source()


def test_source_that_suddenly_has_nothing_is_not_believed(books: Connected) -> None:
    before = books.held()
    books.fault("no_content", path=TRANSACTIONS)
    books.sync(full=True)
    assert_explained(books, "vanished")
    assert books.held() == before
    books.simulator.clear_faults()
    books.sync()
    assert books.cause == ""
    assert books.held() == before


def test_keys_and_tokens_never_reach_the_log(
    books: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    key = books.simulator.install(books.number)
    with caplog.at_level(logging.DEBUG):
        for kind, rule, _cause in (*FAULTS[:4], *FAULTS[8:14]):
            books.fault(kind, **rule)
            books.sync("routine")
            books.simulator.clear_faults()
            books.execute("delete from sync_budget")
        books.simulator.uninstall(books.number)
        books.sync("routine")
    said = caplog.text + repr(books.rows("select cause_detail from sync_state")) + repr(books)
    for secret in (key, books.simulator.application_key, books.simulator.subscription_key):
        assert secret.lower() not in said.lower()
    assert "Bearer ey" not in said
    assert "Basic " not in said


def replace_key(books: Connected, key: str) -> None:
    """Somebody pastes a key in with «Endre»."""
    with in_firm(books.firm.id):
        envelopes = firm_envelopes()
    books.execute(
        "update clients_connection set key_sealed = %s, key_hash = %s",
        envelopes.seal("client_key", key),
        envelopes.equality_hash("client_key", key),
    )


def again(books: Connected) -> None:
    """The next day's sync, which reads the lists too."""
    books.execute("update sync_state set masters_read_at = masters_read_at - interval '25 hours'")
    books.sync("routine")
