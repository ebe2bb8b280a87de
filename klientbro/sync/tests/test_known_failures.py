"""Thirteen ways in which other sync products are known to fail their users; ours may not."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest

from klientbro.connectors.poweroffice.postings import OPTIONAL
from klientbro.sync import engine
from klientbro.sync.causes import Cause, cause_text
from klientbro.sync.engine import run_slice
from klientbro.sync.queue import LOOKING
from klientbro.sync.services import forget_sync, queue_sync
from klientbro.sync.tests.support import PAGE, Connected
from klientbro.sync.tests.test_resume import pages_asked
from klientbro.tenants.context import firm as in_firm
from simulators.poweroffice_go.testing import Simulator

Connect = Callable[..., Connected]
TRANSACTIONS, BALANCE = "/accounttransactions", "/trialbalance"
pytestmark = pytest.mark.usefixtures("small_pages_and_little_patience")


@pytest.fixture
def fresh(connect: Connect, simulator: Simulator) -> Connected:
    """A small company that nothing has been fetched from."""
    return connect(simulator.add_company(5, postings=120, years=0))


@pytest.fixture
def books(fresh: Connected) -> Connected:
    """The same, synced."""
    fresh.sync("first")
    assert fresh.cause == ""
    return fresh


def source_is_well_again(books: Connected) -> None:
    books.simulator.clear_faults()
    books.execute("delete from sync_budget")


def closed_rows(books: Connected) -> int:
    return int(books.value("select count(*) from ledger_posting where known_to < 2147483647"))


def test_error_text_says_what_is_wrong_who_acts_and_how(books: Connected) -> None:
    books.do("set_privilege", privilege="AccountTransaction", allowed=False)
    books.sync("routine")
    said = cause_text(books.cause)
    told = said.explanation.format(rights=", ".join(books.detail["rights"]))
    assert "AccountTransaction" in told
    assert (said.owner, said.action_name) == ("client", "retry")
    books.do("set_privilege", privilege="AccountTransaction", allowed=True)
    books.fault("503", path=BALANCE)
    books.sync("routine")
    assert books.cause == "unreachable"
    assert "TrialBalance" in books.detail["message"]
    assert "503" in books.detail["message"]
    for cause in Cause:
        assert all((cause_text(cause).title, cause_text(cause).action, cause_text(cause).owner))


@pytest.mark.parametrize("kind", ["lost_rows", "missing_page", "no_content"])
def test_success_is_never_told_while_rows_are_missing(fresh: Connected, kind: str) -> None:
    source = fresh.source()
    fresh.fault(kind, path=TRANSACTIONS, after=1)
    fresh.sync("first")
    assert len(fresh.held()) < len(source)
    assert fresh.cause
    assert "sealed" not in fresh.states() or set(fresh.states()) != {"sealed"}
    source_is_well_again(fresh)
    for _ in range(3):
        if fresh.cause:
            fresh.sync("routine")
    assert fresh.cause == ""
    fresh.assert_equal_to_source()


def test_row_at_the_cursor_is_neither_lost_nor_doubled(books: Connected) -> None:
    for count in (2 * PAGE, PAGE, 1, PAGE + 1):  # all rows of a call carry the same timestamp
        books.do("bulk_post", count=count)
        books.sync("routine")
        assert books.cause == ""
    newest = books.value("select newest_source_at from ledger_books")
    at_the_cursor = books.value(
        f"select count(*) from ledger_posting where source_created_at = '{newest}'"
    )
    assert at_the_cursor > PAGE, "a page boundary was to fall among rows of one moment"
    assert closed_rows(books) == 0
    books.assert_equal_to_source()


def test_retry_doubles_no_row(fresh: Connected) -> None:
    for kind in ("reset_midway", "500", "cut_json", "duplicated_page"):
        fresh.fault(kind, path=TRANSACTIONS, after=2, count=1)
    fresh.sync("first")
    for _ in range(3):
        if fresh.cause:
            fresh.sync("routine")
    fresh.sync(full=True)  # everything once more
    assert fresh.cause == ""
    assert closed_rows(fresh) == 0
    fresh.assert_equal_to_source()


def test_resume_goes_on_behind_the_last_landed_page_and_overwrites_none(fresh: Connected) -> None:
    fresh.fault("503", path=TRANSACTIONS, after=4)
    fresh.sync("first")
    assert fresh.cause == "unreachable"
    query = "select source_id, known_from, xmin::text from ledger_posting order by 1"
    landed = fresh.rows(query)
    assert landed
    source_is_well_again(fresh)
    fresh.simulator.reset_requests()
    fresh.sync("routine")
    assert fresh.cause == ""
    # a page that was copied ahead of the one that failed has not landed, and is asked for again
    (_, _, page) = min(pages_asked(fresh), key=lambda asked: (asked[0], int(asked[2])))
    assert int(page) == len(landed) // PAGE + 1
    assert set(landed) <= set(fresh.rows(query)), "a landed row was written anew"
    fresh.assert_equal_to_source()


def test_deletions_are_neither_missed_nor_invented_from_a_half_read_list(books: Connected) -> None:
    before = books.held()
    for kind in ("lost_rows", "missing_page", "cut_json"):
        books.fault(kind, path=TRANSACTIONS, after=1)
        books.sync(full=True)
        assert books.held() == before, kind
        assert closed_rows(books) == 0, kind
        source_is_well_again(books)
    posted = books.post("55.00")
    books.sync("routine")
    books.do("hide_voucher", voucher_no=posted["voucher_no"])
    books.sync("routine")
    for _ in range(2):
        if books.cause:
            books.sync("routine")
    assert books.cause == ""
    assert books.held() == before == books.source()
    assert closed_rows(books) == 2


def test_throttling_does_not_make_itself_worse(books: Connected) -> None:
    books.simulator.reset_requests()
    books.fault("429", parameters={"retry_after": 90})
    for _ in range(4):
        books.sync("looking")
        assert books.cause == "throttled"
    refused = [entry for entry in books.simulator.requests() if entry["status"] == 429]
    assert len(refused) == 1, "nothing is sent until the time the source asked for has passed"
    assert books.value("select extract(epoch from next_at - now()) > 80 from sync_schedule")


def test_pause_and_full_fetch_wipe_nothing(books: Connected) -> None:
    before, written = books.held(), books.written()
    with in_firm(books.firm.id):
        forget_sync(books.connection)
        type(books.connection).objects.filter(pk=books.connection.pk).update(is_active=False)
    assert books.held() == before
    with in_firm(books.firm.id):
        type(books.connection).objects.filter(pk=books.connection.pk).update(is_active=True)
        books.connection.refresh_from_db()
    books.fault("503", path=TRANSACTIONS, after=2)
    books.sync(full=True)
    assert books.cause == "unreachable"
    assert books.held() == before
    assert books.written()["ledger_posting"] == written["ledger_posting"]
    source_is_well_again(books)
    books.sync("routine")
    assert books.cause == ""
    books.assert_equal_to_source()


def test_schema_drift_loses_no_field_in_silence(books: Connected) -> None:
    rows = "select * from ledger_posting order by source_id, known_from"
    before = books.rows(rows)
    books.fault("extra_field", path=TRANSACTIONS, parameters={"name": "Kortnavn"})
    books.sync(full=True)
    assert books.cause == ""
    assert ("unknown_field", "Kortnavn") in books.rows("select kind, reference from ledger_finding")
    source_is_well_again(books)
    for name in ("Amount", "AccountId", "PostingDate", "VoucherNo", "VoucherId"):
        books.fault("missing_field", path=TRANSACTIONS, parameters={"field": name})
        books.sync(full=True)
        assert books.cause == "contract", name
        assert name in books.detail["message"]
        source_is_well_again(books)
    assert books.rows(rows) == before
    books.sync(full=True)
    assert books.cause == ""


def test_field_that_is_gone_is_named_and_blanks_nothing_we_hold(books: Connected) -> None:
    rows = "select * from ledger_posting order by source_id, known_from"
    lists = "select * from ledger_account order by source_id"
    before, accounts = books.rows(rows), books.rows(lists)
    held = {
        name
        for name, column in OPTIONAL.items()
        if books.value(
            f"select count({column}) > 0 from ledger_posting "
            f"where {column}::text not in ('', 'false', 'other')"
        )
    }
    assert {"Description", "VatCode", "VoucherType", "VoucherDescription"} <= held
    for name in sorted(held):
        books.fault("missing_field", path=TRANSACTIONS, parameters={"field": name})
        books.sync(full=True)
        assert books.cause == "contract", name
        assert f"the field {name} is gone" in books.detail["message"]
        source_is_well_again(books)
    books.fault("missing_field", path="/generalledgeraccounts", parameters={"field": "Name"})
    books.sync(full=True)
    assert books.cause == "contract"
    assert "the field Name is gone" in books.detail["message"]
    source_is_well_again(books)
    assert books.rows(rows) == before
    assert books.rows(lists) == accounts
    books.sync(full=True)
    assert books.cause == ""
    assert books.rows(rows) == before


def test_field_that_was_never_there_is_a_finding_and_stops_nobody(fresh: Connected) -> None:
    fresh.fault("missing_field", path=TRANSACTIONS, parameters={"field": "Description"})
    fresh.sync("first")
    assert fresh.cause == ""
    assert ("missing_field", "Description") in fresh.rows(
        "select kind, reference from ledger_finding"
    )
    fresh.assert_equal_to_source()
    source_is_well_again(fresh)
    fresh.sync(full=True)
    assert fresh.value("select count(*) > 0 from ledger_posting where text <> ''")


def test_no_sync_stops_in_silence(books: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise ValueError("an error nobody foresaw")

    with monkeypatch.context() as patched:
        patched.setattr(engine, "take_step", broken)
        books.sync("routine")
    assert books.cause == "internal"
    assert books.rows("select next_at > now() from sync_schedule") == [(True,)]
    books.sync("routine")
    assert books.cause == ""


def test_no_sync_stops_in_silence_where_no_row_has_come_yet(fresh: Connected) -> None:
    """Found by soak seed 7: without a row there is no time to ask from, and the run just ended."""
    fresh.fault("no_content", path=TRANSACTIONS, count=4)
    fresh.sync("first")
    assert fresh.cause or fresh.value("select last_success_at is not null from sync_state")
    source_is_well_again(fresh)
    fresh.sync("routine")
    assert fresh.cause == ""
    fresh.assert_equal_to_source()


def test_alert_has_one_beginning_and_one_end_however_often_it_is_tried(books: Connected) -> None:
    books.fault("503", path=BALANCE)
    since = []
    for tries in range(1, 4):
        books.sync("routine")
        assert books.cause == "unreachable"
        assert books.value("select failures from sync_state") == tries
        since.append(books.value("select cause_since from sync_state"))
    assert since[0] is not None
    assert len(set(since)) == 1, "the same trouble is not news"
    source_is_well_again(books)
    books.sync("routine")
    assert books.rows("select cause, cause_since, failures from sync_state") == [("", None, 0)]


def test_two_runs_of_one_client_at_once_do_no_harm(fresh: Connected) -> None:
    with in_firm(fresh.firm.id):
        queue_sync(fresh.connection, reason="first")

    async def three() -> None:
        runs = (run_slice(fresh.firm.id, fresh.connection.pk, LOOKING) for _ in range(3))
        await asyncio.gather(*runs)

    asyncio.run(three())
    fresh.run()
    assert fresh.cause == ""
    assert closed_rows(fresh) == 0
    assert fresh.value("select max(number) = count(*) from ledger_landing")
    fresh.assert_equal_to_source()


def test_logs_are_there_when_they_are_needed(
    books: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    books.fault("503", path=BALANCE)
    with caplog.at_level(logging.INFO):
        books.sync("routine")
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert any(
        str(books.connection.pk) in line and "unreachable" in line and "503" in line
        for line in said
    )
    assert not [line for line in said if "could not be written" in line]
    (run,) = books.rows("select cause, requests from sync_run order by id desc limit 1")
    assert run[0] == "unreachable"
    assert run[1] >= 4, "one question, and one asked three times"
    refused: list[tuple[Any, ...]] = books.rows(
        "select path, status from sync_requestline where status = 503"
    )
    assert len(refused) == 3
    assert {path.lower().rpartition("/")[2] for path, _status in refused} == {"trialbalance"}
