"""A source that closes its door: no process sends before it is over, and none makes it worse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from math import ceil, log2
from pathlib import Path
from typing import Any

import pytest

from klientbro.connectors import http
from klientbro.sync import budget
from klientbro.sync.budget import PriorityPacer
from klientbro.sync.database import transaction
from klientbro.sync.queue import ROUTINE
from klientbro.sync.tests.support import Connected
from klientbro.sync.tests.workers import run_together
from simulators.poweroffice_go.testing import Simulator

RATE = 9.7
PATH = "/projects"
RETRY_AFTER = 2
# A request that had its slot before the refusal was written may still be on its way.


def send_from_processes(
    home: Path, simulator: Simulator, processes: int, seconds: float
) -> list[list[str]]:
    """What the processes did, in order of their clocks, which is the simulator's too."""
    token = simulator.token(simulator.install(1))
    simulator.reset_requests()
    arguments = [
        str(seconds),
        str(RATE),
        f"{simulator.api_url}/Projects",
        simulator.subscription_key,
        token,
    ]
    return run_together(
        "klientbro.sync.tests.sending_process", [arguments] * processes, home, seconds + 30
    )


def moments(said: list[list[str]], word: str) -> list[float]:
    return sorted(float(line.split()[1]) for one in said for line in one if line.startswith(word))


def test_no_process_sends_before_the_time_the_source_asked_for_is_over(
    books_firm: Any, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.fault("429", path=PATH, after=12, count=1, parameters={"retry_after": RETRY_AFTER})
    simulator.fault("429", path=PATH, after=24, count=1, parameters={"retry_after": RETRY_AFTER})
    said = send_from_processes(tmp_path, simulator, processes=3, seconds=8.0)
    assert all(any(line.startswith("sends") for line in one) for one in said)
    log = simulator.requests(path=PATH)
    refused = [entry["second"] for entry in log if entry["status"] == 429]
    assert len(refused) == 2
    told = moments(said, "refused")
    assert len(told) == 2
    for answered, written in zip(refused, told, strict=True):
        over = answered + RETRY_AFTER
        assert written < over
        arrived = [entry["second"] for entry in log if answered < entry["second"] < over]
        assert len(arrived) <= 3, "what had set out already, one for each process at the most"
        # noted by the sender, who may wake up late on a busy machine after he was let out
        assert len([one for one in moments(said, "sends") if written < one < over]) <= 3
        assert any(entry["second"] >= over for entry in log), "and then they go on"


def test_refusals_that_do_not_say_how_long_are_answered_by_ever_longer_waits(
    books_firm: Any, simulator: Simulator, tmp_path: Path
) -> None:
    simulator.fault("429_without_retry_after", path=PATH, after=6)
    said = send_from_processes(tmp_path, simulator, processes=2, seconds=8.0)
    refused = [entry["second"] for entry in simulator.requests(path=PATH) if entry["status"] == 429]
    told = [line.split() for one in said for line in one if line.startswith("refused")]
    assert len(told) == len(refused)
    rounds: dict[int, float] = {}  # seconds to wait: when the first of the round was told
    for _, moment, seconds in sorted(told, key=lambda line: float(line[1])):
        rounds.setdefault(2 ** max(ceil(log2(float(seconds) - 0.01)), 0), float(moment))
    waits = list(rounds)
    assert len(waits) >= 3
    assert waits == [2**n for n in range(len(waits))]
    for wait, (earlier, later) in zip(waits, pairwise(rounds.values()), strict=False):
        assert later - earlier > 0.9 * wait
    assert len(refused) <= 3 * len(rounds), "no herd before a closed door"


def throttle(told: float | None) -> float:
    async def work() -> float:
        return await PriorityPacer("test", RATE, ROUTINE).throttled(told)

    return asyncio.run(work())


def as_if_passed(granted: int = 1) -> None:
    """The door is open again, and so many requests have gone through since."""
    with transaction(None) as cursor:
        cursor.execute(
            "update sync_budget set closed_until = now() - interval '1 second', free_at = now(), "
            "granted = granted + %s",
            [granted],
        )


def test_wait_doubles_to_five_minutes_and_begins_anew_when_much_has_gone_through(
    books_firm: Any,
) -> None:
    waits = []
    for _ in range(11):
        waits.append(round(throttle(None)))
        as_if_passed()
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    as_if_passed(granted=budget.SOON_AGAIN_REQUESTS)
    assert round(throttle(None)) == 1


def test_refusals_of_requests_that_were_on_their_way_do_not_add_up(books_firm: Any) -> None:
    assert round(throttle(None)) == 1
    as_if_passed()
    assert [round(throttle(None)) for _ in range(4)] == [2, 2, 2, 2]


def test_what_the_source_says_is_obeyed_to_the_letter_and_never_shortened(books_firm: Any) -> None:
    assert round(throttle(60.0)) == 60
    assert round(throttle(5.0)) == 60
    assert round(throttle(None)) == 60
    assert round(throttle(90.0)) == 90
    as_if_passed()
    assert round(throttle(None)) == 1


def test_time_the_source_asked_for_outlives_a_crash_of_the_database(books_firm: Any) -> None:
    """An unlogged table is emptied when PostgreSQL comes up after a crash."""
    assert round(throttle(600.0)) == 600
    with transaction(None) as cursor:
        found = cursor.execute(
            "select relpersistence from pg_class where relname = 'sync_budget'"
        ).fetchall()
    assert found == [("p",)]


def test_source_that_says_no_without_saying_for_how_long_is_asked_less_and_less(
    connect: Callable[..., Connected], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LONGEST_WAIT_IN_PLACE_SECONDS", 0.0)
    books = connect("holding")
    books.sync("first")
    books.fault("429_without_retry_after")
    asked = []
    for _ in range(6):
        books.sync("routine")
        assert books.cause == "throttled"
        asked.append(books.detail["seconds"])
        as_if_passed(granted=0)
    assert [round(one) for one in asked] == [1, 2, 4, 8, 16, 32]
    books.simulator.clear_faults()
    books.sync("routine")
    assert books.cause == ""
