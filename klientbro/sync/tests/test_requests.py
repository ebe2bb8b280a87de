"""Every outbound request has its line, every run its row; no line holds a secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from klientbro.connectors import http
from klientbro.connectors.contract import Sent
from klientbro.sync.database import transaction as sync_transaction
from klientbro.sync.engine import run_slice
from klientbro.sync.models import RequestLine
from klientbro.sync.queue import LOOKING
from klientbro.sync.requests import (
    RunLine,
    prune_lines,
    request_lines,
    run_of,
    runs_of,
    write_lines,
)
from klientbro.sync.services import queue_sync
from klientbro.sync.surroundings import CountingLog
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import acting_as
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import add_user, create_firm

TRANSACTIONS = "/accounttransactions"
PERSON = "17912000095"  # a synthetic number


@pytest.fixture
def books(connect: Callable[..., Connected]) -> Connected:
    return connect("holding")


def lines_of(books: Connected, **how: Any) -> list[RequestLine]:
    with in_firm(books.firm.id):
        return request_lines(books.connection.pk, **how)


def runs(books: Connected) -> list[RunLine]:
    with in_firm(books.firm.id):
        return runs_of(books.connection.pk)


def test_every_request_that_the_source_counted_has_a_line_of_its_run(books: Connected) -> None:
    books.simulator.reset_requests()
    books.sync("first")
    counted = books.simulator.request_summary()["total"]
    lines = lines_of(books, limit=10_000)
    [run] = runs(books)

    assert len(lines) == counted == run.requests
    assert {line.run_id for line in lines} == {run.run_id}
    assert {line.purpose for line in lines} == {"sync"}
    assert all(line.status in (200, 204) and line.attempt == 1 for line in lines)
    assert sum(line.bytes_received for line in lines) == run.bytes_received > 0
    postings = [line for line in lines if line.path.endswith("/AccountTransactions")]
    assert sum(line.rows or 0 for line in postings) >= len(books.held())
    assert "PageNumber=1" in postings[-1].query


def test_no_line_holds_a_key_a_token_or_a_personal_number(books: Connected) -> None:
    books.fault("401", path=TRANSACTIONS, count=1)
    books.sync("first")
    key = books.simulator.install(books.number)
    with in_firm(books.firm.id):
        told = "\n".join(
            f"{line.path}?{line.query} {line.failure}" for line in RequestLine.objects.all()
        )
    assert "/AccountTransactions" in told
    for secret in (
        key,
        books.simulator.application_key,
        books.simulator.subscription_key,
        books.simulator.token(key),
        "Bearer",
        "Basic",
    ):
        assert secret not in told


def test_personal_number_in_an_address_is_masked(books: Connected) -> None:
    log = CountingLog()
    log.record(Sent("GET", f"/Customers/{PERSON}", f"id={PERSON}&x=12345678901", 200))
    write_lines(log, books.firm.id, books.connection.pk, "sync", None)
    [line] = lines_of(books)
    assert (line.path, line.query) == ("/Customers/179120 *****", "id=179120 *****&x=12345678901")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))


def test_failures_tell_what_went_wrong_and_which_try_it_was(books: Connected) -> None:
    books.fault("500", path=TRANSACTIONS, count=1)
    books.fault("html", path="/financialsettings", count=1)
    books.sync("first")
    failed = lines_of(books, failed_only=True)

    assert {(line.path.rpartition("/")[2], line.status, line.failure) for line in failed} == {
        ("AccountTransactions", 500, ""),
        ("FinancialSettings", 200, "unreadable"),
    }
    again = [line for line in lines_of(books, text="AccountTransactions") if line.attempt == 2]
    assert len(again) == 1
    assert runs(books)[0].requests_failed == 2


def test_run_that_was_stopped_and_cured_is_one_row_with_its_attempts(books: Connected) -> None:
    books.fault("403", path=TRANSACTIONS, count=1)
    books.sync("first")
    [stopped] = runs(books)
    assert (stopped.outcome, stopped.cause, stopped.attempts) == ("stopped", "rights_missing", 1)
    assert stopped.finished_at is not None

    books.run()
    [cured] = runs(books)
    assert cured.run_id == stopped.run_id
    assert (cured.outcome, cured.cause, cured.attempts) == ("complete", "", 2)
    assert cured.stopped_by == "rights_missing"
    assert cured.rows_new == len(books.held())
    assert cured.seals_made >= cured.sealed_months == books.states()["sealed"] > 0
    assert cured.newest_seal_month is not None


def test_history_tells_who_asked(books: Connected) -> None:
    user, _path = add_user(books.firm.id, "kari@furulund.example", "Kari Nordahl")
    with acting_as(user.pk):
        books.sync("first")
    books.run()  # the schedule's
    books.sync("looking")
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="looking", via="opening")
    books.run()

    assert [(run.via, run.started_by_name) for run in reversed(runs(books))] == [
        ("person", "Kari Nordahl"),
        ("schedule", ""),
        ("command", ""),
        ("opening", ""),
    ]


def test_run_replaced_by_a_full_fetch_says_so(books: Connected) -> None:
    books.sync("first")
    books.fault("503", path=TRANSACTIONS)
    books.sync("looking")
    books.simulator.clear_faults()
    books.sync(full=True)
    assert [(run.reason, run.outcome) for run in runs(books)] == [
        ("full", "complete"),
        ("routine", "replaced"),
        ("first", "complete"),
    ]


def test_key_that_cannot_be_opened_is_one_run_however_often_it_is_tried(books: Connected) -> None:
    books.sync("first")
    books.execute(
        "update clients_connection set key_sealed = '\\x00' where id = %s", books.connection.pk
    )
    for _ in range(3):
        asyncio.run(run_slice(books.firm.id, books.connection.pk, LOOKING))
    [latest, _first] = runs(books)
    assert (latest.cause, latest.outcome, latest.attempts) == ("secrets", "stopped", 3)
    assert latest.requests == 0


def test_lines_that_cannot_be_written_do_not_stop_the_sync(
    books: Connected, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    books.as_owner("alter table sync_requestline add constraint shut check (id < 0) not valid")
    try:
        books.sync("first")
    finally:
        books.as_owner("alter table sync_requestline drop constraint shut")
    assert books.cause == ""
    books.assert_equal_to_source()
    assert lines_of(books) == []
    assert "could not be written" in caplog.text


def test_running_run_shows_its_counts_as_they_stand(books: Connected) -> None:
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="first")
    books.slice()
    books.execute(
        "update sync_run set outcome = 'running', requests = 0 where connection_id = %s",
        books.connection.pk,
    )
    [run] = runs(books)
    assert run.is_running
    assert run.requests == len(lines_of(books, limit=10_000)) > 0
    with in_firm(books.firm.id):
        assert run_of(books.connection.pk, run.run_id) is not None


def test_lines_are_found_by_text_time_and_page(books: Connected) -> None:
    books.sync("first")
    everything = lines_of(books, limit=10_000)
    paths = {line.path for line in lines_of(books, text="trialbal")}
    assert paths
    assert all(path.endswith("TrialBalance") for path in paths)
    first, rest = lines_of(books, limit=5), lines_of(books, limit=10_000)
    after = lines_of(books, before_id=first[-1].pk, limit=10_000)
    assert [line.pk for line in (*first, *after)] == [line.pk for line in rest]
    assert lines_of(books, since=datetime.now(UTC)) == []
    assert len(lines_of(books, until=datetime.now(UTC), limit=10_000)) == len(everything)
    assert lines_of(books, text="no such path") == []


def test_another_firm_sees_no_line_and_no_run(books: Connected) -> None:
    books.sync("first")
    other = create_firm("Naboen Regnskap AS")
    with in_firm(other.id):
        assert request_lines(books.connection.pk) == []
        assert runs_of(books.connection.pk) == []
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
        write_for_another_firm(books, other.id)


def write_for_another_firm(books: Connected, firm_id: Any) -> None:
    with sync_transaction(firm_id) as cursor:
        cursor.execute(
            "insert into sync_requestline (firm_id, purpose, at, method, path, query, failure, "
            "bytes_received, duration_ms, attempt) "
            "values (%s, 'sync', now(), 'GET', '/', '', '', 0, 0, 1)",
            [books.firm.id],
        )


def test_lines_are_kept_for_the_set_days_and_no_longer(books: Connected) -> None:
    log = CountingLog()
    now = datetime.now(UTC)
    for days in (1, 13, 15, 40):
        log.lines.append((now - timedelta(days=days), Sent("GET", f"/{days}", "", 200)))
    write_lines(log, books.firm.id, books.connection.pk, "sync", None)
    assert prune_lines(books.firm.id, 14) == 2
    assert [line.path for line in lines_of(books)] == ["/1", "/13"]
