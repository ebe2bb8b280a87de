"""Discrete events of one subscription key: clients due, slots spent, vouchers becoming visible.

The schedule is the product's own (`klientbro.sync.schedule`), and so are the rate and the order in
which waiting work is served: by priority, then whoever has waited longest. No network, no clock:
the same seed gives the same figures.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from klientbro.lib.dates import OSLO
from klientbro.sync.queue import LOOKING
from klientbro.sync.schedule import Frequency, Use, Wish, next_round, priority_of, use_of

DUE, READ, DONE, OPENED, POSTED = range(5)
# As the benchmark counts them: what is new, the latest month's proof; a token every twenty minutes.
ROUND_REQUESTS = 2
TOKEN_SECONDS = 20 * 60
LOOK_SECONDS = 5
# Once a day: settings, lock date, accounts, VAT codes, customers, suppliers, departments, projects,
# bank accounts and two lists of open items; and a day's share of the weekly and monthly proofs.
DAILY_REQUESTS = 11 + 3
# Share of a day's vouchers by hour in Oslo: an office's day, and what other systems post at night.
HOURS = (
    *(0.010, 0.010, 0.010, 0.015, 0.015, 0.010),
    *(0.015, 0.040, 0.090, 0.110, 0.110, 0.095),
    *(0.075, 0.100, 0.105, 0.085, 0.045, 0.020),
    *(0.010, 0.008, 0.007, 0.006, 0.005, 0.004),
)


@dataclass(frozen=True, slots=True)
class Mix:
    """What an office's clients are like: shares of use, and vouchers and openings a working day."""

    shares: tuple[tuple[Use, float], ...] = (
        (Use.IN_USE, 0.30),
        (Use.QUIET, 0.30),
        (Use.SLEEPING, 0.40),
    )
    vouchers: tuple[tuple[Use, float], ...] = (
        (Use.IN_USE, 20.0),
        (Use.QUIET, 5.0),
        (Use.SLEEPING, 1.0),
    )
    openings: tuple[tuple[Use, float], ...] = (
        (Use.IN_USE, 0.5),
        (Use.QUIET, 0.05),
        (Use.SLEEPING, 0.005),
    )


@dataclass(frozen=True, slots=True)
class Source:
    """What the accounting system lets us do."""

    requests_per_second: float = 9.7
    latency_seconds: float = 0.2


@dataclass(slots=True)
class _Client:
    wish: Wish
    use: Use
    waiting: deque[float] = field(default_factory=deque)  # posted, not yet read
    under_way: list[float] = field(default_factory=list)  # read, not yet landed
    is_running: bool = False
    wanted: int | None = None  # priority of the job that waits
    again: bool = False  # wanted while it ran
    opened_at: float | None = None
    token_until: float = -1.0
    daily_after: float = 0.0
    due: float = 0.0  # as in the product, one next time a client: a newer one replaces it


@dataclass(slots=True)
class Found:
    """What the simulated day showed: seconds from posted to visible, by use and by hour."""

    by_use: dict[Use, list[float]] = field(default_factory=lambda: {use: [] for use in Use})
    by_hour: list[list[float]] = field(default_factory=lambda: [[] for _ in range(24)])  # in use
    opened: list[float] = field(default_factory=list)  # from opened to fresh
    requests: int = 0
    requests_by_hour: list[int] = field(default_factory=lambda: [0] * 24)
    rounds: int = 0

    @property
    def all(self) -> list[float]:
        return [seconds for found in self.by_use.values() for seconds in found]

    def add(self, other: Found) -> None:
        for use, seconds in other.by_use.items():
            self.by_use[use] += seconds
        for mine, theirs in zip(self.by_hour, other.by_hour, strict=True):
            mine += theirs
        self.opened += other.opened
        self.requests += other.requests
        self.requests_by_hour = [
            a + b for a, b in zip(self.requests_by_hour, other.requests_by_hour, strict=True)
        ]
        self.rounds += other.rounds


