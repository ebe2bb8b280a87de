"""Closed years are proved monthly behind everything else, and never in the way of a person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from klientbro.sync.context import Slice
from klientbro.sync.database import transaction
from klientbro.sync.engine import run_slice
from klientbro.sync.queue import LOOKING, OLD_PROOF
from klientbro.sync.services import queue_sync
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import acting_as
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import add_user

Connect = Callable[..., Connected]
TRANSACTIONS, BALANCE = "/accounttransactions", "/trialbalance"
PERIOD = "extract(year from current_date)::int"
DUE = (
    "select count(*) from ledger_month where proved_at < now() - interval '30 days' "
    f"and extract(year from month) < {PERIOD}"
)


@pytest.fixture
def books(connect: Connect) -> Connected:
    """Synced, and every closed month was last proved forty days ago."""
    synced = connect("holding")
    synced.sync("first")
    assert synced.cause == ""
    synced.execute("delete from procrastinate_jobs")
    synced.execute(
        "update ledger_month set proved_at = proved_at - interval '40 days' "
        f"where extract(year from month) < {PERIOD}"
    )
    return synced


def jobs() -> list[tuple[Any, ...]]:
    with transaction(None) as cursor:
        return cursor.execute(
            "select priority, args ->> 'connection_id' from procrastinate_jobs "
            "where status = 'todo' order by id"
        ).fetchall()


def next_job() -> tuple[Any, ...]:
    """The one a worker would take now."""
    with transaction(None) as cursor:
        return cursor.execute(
            "select priority, args ->> 'connection_id' "
            "from sync_fetch_job(null, null, 8, 50, false)"
        ).fetchall()[0]


def routine(books: Connected) -> None:
    """A round as the schedule makes it, whose own job is done."""
    books.sync("routine")
    with transaction(None) as cursor:
        cursor.execute("delete from procrastinate_jobs where priority > %s", [OLD_PROOF])


def old_proof(books: Connected) -> None:
    asyncio.run(run_slice(books.firm.id, books.connection.pk, OLD_PROOF))


def asked(books: Connected) -> list[str]:
    return [entry["path"].lower() for entry in books.simulator.requests()]


def test_closed_years_are_proved_in_a_run_of_their_own_a_few_months_at_a_time(
    books: Connected,
) -> None:
    due = books.value(DUE)
    books.simulator.reset_requests()
    books.sync("routine")
    assert asked(books) == [TRANSACTIONS, BALANCE], "today's work proves the latest month alone"
    assert books.value(DUE) == due

    with transaction(None) as cursor:
        cursor.execute("delete from procrastinate_jobs")
    books.sync("routine")
    told = (
        "select last_success_at, next_at from sync_state join sync_schedule using (connection_id)"
    )
    before = books.rows(told)
    books.simulator.reset_requests()
    old_proof(books)
    assert asked(books) == [BALANCE] * 4
    assert books.value(DUE) == due - 4
    assert books.rows(told) == before, "nothing new was asked for: the client is no fresher"
    assert books.cause == ""
    assert books.rows("select reason, outcome from sync_run order by id desc limit 1") == [
        ("old_years", "complete")
    ]
    assert books.value("select run_reason from sync_state") == ""


def test_proof_of_closed_years_is_queued_by_the_run_before_it_and_only_when_due(
    books: Connected,
) -> None:
    asyncio.run(run_slice(books.firm.id, books.connection.pk, LOOKING))
    assert jobs() == [(OLD_PROOF, str(books.connection.pk))]
    old_proof(books)
    books.execute("update ledger_month set proved_at = now()")
    with transaction(None) as cursor:
        cursor.execute("delete from procrastinate_jobs")
    asyncio.run(run_slice(books.firm.id, books.connection.pk, LOOKING))
    assert jobs() == []


def test_request_of_a_person_goes_before_the_proofs_of_closed_years_of_others(
    books: Connected, connect: Connect
) -> None:
    asyncio.run(run_slice(books.firm.id, books.connection.pk, LOOKING))
    other = connect("without_number")
    other.press()
    assert next_job() == (LOOKING, str(other.connection.pk))
    assert next_job() == (OLD_PROOF, str(books.connection.pk))


def test_request_of_a_person_makes_a_waiting_proof_a_fetch_of_what_is_new(
    books: Connected,
) -> None:
    asyncio.run(run_slice(books.firm.id, books.connection.pk, LOOKING))
    books.press()
    assert jobs() == [(LOOKING, str(books.connection.pk))], "one job, as urgent as the person"
    books.simulator.reset_requests()
    books.slice()
    assert asked(books) == [TRANSACTIONS, BALANCE]


def test_request_of_a_person_takes_the_place_of_a_proof_of_closed_years_under_way(
    books: Connected, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(run_slice(books.firm.id, books.connection.pk, LOOKING))
    due = books.value(DUE)
    with monkeypatch.context() as patched:
        patched.setattr(Slice, "is_over", property(lambda _self: True))
        old_proof(books)
    assert books.value(DUE) == due - 1
    assert books.rows("select kind from sync_step order by position") == [
        ("prove_old",),
        ("finish",),
    ]

    posted = books.post("12.00")
    user, _ = add_user(books.firm.id, "kari@furulund.example", "Kari Nordahl")
    with acting_as(user.pk), in_firm(books.firm.id):
        queue_sync(books.connection, reason="looking")
    with transaction(None) as cursor:
        cursor.execute("delete from procrastinate_jobs")
    books.simulator.reset_requests()
    books.slice()
    assert asked(books)[0] == TRANSACTIONS
    assert posted["voucher_no"] in {
        number for (number,) in books.rows("select voucher_no from ledger_posting")
    }
    runs = books.rows("select reason, outcome, started_by from sync_run order by id desc limit 2")
    assert runs == [("routine", "complete", user.pk), ("old_years", "replaced", None)]
    assert jobs() == [(OLD_PROOF, str(books.connection.pk))], "the rest goes on behind it"
    old_proof(books)
    assert books.value(DUE) == due - 5


def test_difference_in_a_closed_year_is_found_and_cured_there(books: Connected) -> None:
    source_id, month = books.rows(
        "select source_id, date_trunc('month', posting_date)::date from ledger_posting p "
        "join ledger_books b using (connection_id) "
        "where known_to = 2147483647 and posting_date >= covered_from "
        "order by posting_date, source_id limit 1"
    )[0]
    books.as_owner(
        f"update ledger_posting set amount = amount + 0.01 where source_id = '{source_id}' "
        "and known_to = 2147483647"
    )
    books.execute("update ledger_month set proved_at = now() where month <> %s", month)
    asyncio.run(run_slice(books.firm.id, books.connection.pk, LOOKING))
    assert books.held() != books.source(), "today's work does not look there"
    with transaction(None) as cursor:
        cursor.execute("delete from procrastinate_jobs")
    old_proof(books)
    assert books.held() == books.source()
    books.sync("routine")  # proves what the correction has unsealed
    assert books.cause == ""
    books.assert_equal_to_source_but_for_history()
