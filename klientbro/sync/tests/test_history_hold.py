"""«Sett historikk på vent»: older years wait, what is landed stays, and they go on from there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import connections

from klientbro.connectors.poweroffice import client, paging
from klientbro.lib.dates import oslo_date
from klientbro.sync.context import Slice
from klientbro.sync.database import transaction
from klientbro.sync.engine import run_slice
from klientbro.sync.history_hold import hold_history, resume_history
from klientbro.sync.queue import HISTORY, LOOKING
from klientbro.sync.services import connection_states, queue_sync
from klientbro.sync.surroundings import SystemClock
from klientbro.sync.tests.support import Connected, until_history
from klientbro.tenants.context import firm as in_firm
from simulators.poweroffice_go.testing import Simulator

Connect = Callable[..., Connected]
THIS_YEAR = oslo_date(SystemClock().now()).year


@pytest.fixture
def books(connect: Connect, simulator: Simulator) -> Connected:
    """A company of four years that nothing has been fetched from."""
    return connect(simulator.add_company(5, postings=160, years=3))


def hold(books: Connected) -> None:
    with in_firm(books.firm.id):
        hold_history(books.connection)
    connections.close_all()


def resume(books: Connected) -> None:
    with in_firm(books.firm.id):
        resume_history(books.connection)
    connections.close_all()


def begins(books: Connected) -> date:
    found: date = books.value("select covered_from from ledger_books")
    return found


def state(books: Connected) -> Any:
    with in_firm(books.firm.id):
        return connection_states([books.connection.pk])[books.connection.pk]


def waiting() -> list[int]:
    with transaction(None) as cursor:
        return [
            int(str(priority))
            for (priority,) in cursor.execute(
                "select priority from procrastinate_jobs where status = 'todo'"
            ).fetchall()
        ]


def forget_jobs() -> None:
    with transaction(None) as cursor:
        cursor.execute("delete from procrastinate_jobs")


def first_sync_until_usable(books: Connected) -> None:
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="first")
    until_history(books)


def test_history_on_hold_ends_the_first_sync_with_this_year_usable_and_proved(
    books: Connected,
) -> None:
    first_sync_until_usable(books)
    hold(books)
    landed = books.held()
    books.run()
    assert books.cause == ""
    assert begins(books) == date(THIS_YEAR, 1, 1)
    assert books.held().items() >= landed.items()
    assert set(books.states()) == {"sealed"}
    assert books.rows("select outcome from sync_run") == [("complete",)]
    assert state(books).history_held_at is not None
    assert state(books).state in ("updated", "waiting")


def test_what_is_new_is_fetched_and_proved_while_history_waits(books: Connected) -> None:
    first_sync_until_usable(books)
    hold(books)
    books.run()
    posted = books.post("44.00")
    books.simulator.reset_requests()
    books.sync("routine")
    assert books.cause == ""
    numbers = {number for (number,) in books.rows("select voucher_no from ledger_posting")}
    assert posted["voucher_no"] in numbers
    assert begins(books) == date(THIS_YEAR, 1, 1)
    assert len(books.simulator.requests(path="/accounttransactions")) == 1
    books.sync("prove")
    assert books.cause == ""
    assert set(books.states()) == {"sealed"}


def test_taken_up_again_it_goes_on_where_it_was_behind_the_work_of_the_day(
    books: Connected,
) -> None:
    first_sync_until_usable(books)
    hold(books)
    books.run()
    landed = books.rows("select source_id, known_from, xmin::text from ledger_posting")
    forget_jobs()
    resume(books)
    assert waiting() == [HISTORY]
    assert state(books).history_held_at is None
    books.run()
    assert books.cause == ""
    assert begins(books) < date(THIS_YEAR, 1, 1)
    assert books.value("select stage from ledger_books") == "current"
    books.assert_equal_to_source()
    kept = books.rows("select source_id, known_from, xmin::text from ledger_posting")
    assert set(landed) <= set(kept), "a landed row was written anew"


def test_piece_under_way_is_read_to_its_end_and_those_behind_it_wait(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 15)
    monkeypatch.setattr(client, "PAGE_SIZE", 15)
    first_sync_until_usable(books)
    with monkeypatch.context() as patched:
        patched.setattr(Slice, "is_over", property(lambda _self: True))
        for _ in range(20):
            books.slice()
            if books.value("select count(*) from sync_step where kind = 'history' and token <> ''"):
                break
    hold(books)
    books.run()
    assert books.cause == ""
    assert begins(books) == date(THIS_YEAR - 1, 1, 1)
    assert set(books.states()) == {"sealed"}
    resume(books)
    books.run()
    assert books.cause == ""
    books.assert_equal_to_source()


def test_held_before_the_first_sync_or_during_a_full_fetch_older_years_are_left_out(
    books: Connected,
) -> None:
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="first")
    hold(books)
    books.run()
    assert books.cause == ""
    assert begins(books) == date(THIS_YEAR, 1, 1)
    books.sync(full=True)
    assert books.cause == ""
    assert begins(books) == date(THIS_YEAR, 1, 1)
    resume(books)
    books.run()
    books.assert_equal_to_source()


def test_pressed_twice_and_pressed_while_a_slice_runs_nothing_is_lost(books: Connected) -> None:
    first_sync_until_usable(books)
    for _ in range(2):
        hold(books)
    since = books.value("select history_held_at from sync_state")
    hold(books)
    assert books.value("select history_held_at from sync_state") == since
    for _ in range(2):
        resume(books)
    books.run()
    assert books.cause == ""
    books.assert_equal_to_source()


def test_held_and_taken_up_again_in_the_middle_of_slices_the_copy_equals_the_source(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "PAGE_SIZE", 15)
    monkeypatch.setattr(client, "PAGE_SIZE", 15)
    first_sync_until_usable(books)

    async def press_meanwhile() -> None:
        run = asyncio.create_task(run_slice(books.firm.id, books.connection.pk, LOOKING))
        for press in (hold, resume, hold):
            await asyncio.sleep(0.05)
            await asyncio.to_thread(press, books)
        await run

    asyncio.run(press_meanwhile())
    books.run()
    assert books.cause == ""
    assert set(books.states()) == {"sealed"}
    assert books.unbalanced() == []
    resume(books)
    books.run()
    books.assert_equal_to_source()
