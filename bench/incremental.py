"""Ours, dlt and the Singer SDK on the same books: a full load, then a run with 0.1 % new rows.

Each in processes of its own, so that memory can be told apart. Ours is the whole sync, with
registers, open items and a proof of every month; the peers only read transactions.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.house import Books, connect, use_simulator
from bench.peer import Peer
from bench.pipeline import held, watched_reading
from bench.singer import Singer
from bench.table import Row, median, rate
from bench.watching import watched
from bench.workers import wait_for, worker
from simulators.poweroffice_go.testing import Simulator, start_simulator

NEW_SHARE = 1000  # one new row in so many
CHANGED_SINCE = "lastChangedDateTimeOffsetGreaterThan"
OURS, DLT, SINGER = "Klientbro", "dlt", "Singer"


@dataclass
class Taken:
    """What the runs of one kind took, by system."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    megabytes: dict[str, float] = field(default_factory=dict)
    requests: dict[str, int] = field(default_factory=dict)

    def note(self, name: str, seconds: float, megabytes: float, requests: int) -> None:
        self.seconds.setdefault(name, []).append(seconds)
        self.megabytes[name] = max(self.megabytes.get(name, 0.0), megabytes)
        self.requests[name] = requests

    def times(self, name: str) -> float:
        """How many times as long as ours, the median over rounds."""
        pairs = zip(self.seconds[name], self.seconds[OURS], strict=True)
        return median([theirs / ours for theirs, ours in pairs])

    def said(self, name: str, how_fast: str) -> str:
        return f"{how_fast}, {self.requests[name]} requests, {self.megabytes[name]:.0f} MB"


def run(superuser_url: str, *, scale: float, rounds: int) -> list[Row]:
    """Rounds of both kinds of run, the three systems in turn."""
    full, news = Taken(), Taken()
    with start_simulator(companies=1, scale=scale, requests_per_second=0) as simulator:
        use_simulator(simulator)
        with watched_reading() as reading:
            connect(simulator, 1).sync("first")
        units = list(reading.units.values())
        for number in range(1, rounds + 1):
            with tempfile.TemporaryDirectory(prefix="kb-bench-peers-") as folder:
                three = Three(simulator, superuser_url, Path(folder), units)
                rows = three.run(full, is_first=True)
                posted = simulator.do(1, "bulk_post", count=rows // NEW_SHARE)["postings"]
                new = three.run(news, is_first=False) - rows
                assert new == posted, (new, posted)
            said = ", ".join(f"{n} {full.seconds[n][-1]:.1f} s" for n in (OURS, DLT, SINGER))
            print(f"    round {number} of {rounds}: {said}", flush=True)
    return [
        Row(
            f"Full load, {rows:,} postings, one process each",
            full.said(OURS, rate(rows / median(full.seconds[OURS]))),
            "; ".join(
                f"{about} {full.said(name, rate(rows / median(full.seconds[name])))}"
                for name, about in ((DLT, f"dlt {three.dlt.version}"), (SINGER, three.singer.about))
            ),
            f"{full.times(DLT):.1f} × and {full.times(SINGER):.0f} ×",
        ),
        Row(
            f"… then {new} new rows",
            news.said(OURS, f"{median(news.seconds[OURS]):.2f} s"),
            "; ".join(
                f"{name} {news.said(name, f'{median(news.seconds[name]):.2f} s')}"
                for name in (DLT, SINGER)
            ),
            f"{news.times(DLT):.1f} × and {news.times(SINGER):.0f} ×",
        ),
    ]


class Three:
    """The three systems for one round, each holding nothing yet."""

    def __init__(
        self, simulator: Simulator, superuser_url: str, folder: Path, units: list[Any]
    ) -> None:
        self._simulator = simulator
        self._units = units
        self._folder = folder
        self._books = connect(simulator, 1)
        self._small = connect(simulator, simulator.add_company(1))
        self.dlt = Peer(simulator, 1, superuser_url)
        self.singer = Singer(folder, self.dlt.address, "singer")

    def run(self, taken: Taken, *, is_first: bool) -> int:
        """One run of each; how many rows each then holds."""
        from klientbro.connectors.poweroffice.postings import FIELDS

        with worker(self._simulator, 1000.0) as process:
            _sync(self._small)  # the worker takes jobs, and has read its code
            self._simulator.reset_requests()
            with watched(process.pid) as watch:
                started = time.perf_counter()
                _sync(self._books)
                seconds = time.perf_counter() - started
            taken.note(OURS, seconds, watch.megabytes, self._asked())
        rows = held(self._books)
        orders = self._orders(is_first=is_first)
        self._simulator.reset_requests()
        dlt = self.dlt.run(orders)
        taken.note(DLT, dlt.seconds, dlt.megabytes, self._asked())
        self._simulator.reset_requests()
        singer = self.singer.run(orders, FIELDS)
        taken.note(SINGER, singer.seconds, singer.megabytes, self._asked())
        for table, key in (("peers.account_transactions", "id"), ("singer.transactions", '"Id"')):
            found = self.dlt.ask(f"select count(*), count(distinct {key}) from {table}")
            assert found == (rows, rows), (table, found, rows)
        return rows

    def _asked(self) -> int:
        return int(self._simulator.request_summary()["total"])

    def _orders(self, *, is_first: bool) -> dict[str, Any]:
        """The same questions as ours; what is new is asked for over all dates at once."""
        orders = self.dlt.orders(self._units, "peers") | {
            "changed_since": CHANGED_SINCE,
            "folder": str(self._folder),
        }
        if not is_first:
            all_dates = {"fromDate": "2000-01-01", "toDate": "2099-12-31"}
            orders["queries"] = [orders["queries"][0] | all_dates]
        return orders


def _sync(books: Books) -> None:
    """Queue a sync, as a person does, and wait until a worker has ended it."""

    def runs() -> int:
        ended = "select count(*) from sync_run where connection_id = %s"
        return int(books.one(ended))

    before = runs()
    books.queue()
    wait_for(lambda: runs() > before and books.is_done)
