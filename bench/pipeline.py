"""How fast postings get from HTTP into the ledger, beside the least possible and beside dlt.

Load: the real engine with its plan less the proofs and the lists, by the clock on the wall from the
first request for postings to the commit of the last page: every index, history, balances, policies,
openings and the fence in force. The rest of a first sync (masters, open items, a proof of each
month) is in the row «whole first sync».
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.house import Books, connect, use_simulator
from bench.limit import Limit
from bench.peer import Peer
from bench.table import Row, at_least, median, rate
from simulators.poweroffice_go.testing import Simulator, start_simulator

CHANGED_SHARE = 50  # one row in so many


@dataclass
class Reading:
    """When the engine began and ended reading postings, and which units it read."""

    began: float | None = None
    ended: float = 0.0
    units: dict[tuple[Any, Any], Any] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        """From the first reading step's start to the last one's end, whatever lay between."""
        assert self.began is not None, "nothing was read"
        return self.ended - self.began


@dataclass
class Rates:
    """Rows a second, one for each round."""

    bare: list[float] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)
    changed: list[float] = field(default_factory=list)
    peer: list[float] = field(default_factory=list)

    def beside(self, ours: list[float], other: list[float]) -> float:
        """The median of the rounds' ratios: both sides of one met the same weather."""
        return median([mine / theirs for mine, theirs in zip(ours, other, strict=True)])


@contextmanager
def watched_reading() -> Iterator[Reading]:
    """Time the engine's own reading of postings."""
    from klientbro.sync import doing

    reading = Reading()
    real = doing.read_postings

    async def timed(work: Any, step: Any) -> bool:
        reading.units.setdefault((step.first, step.last), step.unit())
        if reading.began is None:
            reading.began = time.perf_counter()
        try:
            return await real(work, step)
        finally:
            reading.ended = time.perf_counter()

    doing.read_postings = timed
    try:
        yield reading
    finally:
        doing.read_postings = real


@contextmanager
def only_postings() -> Iterator[None]:
    """The engine's plan without proofs, open items and registers, which ask questions of their own.

    They would stand between two units and be counted as time for reading them.
    """
    from klientbro.sync import doing
    from klientbro.sync.steps import READING_STEPS, StepKind

    kept = {*READING_STEPS, StepKind.ANCHOR, StepKind.FINISH}
    real = doing.planned_steps

    def planned(*arguments: Any) -> list[Any]:
        return [step for step in real(*arguments) if step.kind in kept]

    doing.planned_steps = planned
    try:
        yield
    finally:
        doing.planned_steps = real


def run(superuser_url: str, *, scale: float, rounds: int, with_peer: bool) -> list[Row]:
    """First load, full re-reads and the peer, in turn, `rounds` times."""
    from klientbro.lib.collector import collect_rarely
    from klientbro.lib.threads import take_turns_often

    collect_rarely()  # as every worker does
    take_turns_often()
    # Readers are measured, not the source: it has a machine of its own where it is real.
    options = {"companies": 1, "scale": scale, "requests_per_second": 0, "pages_in_memory": 60}
    with start_simulator(**options) as simulator:
        use_simulator(simulator)
        with watched_reading() as reading:
            warm = connect(simulator, 1)
            warm.sync("first")  # the simulator makes its books, the server its files
        units = list(reading.units.values())
        rows = held(warm)
        limit = Limit(simulator, 1, superuser_url)
        peer = Peer(simulator, 1, superuser_url) if with_peer else None
        rates = Rates()
        for number in range(1, rounds + 1):
            _round(simulator, limit, peer, units, warm, rows, rates)
            print(f"    round {number} of {rounds}: {_in_short(rates)}", flush=True)
    return _table(rates, rows, peer)


def _round(
    simulator: Simulator,
    limit: Limit,
    peer: Peer | None,
    units: list[Any],
    warm: Books,
    rows: int,
    rates: Rates,
) -> None:
    rates.bare.append(rows / limit.seconds(units, rows))
    books = connect(simulator, 1)
    with only_postings(), watched_reading() as reading:
        books.sync("first")
    rates.load.append(rows / reading.seconds)
    assert held(books) == rows, (held(books), rows)
    rates.unchanged.append(rows / _read_again(books, 0))
    changed = _alter(books)
    rates.changed.append(rows / _read_again(books, changed))
    books = connect(simulator, 1)
    started = time.perf_counter()
    books.sync("first")
    rates.whole.append(rows / (time.perf_counter() - started))
    if peer is not None:
        amount = warm.one(
            "select round(sum(abs(amount)), 2) from ledger_posting "
            "where connection_id = %s and known_to = 2147483647"
        )
        rates.peer.append(rows / peer.seconds(units, rows, amount))


def _read_again(books: Books, expected_changes: int) -> float:
    """Seconds of reading everything once more; the count of changes must be as expected."""
    with only_postings(), watched_reading() as reading:
        books.sync(full=True)
    changed = books.one("select rows_changed from sync_state where connection_id = %s")
    new = books.one("select rows_new from sync_state where connection_id = %s")
    assert (changed, new) == (expected_changes, 0), (changed, new, expected_changes)
    return reading.seconds


def _alter(books: Books) -> int:
    """Make one row in fifty of our copy differ, so that the next read changes it."""
    from klientbro.sync.database import transaction

    with transaction(books.firm_id) as cursor:
        return cursor.execute(
            "update ledger_posting set text = coalesce(text, '') || ' (endret)' "
            "where connection_id = %s and known_to = 2147483647 "
            "and source_id::bigint %% %s = 0",
            [books.connection.pk, CHANGED_SHARE],
        ).rowcount


def held(books: Books) -> int:
    """How many postings stand in the ledger."""
    return int(
        books.one(
            "select count(*) from ledger_posting where connection_id = %s and known_to = 2147483647"
        )
    )


def _in_short(rates: Rates) -> str:
    named = {
        "limit": rates.bare,
        "load": rates.load,
        "whole": rates.whole,
        "unchanged": rates.unchanged,
        "2 % changed": rates.changed,
        "dlt": rates.peer,
    }
    return ", ".join(f"{name} {found[-1]:,.0f}" for name, found in named.items() if found)


def _table(rates: Rates, rows: int, peer: Peer | None) -> list[Row]:
    bare = f"bare decode and COPY {rate(median(rates.bare))}"
    size = f"{rows:,} postings"

    def beside_limit(name: str, ours: list[float], target: float | None) -> Row:
        ratio = rates.beside(ours, rates.bare)
        if target is None:
            return Row(name, rate(median(ours)), bare, f"{ratio:.0%}")
        return at_least(name, rate(median(ours)), bare, ratio, target, percent=True)

    table = [
        beside_limit(f"First load, {size}", rates.load, 0.75),
        beside_limit("Read again, nothing changed", rates.unchanged, None),
        beside_limit("Read again, 2 % changed", rates.changed, 0.6),
        beside_limit("Whole first sync, every month proved", rates.whole, None),
    ]
    if peer is not None:
        table.insert(
            1,
            at_least(
                "First load beside a peer",
                rate(median(rates.load)),
                f"dlt {peer.version}, csv COPY, merge {rate(median(rates.peer))}",
                rates.beside(rates.load, rates.peer),
                8.0,
            ),
        )
    return table