class Key:
    """One subscription key with its clients, from `begin` for as many hours as asked."""

    def __init__(
        self,
        clients: int,
        chance: random.Random,
        begin: datetime,
        *,
        mix: Mix | None = None,
        source: Source | None = None,
        frequency: Frequency = Frequency.NORMAL,
    ) -> None:
        self._chance, self._begin = chance, begin
        self._mix, self._source = mix or Mix(), source or Source()
        self._events: list[tuple[float, int, int, int]] = []
        self._queue: list[tuple[int, float, int]] = []
        self._order = 0
        self._free_at = 0.0
        self._is_reading = False
        self._unseen = 0
        self.found = Found()
        self._clients = [self._client(frequency) for _ in range(clients)]
        for number, client in enumerate(self._clients):
            # where a client stands in its round when we begin to look
            first = next_round(client.wish, begin, chance.random())
            self._due(client, number, self._seconds(first) * chance.random())
            client.daily_after = chance.random() * 86_400

    def run(self, hours: float, counted_from_hour: float = 0.0) -> Found:
        """Let the hours pass; vouchers posted from `counted_from_hour` on are counted."""
        end = hours * 3600
        self._people_work(end)
        counted_from = counted_from_hour * 3600
        # vouchers of the last hours become visible after the end
        while self._events and (self._events[0][0] <= end or self._unseen):
            now, _order, kind, number = heapq.heappop(self._events)
            client = self._clients[number]
            if kind == DUE and now != client.due:
                continue
            if kind == POSTED:
                client.waiting.append(now)
            elif kind in (DUE, OPENED):
                if kind == OPENED:
                    client.opened_at = client.opened_at or now
                    client.wish = Wish(frequency=client.wish.frequency, opened_at=self._moment(now))
                priority = (
                    LOOKING if kind == OPENED else priority_of(client.wish, self._moment(now))
                )
                self._want(client, number, priority, now)
            elif kind == READ:
                self._read_next(now, counted_from, end)
            else:
                self._land(client, number, now, counted_from)
            self._serve(now)
        return self.found

    def _want(self, client: _Client, number: int, priority: int, now: float) -> None:
        if client.is_running:
            client.again = client.again or priority == LOOKING
        elif client.wanted is None or priority > client.wanted:
            client.wanted = priority
            heapq.heappush(self._queue, (-priority, now, number))

    def _serve(self, now: float) -> None:
        if self._queue and not self._is_reading:
            self._is_reading = True
            self._put(max(now, self._free_at), READ, 0)

    def _read_next(self, now: float, counted_from: float, end: float) -> None:
        """The most urgent waiting client spends its slots; its answers land a little later."""
        self._is_reading = False
        while self._queue:
            priority, _since, number = heapq.heappop(self._queue)
            client = self._clients[number]
            if client.wanted == -priority and not client.is_running:
                break
        else:
            return
        client.wanted, client.is_running = None, True
        requests = self._requests(client, now)
        self._free_at = now + requests / self._source.requests_per_second
        client.under_way = list(client.waiting)
        client.waiting.clear()
        if counted_from <= now < end:
            self.found.requests += requests
            self.found.requests_by_hour[self._moment(now).astimezone(OSLO).hour] += requests
            self.found.rounds += 1
        self._put(self._free_at + requests * self._source.latency_seconds, DONE, number)

    def _requests(self, client: _Client, now: float) -> int:
        requests = ROUND_REQUESTS
        if client.token_until <= now:
            requests += 1
            client.token_until = now + TOKEN_SECONDS
        if client.daily_after <= now:
            requests += DAILY_REQUESTS
            client.daily_after = now + 86_400
        return requests

    def _land(self, client: _Client, number: int, now: float, counted_from: float) -> None:
        for posted in client.under_way:
            if posted >= counted_from:
                self.found.by_use[client.use].append(now - posted)
                if client.use is Use.IN_USE:
                    hour = self._moment(posted).astimezone(OSLO).hour
                    self.found.by_hour[hour].append(now - posted)
        self._unseen -= len(client.under_way)
        client.under_way = []
        if client.opened_at is not None and not client.again:
            self.found.opened.append(now - client.opened_at)
            client.opened_at = None
        client.is_running = False
        if client.again:
            client.again = False
            self._want(client, number, LOOKING, now)
        due = next_round(client.wish, self._moment(now), self._chance.random())
        self._due(client, number, self._seconds(due))

    def _people_work(self, end: float) -> None:
        """All vouchers and openings, drawn beforehand."""
        vouchers, openings = dict(self._mix.vouchers), dict(self._mix.openings)
        for number, client in enumerate(self._clients):
            size = self._chance.lognormvariate(-0.32, 0.8)  # mean 1: few are large, most small
            for second in self._moments(vouchers[client.use] * size, end):
                self._put(second, POSTED, number)
                self._unseen += 1
            for second in self._moments(openings[client.use], end):
                self._put(second, OPENED, number)

    def _moments(self, a_day: float, end: float) -> Iterator[float]:
        """Times of day for on average so many a day, by the hours of an office."""
        for day in range(math.ceil(end / 86_400)):
            for _ in range(_poisson(a_day, self._chance)):
                hour = self._chance.choices(range(24), HOURS)[0]
                at = self._local(day, hour + self._chance.random())
                if 0 <= at < end:
                    yield at

    def _local(self, day: int, hour: float) -> float:
        midnight = self._begin.astimezone(OSLO).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - self._begin).total_seconds() + day * 86_400 + hour * 3600

    def _client(self, frequency: Frequency) -> _Client:
        uses, shares = zip(*self._mix.shares, strict=True)
        use = self._chance.choices(uses, shares)[0]
        days = {Use.IN_USE: 1, Use.QUIET: 15, Use.SLEEPING: 60}[use]
        wish = Wish(frequency=frequency, opened_at=self._begin - timedelta(days=days))
        assert use_of(wish, self._begin) is use
        return _Client(wish, use)

    def _moment(self, seconds: float) -> datetime:
        return self._begin + timedelta(seconds=seconds)

    def _seconds(self, moment: datetime) -> float:
        return (moment - self._begin).total_seconds()

    def _due(self, client: _Client, number: int, at: float) -> None:
        # the product looks every few seconds at who is due (sync/tasks.py)
        client.due = math.ceil(at / LOOK_SECONDS) * LOOK_SECONDS
        self._put(client.due, DUE, number)

    def _put(self, at: float, kind: int, number: int) -> None:
        self._order += 1
        heapq.heappush(self._events, (at, self._order, kind, number))


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share is at or below; 0 when there is none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def _poisson(mean: float, chance: random.Random) -> int:
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
