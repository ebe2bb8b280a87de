"""What the worker needs of memory for the first sync of a client with a million postings."""

from __future__ import annotations

import time

from bench.house import Books, connect
from bench.pipeline import held
from bench.table import Row, at_most
from bench.workers import peak_megabytes, wait_for, worker
from simulators.poweroffice_go.testing import Simulator

MOST_MEGABYTES = 300.0


def run(simulator: Simulator) -> tuple[list[Row], Books]:
    """Sync the company in a real worker; its books are kept for the pages."""
    books = connect(simulator, 1)
    with worker(simulator, requests_per_second=1000.0) as process:
        wait_for(lambda: peak_megabytes(process.pid) > 40)
        time.sleep(2)  # ready and idle
        idle = peak_megabytes(process.pid)
        started = time.monotonic()
        books.queue("first")
        wait_for(lambda: books.is_done, pause_seconds=0.5)
        seconds = time.monotonic() - started
        peak = peak_megabytes(process.pid)
    rows = held(books)
    beside = f"{idle:,.0f} MB idle; {rows / seconds:,.0f} rows/s with every proof"
    return [at_most(f"Worker memory, {rows:,} postings", peak, MOST_MEGABYTES, "MB", beside)], books
