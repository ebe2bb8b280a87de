"""From one worker process to four, with a source that takes 200 ms to answer and sets no limit."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack

from bench.house import Books, connect
from bench.table import Row
from bench.watching import processor_seconds, with_children
from bench.workers import wait_for, worker
from simulators.poweroffice_go.testing import Simulator, start_simulator

ANSWER_SECONDS = 0.2
FEW, MANY = 1, 4
NO_PACE = 1000.0


def run(*, clients: int) -> list[Row]:
    """First syncs of so many small clients, whole with every proof, by one worker and by four."""
    with start_simulator(companies=clients + 20, scale=0.1, requests_per_second=0) as simulator:
        ordinary = [c["number"] for c in simulator.control("GET", "companies") if not c["special"]]
        numbers = ordinary[:clients]
        for number in numbers:
            simulator.company(number)  # the source's books exist before anybody asks for them
        simulator.fault("slow", parameters={"seconds": ANSWER_SECONDS}, count=10_000_000)
        few, few_used = _seconds(simulator, numbers, FEW)
        many, many_used = _seconds(simulator, numbers, MANY)
        requests = simulator.request_summary()["total"]
    cores = len(os.sched_getaffinity(0))
    used = f"workers' processor use {few_used:.2f} and {many_used:.2f} of {cores} cores"
    return [
        Row(
            f"{FEW} → {MANY} worker processes, 200 ms an answer",
            f"{clients / few * 60:.0f} → {clients / many * 60:.0f} clients/min",
            f"{clients} first syncs, {requests / clients:.0f} requests each; {used}",
            f"{few / many:.1f} ×",
        )
    ]


def _seconds(simulator: Simulator, numbers: list[int], count: int) -> tuple[float, float]:
    """Seconds until all clients are done, and the cores that the workers kept busy meanwhile."""
    clients = [connect(simulator, number) for number in numbers]
    with ExitStack() as stack:
        workers = [stack.enter_context(worker(simulator, NO_PACE)) for _ in range(count)]
        _wait_until_ready(connect(simulator, numbers[0]))
        pids = with_children(tuple(process.pid for process in workers))
        simulator.reset_requests()
        before, started = processor_seconds(pids), time.perf_counter()
        for books in clients:
            books.queue("first")
        wait_for(lambda: all(books.is_done for books in clients), pause_seconds=0.2)
        seconds = time.perf_counter() - started
        return seconds, (processor_seconds(pids) - before) / seconds


def _wait_until_ready(books: Books) -> None:
    books.queue("first")
    wait_for(lambda: books.is_done, pause_seconds=0.2)
