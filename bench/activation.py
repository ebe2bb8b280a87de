"""Seconds from «Aktiver» to a trial balance that can be used, with the source's limit in force."""

from __future__ import annotations

import time

from bench.house import Books, connect
from bench.table import Row, at_most, median
from bench.workers import wait_for, worker
from simulators.poweroffice_go.testing import start_simulator

MOST_SECONDS = 3.0
REQUESTS_PER_SECOND = 9.7
_SAID = "since the job was queued, one client after the other"


def run(*, companies: int) -> list[Row]:
    """Real worker, simulator with its limit of 10 a second, the product at its default pace."""
    with start_simulator(companies=companies + 20) as simulator:
        ordinary = [c["number"] for c in simulator.control("GET", "companies") if not c["special"]]
        clients = [connect(simulator, number) for number in ordinary[:companies]]
        for number in ordinary[:companies]:
            simulator.company(number)  # the source's own books exist before anybody asks for them
        seconds: list[float] = []
        with worker(simulator, REQUESTS_PER_SECOND):
            warm = clients.pop(0)
            warm.queue("first")
            wait_for(lambda: warm.is_done, pause_seconds=0.5)
            for books in clients:
                time.sleep(1.1)  # the second before is nobody's
                seconds.append(_activate(books))
        throttled = simulator.request_summary()["by_status"].get("429", 0)
    beside = f"{len(seconds)} clients, slowest {max(seconds):.1f} s, {throttled} times 429"
    return [
        at_most("Activation to usable trial balance", median(seconds), MOST_SECONDS, "s", beside)
    ]


def _activate(books: Books) -> float:
    started = books.one("select clock_timestamp() where %s > 0")
    books.queue("first")
    wait_for(
        lambda: (
            books.one("select first_usable_at from sync_state where connection_id = %s") is not None
        )
    )
    usable = books.one("select first_usable_at from sync_state where connection_id = %s")
    wait_for(lambda: books.is_done, pause_seconds=0.3)
    return float((usable - started).total_seconds())
