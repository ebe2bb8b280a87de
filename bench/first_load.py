"""How fast postings get from HTTP into the ledger, against the least work anybody could do.

The limit fetches the same pages with the same fields, decodes them with the same decoder and
copies them one after the other, in one process, into a table with no index, policy or history.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from bench.house import Books, connect, use_simulator
from bench.table import Row, median
from simulators.poweroffice_go.testing import Simulator, start_simulator

BARE = "bench_bare"


@dataclass
class Reading:
    """How long the engine spent reading and landing postings, and which units it read."""

    seconds: float = 0.0
    units: dict[tuple[Any, Any], Any] = field(default_factory=dict)


@contextmanager
def watched_reading() -> Iterator[Reading]:
    """Time the engine's own reading steps; masters, open items and proofs are not in it."""
    from klientbro.sync import engine

    reading = Reading()
    real = engine.read_postings

    async def timed(work: Any, step: Any) -> bool:
        reading.units.setdefault((step.first, step.last), step.unit())
        started = time.perf_counter()
        try:
            return await real(work, step)
        finally:
            reading.seconds += time.perf_counter() - started

    engine.read_postings = timed
    try:
        yield reading
    finally:
        engine.read_postings = real


class Limit:
    """Fetch, decode, COPY: one page after the other into a bare table."""

    def __init__(self, simulator: Simulator, number: int, superuser_url: str) -> None:
        self._simulator = simulator
        self._key = simulator.install(number)
        self._url = superuser_url

    def seconds(self, units: list[Any]) -> tuple[float, int]:
        """Seconds and rows for the units; the table is made anew before the clock starts."""
        with psycopg.connect(self._url) as connection:
            connection.execute(f"drop table if exists {BARE}")
            connection.execute(f"create table {BARE} as select * from ledger_posting with no data")
            connection.execute("set synchronous_commit = off")
            connection.commit()
            started = time.perf_counter()
            rows = asyncio.run(self._copy(connection, units))
            seconds = time.perf_counter() - started
            count = connection.execute(f"select count(*) from {BARE}").fetchone()
            assert count is not None and count[0] == rows, (count, rows)
        return seconds, rows

    async def _copy(self, connection: Any, units: list[Any]) -> int:
        from klientbro.connectors.poweroffice.listings import question_of
        from klientbro.connectors.poweroffice.postings import decode_postings
        from klientbro.ledger.landing import POSTING_COLUMNS, write_rows

        client = bare_client(self._simulator, self._key)
        copy_in = sql.SQL("copy {} ({}) from stdin").format(
            sql.Identifier(BARE), sql.SQL(", ").join(map(sql.Identifier, POSTING_COLUMNS))
        )
        total = 0
        try:
            for unit in units:
                question, number = question_of(unit), 1
                while True:
                    page = await client.page(question, number)
                    decoded = decode_postings(page.content)
                    with connection.cursor() as cursor:
                        write_rows(cursor, copy_in, decoded.rows)
                    connection.commit()
                    total += len(decoded.rows)
                    if not page.has_more:
                        break
                    number += 1
        finally:
            await client.close()
        return total


def bare_client(simulator: Simulator, key: str) -> Any:
    """The connector's client alone: no shared allowance, tokens in memory."""
    from klientbro.connectors.contract import Grant, Surroundings
    from klientbro.connectors.poweroffice.client import Client
    from klientbro.connectors.poweroffice.settings import Settings
    from klientbro.sync.surroundings import CountingLog, SystemClock

    operator = {
        "application_key": simulator.application_key,
        "subscription_key": simulator.subscription_key,
        "api_url": simulator.api_url,
        "token_url": simulator.token_url,
    }
    surroundings = Surroundings(
        pacer=_NoPacer(),
        clock=SystemClock(),
        tokens=_NoTokens(),
        log=CountingLog(),
        operator=operator,
    )
    return Client(Settings.read(operator), Grant(key, "bench"), surroundings)


class _NoPacer:
    async def wait(self) -> None:
        return None

    async def throttled(self, retry_after_seconds: float) -> None:
        return None


class _NoTokens:
    def __init__(self) -> None:
        self._held: dict[str, Any] = {}

    async def read(self, reference: str) -> Any:
        return self._held.get(reference)

    async def write(self, reference: str, token: str, expires_at: Any) -> None:
        self._held[reference] = (token, expires_at)

    async def forget(self, reference: str) -> None:
        self._held.pop(reference, None)


def timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def run(superuser_url: str, *, scale: float, rounds: int) -> list[Row]:
    """First load, unchanged and slightly changed full reads, each beside the limit."""
    with start_simulator(companies=1, scale=scale, requests_per_second=0) as simulator:
        use_simulator(simulator)
        return _measure(simulator, superuser_url, rounds)


def _measure(simulator: Simulator, superuser_url: str, rounds: int) -> list[Row]:
    with watched_reading() as warm:
        first = connect(simulator, 1)
        first.sync("first")  # the simulator makes its books, the server its files
    units = list(warm.units.values())
    limit = Limit(simulator, 1, superuser_url)
    bare, load, whole, again = [], [], [], []
    rows = 0
    for _ in range(rounds):
        seconds, rows = limit.seconds(units)
        bare.append(rows / seconds)
        books = connect(simulator, 1)
        with watched_reading() as reading:
            whole.append(rows / timed(lambda books=books: books.sync("first")))
        assert postings(books) == rows, (postings(books), rows)
        load.append(rows / reading.seconds)
        with watched_reading() as reading:
            books.sync(full=True)
        again.append(rows / reading.seconds)
        print(f"    limit {bare[-1]:,.0f}  load {load[-1]:,.0f}  whole {whole[-1]:,.0f}  again {again[-1]:,.0f}", flush=True)
    print(median(bare), median(load), median(load)/median(bare))
    return []


def postings(books: Books) -> int:
    return int(
        books.one(
            "select count(*) from ledger_posting where connection_id = %s "
            "and known_to = 2147483647"
        )
    )
