"""What a page waits for: the key check, «Send testdata», a voucher's document, and each state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from klientbro.clients.models import KeyCheck
from klientbro.connectors import http
from klientbro.sync.document import fetch_document_now
from klientbro.sync.key_check import check_key_now
from klientbro.sync.models import DocumentRequest, TestRun
from klientbro.sync.services import (
    ConnectionState,
    connection_states,
    queue_key_check,
    queue_sync,
    queue_test_run,
    request_document,
)
from klientbro.sync.tests.support import Connected
from klientbro.sync.trial_run import run_test_now
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import firm_envelopes

Connect = Callable[..., Connected]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))


# ---- the key check


def check(books: Connected, key: str | None) -> KeyCheck:
    """Somebody types a key, or has the stored one checked."""
    with in_firm(books.firm.id):
        asked = KeyCheck.objects.create(
            firm=books.firm,
            integration=books.connection.integration,
            connection=books.connection if key is None else None,
            key_sealed=firm_envelopes().seal("client_key", key) if key else None,
        )
        queue_key_check(asked.pk)
    asyncio.run(check_key_now(books.firm.id, asked.pk))
    with in_firm(books.firm.id):
        asked.refresh_from_db()
    return asked


def test_working_key_tells_the_company_and_its_number_sealed(connect: Connect) -> None:
    books = connect("holding")
    about = books.simulator.company(books.number)
    asked = check(books, books.simulator.install(books.number))
    assert (asked.state, asked.outcome, asked.source_name) == ("done", "works", about["name"])
    assert asked.source_company_id == about["client_id"]
    assert about["orgnr"].encode() not in bytes(asked.source_identifier_sealed)
    with in_firm(books.firm.id):
        opened = firm_envelopes().open("source_identifier", bytes(asked.source_identifier_sealed))
    assert opened == about["orgnr"]


def test_stored_key_can_be_checked_again(connect: Connect) -> None:
    assert check(connect("holding"), None).outcome == "works"


def test_wrong_key_is_rejected(connect: Connect) -> None:
    asked = check(connect("holding"), "11111111-2222-3333-4444-555555555555")
    assert (asked.state, asked.outcome, asked.source_name) == ("done", "rejected", "")


def test_key_without_the_ledger_names_what_is_missing(connect: Connect) -> None:
    asked = check(connect("without_ledger"), None)
    assert asked.outcome == "missing_rights"
    assert any("AccountTransaction" in right for right in asked.missing_rights)
    assert asked.source_name


def test_company_without_a_number_is_found_without_one(connect: Connect) -> None:
    asked = check(connect("without_number"), None)
    assert asked.outcome == "works"
    assert asked.source_identifier_sealed is None


@pytest.mark.parametrize("kind", ["503", "html", "reset", "429"])
def test_source_that_does_not_answer_leaves_the_key_unjudged(connect: Connect, kind: str) -> None:
    books = connect("holding")
    parameters = {"retry_after": 60} if kind == "429" else {}
    books.simulator.fault(kind, parameters=parameters)
    assert check(books, None).outcome == "unreachable"


def test_check_run_twice_answers_once(connect: Connect) -> None:
    books = connect("holding")
    asked = check(books, books.simulator.install(books.number))
    books.simulator.reset_requests()
    asyncio.run(check_key_now(books.firm.id, asked.pk))
    assert books.simulator.requests() == []


# ---- «Send testdata»


def try_out(books: Connected) -> TestRun:
    with in_firm(books.firm.id):
        run = queue_test_run(books.connection)
    asyncio.run(run_test_now(books.firm.id, run.pk))
    with in_firm(books.firm.id):
        run.refresh_from_db()
    return run


def test_trial_run_goes_the_whole_way_and_leaves_nothing_behind(connect: Connect) -> None:
    books = connect(1)
    before = books.written()
    run = try_out(books)
    assert (run.state, run.cause) == ("done", "")
    assert run.counts["postings"] == run.counts["landed"] > 0
    assert run.counts["accounts"] > 20
    assert run.counts["company"] == books.simulator.company(books.number)["name"]
    assert run.seconds > 0
    assert books.written() == before
    assert books.rows("select 1 from ledger_books") == []


def test_trial_run_beside_held_books_changes_neither_run_number_nor_rows(connect: Connect) -> None:
    books = connect("holding")
    books.sync("first")
    state = "select run, landing, postings, watermark, xmin::text from ledger_books"
    before, row = books.written(), books.rows(state)
    run = try_out(books)
    assert (run.cause, run.counts["landed"]) == ("", 0)
    assert books.written() == before
    assert books.rows(state) == row


def test_trial_run_tells_the_first_error(connect: Connect) -> None:
    books = connect("holding")
    books.fault("403", path="/accounttransactions")
    run = try_out(books)
    assert (run.state, run.cause) == ("done", "rights_missing")
    assert run.cause_detail["rights"]
    assert run.counts["accounts"] > 0
    books.simulator.clear_faults()
    books.fault("cut_json", path="/generalledgeraccounts")
    assert try_out(books).cause == "unreadable"


# ---- «Vis bilag»


def fetch(books: Connected, voucher_id: str) -> DocumentRequest:
    with in_firm(books.firm.id):
        asked = request_document(books.connection, voucher_id)
    asyncio.run(fetch_document_now(books.firm.id, asked.pk))
    with in_firm(books.firm.id):
        asked.refresh_from_db()
    return asked


def test_document_is_fetched_and_kept_sealed(connect: Connect) -> None:
    books = connect("sole_proprietor")
    books.sync("first")
    voucher_id = books.value(
        "select voucher_id from ledger_posting where voucher_type = 'supplier_invoice' limit 1"
    )
    asked = fetch(books, voucher_id)
    assert (asked.state, asked.outcome, asked.content_type) == ("done", "found", "application/pdf")
    assert not bytes(asked.content_sealed).startswith(b"%PDF")
    with in_firm(books.firm.id):
        opened = firm_envelopes().open_bytes("document", bytes(asked.content_sealed))
    assert opened.startswith(b"%PDF")


def test_missing_document_unreachable_source_and_lost_key_are_told_apart(connect: Connect) -> None:
    books = connect("holding")
    assert fetch(books, "00000000-0000-0000-0000-000000000000").outcome == "none"
    books.simulator.fault("503")
    assert fetch(books, "00000000-0000-0000-0000-000000000000").outcome == "unreachable"
    books.execute("update clients_connection set is_active = false, key_sealed = null")
    assert fetch(books, "00000000-0000-0000-0000-000000000000").outcome == "disconnected"


# ---- where a connection stands


def state_of(books: Connected) -> ConnectionState:
    with in_firm(books.firm.id):
        return connection_states([books.connection.pk])[books.connection.pk]


def test_states_follow_a_connection_from_never_to_updated(connect: Connect) -> None:
    books = connect("holding")
    assert state_of(books).state == "never"
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="first")
    waiting = state_of(books)
    assert (waiting.state, waiting.queue_position) == ("waiting", 1)
    books.execute("update procrastinate_jobs set status = 'doing', queueing_lock = null")
    assert state_of(books).state == "running"
    books.execute("delete from procrastinate_jobs")
    books.run()
    updated = state_of(books)
    assert updated.state == "updated"
    assert (updated.sealed_months, updated.total_months) == (47, 47)
    assert (updated.percent, updated.usable, updated.stage) == (100, True, "current")
    assert updated.rows_new == len(books.held())
    assert updated.last_success_at is not None
    assert updated.next_at is not None
    books.execute("update clients_connection set is_active = false")
    assert state_of(books).state == "inactive"


def test_state_in_the_middle_of_history_shows_how_far_it_has_come(connect: Connect) -> None:
    books = connect("holding")
    books.fault("503", path="/accounttransactions", after=3)
    books.sync("first")
    books.execute("delete from procrastinate_jobs")
    halfway = state_of(books)
    assert (halfway.state, halfway.cause) == ("waiting", "unreachable")
    assert 0 < halfway.percent < 100
    assert 0 < halfway.sealed_months < halfway.total_months
    assert halfway.usable
    assert halfway.seconds_left
    assert halfway.postings_done > 0


STOPS: list[tuple[str, dict[str, Any], str]] = [
    ("401", {}, "waiting"),
    ("403", {}, "stopped"),
    ("404", {}, "stopped"),
    ("503", {}, "waiting"),
    ("429", {"parameters": {"retry_after": 60}}, "waiting"),
    ("cut_json", {}, "waiting"),
]


def test_each_failure_shows_as_stopped_or_as_waiting(connect: Connect) -> None:
    books = connect("holding")
    books.sync("first")
    for kind, rule, word in STOPS:
        books.fault(kind, path="/trialbalance", **rule)
        books.sync("routine")
        books.execute("delete from procrastinate_jobs")
        shown = state_of(books)
        assert shown.state == word, kind
        assert shown.cause, kind
        assert shown.since is not None
        assert shown.usable, "what we hold stays usable"
        books.simulator.clear_faults()
        books.execute("delete from sync_budget")
        books.sync("routine")
    books.execute("delete from procrastinate_jobs")
    assert state_of(books).state == "updated"


def test_months_that_differ_are_named(connect: Connect) -> None:
    books = connect("holding")
    books.sync("first")
    posted = books.post("10.00")
    books.do("hide_voucher", voucher_no=posted["voucher_no"], also_from_balances=False)
    books.sync("routine")
    books.sync("routine")
    books.execute("delete from procrastinate_jobs")
    shown = state_of(books)
    assert shown.state == "differs"
    assert len(shown.months_differing) == 1
