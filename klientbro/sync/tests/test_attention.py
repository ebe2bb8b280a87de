"""Opened clients are fetched at once and once only; choices move the next times; items by day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from klientbro.domain.periods import Month
from klientbro.lib.dates import oslo_date
from klientbro.sync.attention import (
    FirmPace,
    choose_frequency,
    choose_pace,
    firm_pace,
    note_opened,
    set_deadline,
    wishes,
    work_on_items,
)
from klientbro.sync.queue import DUE, LOOKING, ROUTINE
from klientbro.sync.schedule import Frequency
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm

Connect = Callable[..., Connected]
JOBS = "select priority from procrastinate_jobs where status = 'todo'"


@pytest.fixture
def books(connect: Connect) -> Connected:
    synced = connect("holding")
    synced.sync("first")
    assert synced.cause == ""
    synced.execute("delete from procrastinate_jobs")
    return synced


def opens(books: Connected) -> bool:
    with in_firm(books.firm.id):
        return note_opened(books.connection.pk)


def age(books: Connected, **columns: str) -> None:
    """As if the time had passed."""
    for column, interval in columns.items():
        books.execute(f"update sync_state set {column} = {column} - interval '{interval}'")
        books.execute("update sync_attention set opened_at = opened_at - interval '1 hour'")


def minutes_left(books: Connected) -> float:
    return float(books.value("select extract(epoch from next_at - now()) / 60 from sync_schedule"))


def test_opening_a_client_fetches_it_at_once_and_again_only_after_a_while(
    books: Connected,
) -> None:
    age(books, last_success_at="1 hour")
    assert opens(books)
    assert books.rows(JOBS) == [(LOOKING,)]
    books.execute("delete from procrastinate_jobs")
    assert not opens(books)
    assert books.rows(JOBS) == []
    books.execute("update sync_attention set opened_at = opened_at - interval '4 minutes'")
    assert opens(books)


def test_fresh_client_is_not_fetched_for_being_opened_but_counts_as_in_use(
    books: Connected,
) -> None:
    assert not opens(books)
    assert books.rows(JOBS) == []
    with in_firm(books.firm.id):
        wish = wishes([books.connection.pk])[books.connection.pk]
    assert wish.opened_at is not None
    assert datetime.now(UTC) - wish.opened_at < timedelta(minutes=1)


def test_client_that_is_being_fetched_or_waits_for_a_person_is_left_alone(
    books: Connected,
) -> None:
    age(books, last_success_at="1 hour")
    books.execute("update sync_state set cause = 'key_rejected'")
    assert not opens(books)
    books.execute("update sync_state set cause = ''")
    books.execute("update sync_attention set opened_at = null")
    books.press()
    waiting = books.rows(JOBS)
    assert not opens(books)
    assert books.rows(JOBS) == waiting


def test_another_firm_opens_nothing_of_ours(books: Connected) -> None:
    other = create_firm("Et annet byrå AS")
    age(books, last_success_at="1 hour")
    with in_firm(other.id):
        assert not note_opened(books.connection.pk)
        assert wishes([books.connection.pk]) == {}
        choose_frequency(books.connection.pk, Frequency.OFTEN)
        work_on_items(books.connection.pk, date(2026, 1, 31))
    assert books.rows("select 1 from sync_attention") == []
    assert books.rows("select 1 from sync_itemday") == []
    assert books.rows(JOBS) == []


def test_choice_for_the_firm_moves_its_clients_next_times(books: Connected) -> None:
    books.execute("update sync_schedule set next_at = now() + interval '9 days'")
    with in_firm(books.firm.id):
        choose_pace(FirmPace(Frequency.OFTEN, 0, 24))
        assert firm_pace() == FirmPace(Frequency.OFTEN, 0, 24)
    assert minutes_left(books) <= 12 * 60 * 1.1
    with in_firm(books.firm.id):
        choose_pace(FirmPace(Frequency.OPENING, 0, 24))
    assert 21 * 60 < minutes_left(books) < 27 * 60


def test_client_s_own_choice_goes_before_the_firm_s_and_can_be_taken_back(
    books: Connected,
) -> None:
    with in_firm(books.firm.id):
        choose_pace(FirmPace(Frequency.SELDOM, 6, 20))
        choose_frequency(books.connection.pk, Frequency.OPENING)
        assert wishes([books.connection.pk])[books.connection.pk].frequency is Frequency.OPENING
        choose_frequency(books.connection.pk, None)
        assert wishes([books.connection.pk])[books.connection.pk].frequency is Frequency.SELDOM


def test_choice_does_not_bring_a_failed_client_forward(books: Connected) -> None:
    books.execute("update sync_state set cause = 'throttled'")
    books.execute("update sync_schedule set next_at = now() + interval '3 hours'")
    with in_firm(books.firm.id):
        choose_pace(FirmPace(Frequency.OFTEN, 0, 24))
    assert minutes_left(books) > 170


def test_hours_that_close_before_they_open_are_refused(books_firm: Any) -> None:
    with in_firm(books_firm.id), pytest.raises(ValueError, match="open before"):
        choose_pace(FirmPace(Frequency.OFTEN, 17, 7))


def test_client_near_its_deadline_is_queued_before_routine(books: Connected) -> None:
    assert books.value("select priority from sync_schedule") == ROUTINE
    with in_firm(books.firm.id):
        set_deadline(books.connection.pk, oslo_date(datetime.now(UTC)) + timedelta(days=2))
    assert books.value("select priority from sync_schedule") == DUE


def test_lists_are_read_anew_daily_and_when_a_client_is_opened(books: Connected) -> None:
    def paths() -> set[str]:
        books.simulator.reset_requests()
        books.sync("routine")
        return {call["path"].rsplit("/", 1)[-1].lower() for call in books.simulator.requests()}

    lists = {"customers", "suppliers", "financialsettings", "generalledgeraccounts"}
    assert not lists & paths()
    age(books, masters_read_at="2 hours")
    assert not lists & paths(), "two hours old, and nobody looks"
    books.execute("insert into sync_attention (connection_id, firm_id, opened_at) "
                  "select connection_id, firm_id, now() from sync_state")  # fmt: skip
    assert lists <= paths()
    assert not lists & paths(), "once for each opening"
    age(books, masters_read_at="25 hours")
    assert lists <= paths()


def test_open_items_of_a_period_s_end_are_taken_when_worked_on_and_when_it_moves(
    connect: Connect,
) -> None:
    books = connect("sole_proprietor")
    books.sync("first")
    day = Month.of(oslo_date(datetime.now(UTC))).previous().last_day
    taken = f"select count(*) from ledger_item_snapshot where as_of = '{day}'"

    def asked() -> int:
        books.simulator.reset_requests()
        books.sync("routine")
        paths = [call["path"].lower() for call in books.simulator.requests()]
        return len([path for path in paths if "openitem" in path])

    assert asked() == 0
    with in_firm(books.firm.id):
        work_on_items(books.connection.pk, day)
    assert asked() == 2
    assert books.value(taken) == 2
    assert asked() == 0, "nothing has moved"
    customer = books.value("select number from ledger_party where kind = 'customer' limit 1")
    invoice = [
        {"customer_no": int(customer), "amount": "500.00"},
        {"account_no": 3000, "amount": "-500.00"},
    ]
    books.do("post_voucher", lines=invoice, posting_date=str(day))
    assert asked() == 0, "the run that brings the movement"
    assert asked() == 2, "the next one takes the items"
    assert asked() == 0


def test_unchanged_client_costs_two_requests_and_a_token_when_the_last_is_old(
    books: Connected,
) -> None:
    def requests() -> int:
        books.simulator.reset_requests()
        books.sync("routine")
        return len(books.simulator.requests())

    assert requests() == 2
    books.execute("delete from sync_accesstoken")
    assert requests() == 3
