"""How many requests a client costs, as the source counts them."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from bench.house import Books, connect, use_simulator
from bench.pipeline import held
from bench.table import Row, at_most
from simulators.poweroffice_go.testing import Simulator, start_simulator

MOST_FIRST_USABLE = 12
MOST_UNCHANGED = 2
MOST_UNCHANGED_WITH_TOKEN = 3
MOST_FIRST_SYNC = 90


def run() -> list[Row]:
    """A company with three closed years and the current one, every month proved."""
    with start_simulator(companies=1, requests_per_second=0) as simulator:
        use_simulator(simulator)
        books = connect(simulator, 1)
        simulator.reset_requests()
        books.sync("first")
        asked = simulator.requests()
        first = _first_sync(books, asked)
        simulator.reset_requests()
        books.sync("looking")
        unchanged = simulator.requests()
        books.forget_tokens()
        simulator.reset_requests()
        books.sync("looking")
        without_token = simulator.requests()
    return [
        *first,
        at_most(
            "Unchanged, live token", len(unchanged), MOST_UNCHANGED, "requests", _paths(unchanged)
        ),
        at_most(
            "Unchanged, token expired",
            len(without_token),
            MOST_UNCHANGED_WITH_TOKEN,
            "requests",
            _paths(without_token),
        ),
    ]


def _first_sync(books: Books, asked: list[dict[str, Any]]) -> list[Row]:
    usable_at = books.one("select first_usable_at from sync_state where connection_id = %s")
    until_usable = [call for call in asked if _moment(call["at"]) <= usable_at]
    sealed = int(
        books.one("select count(*) from ledger_month where connection_id = %s and state = 'sealed'")
    )
    unproved = books.one(
        "select count(*) from ledger_month where connection_id = %s and state <> 'sealed'"
    )
    assert unproved == 0, unproved
    quarters = math.ceil(sealed / 3)
    postings = held(books)
    formula = 20 + sealed + max(quarters, math.ceil(postings / 20_000))
    most = min(formula, MOST_FIRST_SYNC)
    beside = f"{postings:,} postings, {sealed} months sealed; formula {formula}"
    return [
        at_most("First sync", len(asked), most, "requests", beside),
        at_most(
            "First usable trial balance",
            len(until_usable),
            MOST_FIRST_USABLE,
            "requests",
            _paths(until_usable),
        ),
    ]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _paths(calls: list[dict[str, Any]]) -> str:
    counted = Counter(call["path"].rstrip("/").rsplit("/", 1)[-1].lower() for call in calls)
    return ", ".join(f"{name} {n}" if n > 1 else name for name, n in counted.items())


def total(simulator: Simulator) -> int:
    """All calls since the log was emptied."""
    return int(simulator.request_summary()["total"])
