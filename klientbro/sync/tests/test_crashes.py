"""Real worker processes killed, paused and cut off in the middle of a first load."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from klientbro.sync.services import queue_sync
from klientbro.sync.tests.support import Connected
from klientbro.sync.tests.workers import Workers, wait_for
from klientbro.tenants.context import firm as in_firm

Connect = Callable[..., Connected]
COMPANY = 21  # a dental practice with some 4,200 postings over four years
PAGE_SIZE = 60


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    made = Workers(tmp_path / "notes", heartbeat_seconds=0.4, page_size=PAGE_SIZE)
    yield made
    made.stop()


def queue(books: Connected, **how: bool) -> None:
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="first", **how)


def is_done(books: Connected) -> bool:
    return (
        books.rows("select 1 from sync_step") == []
        and books.rows("select 1 from sync_state where last_success_at is not null") != []
    )


def landings(books: Connected) -> int:
    return int(books.value("select count(*) from ledger_landing"))


def wait_for_landings(
    books: Connected, count: int, meanwhile: Callable[[], object] = lambda: None
) -> None:
    before = landings(books)

    def have_come() -> bool:
        meanwhile()
        return landings(books) >= before + count or is_done(books)

    wait_for(have_come, 30, "landings")


def load_while_workers_die(books: Connected, workers: Workers, seed: int) -> None:
    """A first load with history, ten kills -9 at moments drawn from the seed; then all is equal."""
    books.fault("slow", path="/accounttransactions", parameters={"seconds": 0.02})
    chance = random.Random(seed)  # noqa: S311 repeatable moments
    workers.start(3)
    wait_for(lambda: len(workers.said("starts")) == 3, 20, "three workers")
    queue(books)
    kills, kept = 0, 0
    while kills < 10:
        wait_for(lambda: workers.holder() or is_done(books), 15, "a takeover")
        holder = workers.holder()
        if holder is None:
            break
        wait_for_landings(books, 1)
        time.sleep(chance.uniform(0.0, 0.25))
        workers.kill(holder)
        assert landings(books) >= kept, "a landing was lost"
        kept = landings(books)
        kills += 1
        workers.start()
    wait_for(lambda: is_done(books), 60, "the end of the sync")
    assert kills == 10
    assert workers.said("overlaps"), "two connections were to take turns"
    assert books.cause == ""
    books.assert_equal_to_source()
    assert books.value("select stage from ledger_books") == "current"
    # every page landed once: no closed rows, and landing numbers without a gap
    assert books.value("select count(*) from ledger_posting where known_to < 2147483647") == 0
    assert books.value("select max(number) = count(*) from ledger_landing")


def test_first_load_with_history_survives_kill_9_at_random_moments(
    connect: Connect, workers: Workers
) -> None:
    load_while_workers_die(connect(COMPANY), workers, 20261122)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(25))
def test_first_load_survives_kill_9_for_many_seeds(
    connect: Connect, workers: Workers, seed: int
) -> None:
    load_while_workers_die(connect(COMPANY), workers, seed)


def test_dead_workers_job_is_taken_over_within_seconds(connect: Connect, tmp_path: Path) -> None:
    workers = Workers(tmp_path / "notes", heartbeat_seconds=2.0, page_size=PAGE_SIZE)
    try:
        books = connect(COMPANY)
        workers.start(2)
        wait_for(lambda: len(workers.said("starts")) == 2, 20, "two workers")
        queue(books)
        wait_for(lambda: landings(books) > 2, 15, "the first landings")
        holder = workers.holder()
        assert holder is not None
        workers.kill(holder)
        seconds = wait_for(
            lambda: workers.holder() is not None or is_done(books), 12, "the takeover"
        )
        assert seconds < 30  # about eight where nothing else runs
        wait_for(lambda: is_done(books), 30, "the end of the sync")
        books.assert_equal_to_source()
    finally:
        workers.stop()


def test_paused_worker_that_wakes_up_writes_nothing(connect: Connect, workers: Workers) -> None:
    books = connect(COMPANY)
    books.fault("slow", path="/accounttransactions", parameters={"seconds": 0.02})
    workers.start(2)
    wait_for(lambda: len(workers.said("starts")) == 2, 20, "two workers")
    queue(books)
    wait_for(lambda: landings(books) > 4, 15, "the first landings")
    paused = workers.holder()
    assert paused is not None
    paused.send_signal(signal.SIGSTOP)
    # its open transaction is ended by the server, and the other worker goes on
    wait_for(lambda: is_done(books), 60, "the other worker's sync")
    books.assert_equal_to_source()
    before, run = books.written(), books.value("select run from ledger_books")
    paused.send_signal(signal.SIGCONT)
    wait_for(lambda: paused.pid in workers.said("ends") or paused.poll() is not None, 15, "waking")
    time.sleep(0.3)
    assert books.written() == before
    assert books.value("select run from ledger_books") == run
    assert books.cause == ""


@pytest.mark.soak
def test_sync_goes_on_when_the_database_drops_every_connection(
    connect: Connect, workers: Workers, database_server: object
) -> None:
    books = connect(COMPANY)
    books.fault("slow", path="/accounttransactions", parameters={"seconds": 0.08})
    workers.start(1)
    wait_for(lambda: workers.said("starts"), 20, "a worker")
    queue(books)
    name = books.value("select current_database()")
    drops = 0
    while not is_done(books):
        wait_for_landings(books, 8, workers.replace_dead)
        with psycopg.connect(database_server.superuser_url, autocommit=True) as operator:  # type: ignore[attr-defined]
            operator.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = %s and pid <> pg_backend_pid()",
                [name],
            )
        connections.close_all()  # ours were dropped too
        drops += 1
    assert drops >= 2
    assert books.cause == ""
    books.assert_equal_to_source()
