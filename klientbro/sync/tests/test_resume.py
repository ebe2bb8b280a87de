"""Going on from the last landed page, writing nothing twice, and two runs of one client at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from django.db import connections

from klientbro.connectors.poweroffice import client, paging
from klientbro.ledger.landing import BooksKey, FencedError, take_landing
from klientbro.sync import doing, reading
from klientbro.sync.context import Slice
from klientbro.sync.database import transaction
from klientbro.sync.engine import run_slice
from klientbro.sync.queue import LOOKING
from klientbro.sync.services import forget_sync, queue_sync
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm

Connect = Callable[..., Connected]
TRANSACTIONS = "/accounttransactions"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 40)
    monkeypatch.setattr(client, "PAGE_SIZE", 40)


def pages_asked(books: Connected) -> list[tuple[str, str, str]]:
    """(first day, last day, page number) of each question for transactions, in order."""
    found = []
    for entry in books.simulator.requests(path=TRANSACTIONS):
        query = dict(part.split("=") for part in entry["query"].split("&") if "=" in part)
        if "fromDate" in query and "lastChangedDateTimeOffsetGreaterThan" not in query:
            found.append((query["fromDate"], query["toDate"], query["PageNumber"]))
    return found


def test_cut_off_run_goes_on_from_the_page_after_the_last_landed_one(
    connect: Connect, small_pages: None
) -> None:
    books = connect("sole_proprietor")
    books.fault("503", path=TRANSACTIONS, after=4)
    books.sync("first")
    assert books.cause == "unreachable"
    token = books.value(books.mine("select token from sync_step") + " order by position limit 1")
    books.simulator.clear_faults()
    books.simulator.reset_requests()
    books.sync()
    asked = pages_asked(books)
    assert asked[0][2] == token.split("/")[0] != "1"
    again = [page for *unit, page in asked if unit == [*asked[0][:2]]]
    assert min(map(int, again)) == int(asked[0][2]), "pages that had landed were read again"
    assert books.cause == ""
    books.assert_equal_to_source()


def test_every_slice_goes_on_where_the_one_before_gave_way(
    connect: Connect, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Slice, "is_over", property(lambda work: True))
    books = connect("holding")
    books.sync("first")
    asked = pages_asked(books)
    assert len(asked) == len(set(asked))
    books.assert_equal_to_source()


def test_second_full_sync_of_an_unchanged_client_writes_nothing(connect: Connect) -> None:
    books = connect("sole_proprietor")
    books.sync("first")
    before, landing = books.written(), books.value("select landing from ledger_books")
    books.simulator.reset_requests()
    books.sync(full=True)
    assert books.cause == ""
    assert len(pages_asked(books)) >= 5, "everything was to be read again"
    assert books.written() == before
    assert books.value("select landing from ledger_books") == landing
    assert books.rows(
        "select reason, rows_new, rows_changed, rows_closed from sync_run order by id"
    ) == [("first", len(books.held()), 0, 0), ("full", 0, 0, 0)]


def test_routine_sync_of_an_unchanged_client_takes_two_requests_and_writes_nothing(
    connect: Connect,
) -> None:
    books = connect("holding")
    books.sync("first")
    before = books.written()
    proved_at = books.value("select max(proved_at) from ledger_month")
    books.simulator.reset_requests()
    books.sync("routine")
    assert [entry["path"] for entry in books.simulator.requests()] == [
        TRANSACTIONS,
        "/trialbalance",
    ]
    assert books.written() == before
    assert books.value("select max(proved_at) from ledger_month") > proved_at


def test_months_of_this_year_proved_long_ago_are_proved_again_a_few_at_a_time(
    connect: Connect,
) -> None:
    books = connect("holding")
    books.sync("first")
    books.execute(
        "update ledger_month set proved_at = proved_at - interval '8 days' "
        "where month < (select max(month) from ledger_month)"
    )
    earlier = books.value("select extract(month from max(month))::int - 1 from ledger_month")
    books.simulator.reset_requests()
    books.sync("routine")
    assert len(books.simulator.requests(path="/trialbalance")) == min(earlier, 4) + 1
    assert books.states() == {"sealed": 47}


def test_only_the_newest_run_of_a_client_may_land(connect: Connect) -> None:
    books = connect("holding")
    books.sync("first")
    newest = books.value("select run from ledger_books")
    before = books.written()
    with pytest.raises(FencedError), transaction(books.firm.id) as cursor:
        take_landing(cursor, BooksKey(books.firm.id, books.connection.pk, newest - 1), "late")
    assert books.written() == before


def test_two_runs_of_one_client_at_once_lose_and_double_nothing(
    connect: Connect, small_pages: None
) -> None:
    books = connect("broken_year")
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="first")

    async def both() -> None:
        await asyncio.gather(
            *(run_slice(books.firm.id, books.connection.pk, LOOKING) for _ in range(3))
        )

    asyncio.run(both())
    books.run()
    assert books.cause == ""
    books.assert_equal_to_source()


def test_deactivation_in_the_middle_of_a_run_stops_its_writing(
    connect: Connect, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = connect("sole_proprietor")
    merge = reading._merge
    landings: list[int] = []

    def deactivated_after_three(work: Slice, *rest: object) -> object:
        landings.append(1)
        if len(landings) == 4:
            with in_firm(books.firm.id):
                forget_sync(books.connection)
                type(books.connection).objects.filter(pk=books.connection.pk).update(
                    is_active=False
                )
            connections.close_all()
        return merge(work, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_merge", deactivated_after_three)
    books.press(reason="first")
    books.slice()
    written = books.written()
    assert written["ledger_landing"][0] <= 5  # accounts, VAT codes and three pages
    assert books.rows(books.mine("select 1 from sync_schedule")) == []
    books.slice()  # a job that still waited finds it inactive
    assert books.written() == written


def test_full_sync_asked_for_while_a_run_is_under_way_is_not_forgotten(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = connect("holding")
    books.sync("first")
    ask = doing._ask_since

    def asked_in_between(work: Slice, step: object) -> None:
        monkeypatch.setattr(doing, "_ask_since", ask)
        books.press(full=True)
        ask(work, step)  # type: ignore[arg-type]

    monkeypatch.setattr(doing, "_ask_since", asked_in_between)
    books.sync("routine")
    books.run()
    assert books.rows("select reason from sync_run order by id desc limit 1") == [("full",)]
    assert books.cause == ""


def test_news_asked_for_during_history_come_before_the_rest_of_it(
    connect: Connect, small_pages: None
) -> None:
    books = connect("broken_year")
    books.fault("503", path=TRANSACTIONS, after=40)
    books.sync("first")
    assert books.value("select stage from ledger_books") == "history"
    posted = books.post("123.00")
    books.simulator.clear_faults()
    books.simulator.reset_requests()
    books.sync("looking")
    first = books.simulator.requests(path=TRANSACTIONS)[0]
    assert "lastChangedDateTimeOffsetGreaterThan" in first["query"]
    assert any(row[1] == posted["voucher_id"] for row in books.held().values())
    books.assert_equal_to_source()


def test_news_put_in_front_while_a_step_is_taken_do_not_break_it(
    connect: Connect, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = connect("sole_proprietor")
    fill = reading._fill
    pressed: list[int] = []

    def pressed_during_history(work: Slice, *rest: object) -> object:
        with transaction(books.firm.id) as cursor:
            stage = work.books(cursor).stage
        if stage == "history" and not pressed:
            pressed.append(1)
            books.fault("504", path=TRANSACTIONS, count=3)  # the range must then be split
            books.press()
        return fill(work, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "_fill", pressed_during_history)
    books.sync("first")
    assert pressed
    assert books.cause == ""
    books.assert_equal_to_source()
