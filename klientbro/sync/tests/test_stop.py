"""A worker that is told to stop hands over after the page it is at, and nothing is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

from klientbro.sync.tests.support import Connected
from klientbro.sync.tests.test_crashes import COMPANY, PAGE_SIZE, is_done, landings, queue
from klientbro.sync.tests.workers import Workers, wait_for

Connect = Callable[..., Connected]
JOBS = "select status::text, attempts from procrastinate_jobs where task_name like '%sync_conn%'"


def test_worker_told_to_stop_hands_over_what_it_is_at_and_another_goes_on(
    connect: Connect, tmp_path: Path
) -> None:
    workers = Workers(tmp_path / "notes", heartbeat_seconds=0.4, page_size=PAGE_SIZE)
    try:
        books = connect(COMPANY)
        books.fault("slow", path="/accounttransactions", parameters={"seconds": 0.05})
        workers.start(1)
        wait_for(lambda: workers.said("starts"), 30, "a worker")
        queue(books)
        wait_for(lambda: landings(books) > 6, 30, "the first landings")
        (worker,) = workers.running
        worker.send_signal(signal.SIGTERM)
        wait_for(lambda: worker.poll() is not None, 5, "the stop")
        assert worker.returncode == 0
        assert workers.said("ends") == [worker.pid]
        kept = landings(books)
        assert not is_done(books)
        # not cut off and tried again: the slice ended by itself and put the next one in line
        assert [row for row in books.rows(JOBS) if row[0] != "succeeded"] == [("todo", 0)]
        workers.replace_dead()
        wait_for(lambda: is_done(books), 60, "the other worker's end of the sync")
        assert landings(books) > kept
        books.assert_equal_to_source()
    finally:
        workers.stop()
