"""Jobs: one waits per connection, the most urgent wish counts, due ones are queued once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from procrastinate import JobContext
from procrastinate.contrib.django import app

from klientbro.sync.database import transaction
from klientbro.sync.queue import DUE, LOOKING, ROUTINE, defer
from klientbro.sync.services import forget_sync, queue_sync
from klientbro.sync.tasks import prune_now, queue_due_connections, rescue_stalled
from klientbro.sync.tests.support import Connected
from klientbro.tenants.context import firm as in_firm

Connect = Callable[..., Connected]
TASK = "klientbro.sync.tasks.sync_connection"


def jobs() -> list[tuple[Any, ...]]:
    with transaction(None) as cursor:
        return cursor.execute(
            "select priority, lock, queueing_lock, status::text from procrastinate_jobs order by id"
        ).fetchall()


def put(priority: int, lock: str | None = "sync:1") -> None:
    with transaction(None) as cursor:
        defer(cursor, TASK, {"connection_id": 1}, priority=priority, queueing_lock=lock)


def test_second_wish_lifts_the_waiting_job_and_never_lowers_it(books_firm: Any) -> None:
    for priority in (ROUTINE, LOOKING, DUE):
        put(priority)
    assert jobs() == [(LOOKING, None, "sync:1", "todo")]


def test_jobs_without_a_queueing_lock_are_never_taken_for_each_other(books_firm: Any) -> None:
    put(ROUTINE, None)
    put(ROUTINE, None)
    assert len(jobs()) == 2


def test_job_of_a_transaction_that_is_rolled_back_is_not_there(books_firm: Any) -> None:
    with suppress(ZeroDivisionError), transaction(None) as cursor:
        defer(cursor, TASK, {}, priority=ROUTINE, queueing_lock="sync:1")
        raise ZeroDivisionError
    assert jobs() == []


def test_two_transactions_at_once_leave_one_job_and_neither_fails(books_firm: Any) -> None:
    barrier = threading.Barrier(6)

    def press(number: int) -> None:
        barrier.wait()
        put(ROUTINE + number)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(press, range(6)))
    assert [job[0] for job in jobs()] == [ROUTINE + 5]


def test_button_pressed_twice_queues_one_sync_with_the_highest_priority(connect: Connect) -> None:
    books = connect("holding")
    for reason in ("routine", "looking", "looking"):
        with in_firm(books.firm.id):
            queue_sync(books.connection, reason=reason)
    number = books.connection.pk
    assert jobs() == [(LOOKING, f"connection:{number}", f"sync:{number}", "todo")]


def test_inactive_connection_is_not_queued(connect: Connect) -> None:
    books = connect("holding")
    books.connection.is_active = False
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="looking")
    assert jobs() == []


def test_deactivated_connection_leaves_schedule_and_queue(connect: Connect) -> None:
    books = connect("holding")
    with in_firm(books.firm.id):
        queue_sync(books.connection, reason="looking")
        forget_sync(books.connection)
    assert jobs() == []
    assert books.rows("select 1 from sync_schedule") == []


def due(count: int, when: timedelta, firm: Any) -> None:
    with transaction(None) as cursor:
        cursor.execute(
            "insert into sync_schedule (connection_id, firm_id, next_at) "
            "select n, %s, %s from generate_series(1, %s) n",
            [firm.id, datetime.now(UTC) + when, count],
        )


def test_due_connections_are_queued_once_and_pushed_ahead(books_firm: Any) -> None:
    due(30, timedelta(minutes=-1), books_firm)
    assert queue_due_connections() == 30
    assert queue_due_connections() == 0
    assert {(job[0], job[3]) for job in jobs()} == {(ROUTINE, "todo")}
    assert len(jobs()) == 30


def test_connections_not_due_are_left_alone(books_firm: Any) -> None:
    due(3, timedelta(minutes=1), books_firm)
    assert queue_due_connections() == 0


def test_due_connections_are_taken_in_batches_the_longest_due_first(books_firm: Any) -> None:
    due(25, timedelta(minutes=-1), books_firm)
    with transaction(None) as cursor:
        cursor.execute(
            "update sync_schedule set next_at = next_at - interval '1 hour' "
            "where connection_id in (7, 9)"
        )
    assert queue_due_connections(limit=2) == 2
    assert {job[2] for job in jobs()} == {"sync:7", "sync:9"}


def test_two_schedulers_at_once_share_what_is_due(books_firm: Any) -> None:
    due(60, timedelta(minutes=-1), books_firm)
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: queue_due_connections(limit=40), range(4)))
    assert sum(taken) == 60
    assert len(jobs()) == 60


def test_finished_sync_is_due_again_within_the_day(connect: Connect) -> None:
    books = connect("holding")
    books.sync("first")
    minutes = books.value("select extract(epoch from next_at - now()) / 60 from sync_schedule")
    # nobody has opened it: four or twelve hours, but before office hours when the office opens
    assert 0 < minutes <= 12 * 60 * 1.1


def test_old_jobs_documents_and_tokens_are_pruned_and_fresh_ones_kept(connect: Connect) -> None:
    books = connect("holding")
    books.sync("first")
    firm, number = books.firm.id, books.connection.pk
    with transaction(firm) as cursor:
        cursor.execute("delete from procrastinate_jobs")
        for hours in (1, 30):
            (job,) = cursor.execute(
                "insert into procrastinate_jobs (queue_name, task_name, priority, lock, args, "
                "status, attempts) values ('sync', 'x', 0, null, '{}', 'succeeded', 1) returning id"
            ).fetchone()  # type: ignore[misc]
            cursor.execute(
                "update procrastinate_events set at = now() - make_interval(hours => %s) "
                "where job_id = %s",
                [hours, job],
            )
            cursor.execute(
                "insert into procrastinate_events (job_id, type, at) values "
                "(%s, 'succeeded', now() - make_interval(hours => %s))",
                [job, hours],
            )
            cursor.execute(
                "insert into sync_documentrequest (firm_id, connection_id, public_id, voucher_id, "
                "state, outcome, file_name, content_type, created_at) values (%s, %s, "
                "gen_random_uuid(), 'v', 'done', '', '', '', now() - make_interval(mins => %s))",
                [firm, number, hours * 10],
            )
        cursor.execute(
            "insert into sync_accesstoken (firm_id, reference, sealed, expires_at) "
            "values (%s, 'old', '', now() - interval '1 minute')",
            [firm],
        )
    kept = "select count(*) from sync_accesstoken"
    before = books.value(kept)
    prune_now()
    assert len(jobs()) == 1
    assert books.value("select count(*) from sync_documentrequest") == 1
    assert books.value(kept) == before - 1
    assert books.value("select count(*) from sync_run") == 1


def test_dead_workers_jobs_go_back_even_where_a_successor_waits(books_firm: Any) -> None:
    for number in (1, 2):
        with transaction(None) as cursor:
            defer(cursor, TASK, {}, priority=ROUTINE, lock=f"connection:{number}",
                  queueing_lock=f"sync:{number}")  # fmt: skip
    with transaction(None) as cursor:
        cursor.execute("update procrastinate_jobs set status = 'doing'")
    put(LOOKING)  # somebody presses before anybody knows that the worker is dead

    async def rescue() -> None:
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
        with app.replace_connector(connector) as worker_app:
            async with worker_app.open_async():
                context = JobContext(
                    app=worker_app,
                    job=None,  # type: ignore[arg-type]
                    start_timestamp=0.0,
                    abort_reason=lambda: None,
                )
                await rescue_stalled.func(context, 0)

    asyncio.run(rescue())
    assert [job[3] for job in jobs()] == ["todo", "todo", "todo"]


def test_every_job_is_tried_again_and_carries_ids_only() -> None:
    ours = [task for name, task in app.tasks.items() if name.startswith("klientbro.sync.")]
    names = {task.name.rpartition(".")[2] for task in ours}
    assert names >= {"sync_connection", "check_key", "run_test", "fetch_document"}
    for task in ours:
        if task.queueing_lock is None:
            assert task.retry_strategy is not None, task.name
