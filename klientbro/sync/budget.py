"""The shared allowance: paces every process's requests through one row in PostgreSQL.

A slot is only taken when it is free (reserving ahead and sleeping broke the limit by jitter), one
reservation at a time per process. Lower priorities step back within a second of a higher one's
last sign. On a 429 the rate is lowered a little and everybody waits as long as the source asked.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import os
import secrets
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from klientbro.connectors.errors import RateLimitedError
from klientbro.sync.database import transaction

KEY = "poweroffice"
SIGN_OF_LIFE_SECONDS = 1.0
# A slot taken late lets the next one come that much sooner, within this share of an interval. At
# 9.7 a second eleven sends still span 1.026 s: most of the room is left for jitter on the line.
CATCH_UP_SHARE = 0.05
LONGEST_WAIT_SECONDS = 20.0
LOWEST_RATE_SHARE = 0.8  # a 429 lowers the rate, but never under this share of the setting


@dataclass(order=True)
class _Waiter:
    rank: tuple[int, int]
    ready: asyncio.Future[None] = field(compare=False)
    priority: int = field(compare=False)


class Clerk:
    """Takes slots for this process, the most urgent waiter first."""

    def __init__(self, key: str, rate: float) -> None:
        self._key = key
        self._rate = rate
        self._waiting: list[_Waiter] = []
        self._order = itertools.count()
        self._task: asyncio.Task[None] | None = None
        self._process = f"{os.getpid()}-{secrets.token_hex(4)}"

    async def wait(self, priority: int) -> None:
        """Returns when one request may be sent."""
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, _Waiter((-priority, next(self._order)), ready, priority))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve())
        await ready

    async def throttled(self, retry_after_seconds: float) -> None:
        """The source says we went too fast: everybody waits, and the rate is lowered a little."""
        await asyncio.to_thread(self._write_throttled, retry_after_seconds)

    async def _serve(self) -> None:
        while self._waiting:
            if self._waiting[0].ready.done():  # its task was cancelled
                heapq.heappop(self._waiting)
                continue
            priority = self._waiting[0].priority
            try:
                pause = await asyncio.to_thread(self._take, priority)
            except Exception as error:  # the database is away: whoever waits must hear of it
                self._refuse(error)
                return
            if pause > LONGEST_WAIT_SECONDS:
                # the source has closed its door: runs end and are tried again, rather than to
                # hold their workers until it opens
                self._refuse(
                    RateLimitedError(
                        "the source asked us to wait",
                        retry_after_seconds=pause,
                        connector=self._key,
                    )
                )
                return
            if pause > 0:
                await asyncio.sleep(pause)
                continue
            waiter = heapq.heappop(self._waiting)
            if not waiter.ready.done():
                waiter.ready.set_result(None)

    def _refuse(self, error: Exception) -> None:
        for waiter in self._waiting:
            if not waiter.ready.done():
                waiter.ready.set_exception(error)
        self._waiting.clear()

    def _take(self, priority: int) -> float:
        """0 when a slot was taken, else how many seconds to wait before asking again."""
        with transaction(None, relaxed=True) as cursor:
            row = cursor.execute(
                """
                insert into sync_budget as b (key, free_at, rate, granted, throttled)
                values (%(key)s, clock_timestamp() + make_interval(secs => 1.0 / %(rate)s),
                        %(rate)s, 1, 0)
                on conflict (key) do update
                  set free_at = greatest(b.free_at, clock_timestamp()
                        - make_interval(secs => %(catch_up)s / b.rate))
                        + make_interval(secs => 1.0 / b.rate),
                      granted = b.granted + 1,
                      -- a lowered rate creeps back to the setting, a thousandth a request
                      rate = least(%(rate)s, greatest(b.rate * 1.001, %(lowest)s))
                  where b.free_at <= clock_timestamp() and not exists (
                    select from sync_budgetwait w
                    where w.key = b.key and w.priority > %(priority)s
                      and w.seen_at > clock_timestamp() - make_interval(secs => %(life)s))
                returning 1
                """,
                {
                    "key": self._key,
                    "rate": self._rate,
                    "catch_up": CATCH_UP_SHARE,
                    "lowest": self._rate * LOWEST_RATE_SHARE,
                    "priority": priority,
                    "life": SIGN_OF_LIFE_SECONDS,
                },
            ).fetchone()
            if row is not None:
                cursor.execute("delete from sync_budgetwait where process = %s", [self._process])
                return 0.0
            cursor.execute(
                "insert into sync_budgetwait (process, key, priority, seen_at) "
                "values (%s, %s, %s, clock_timestamp()) on conflict (process) do update "
                "set priority = excluded.priority, seen_at = excluded.seen_at",
                [self._process, self._key, priority],
            )
            free = cursor.execute(
                "select extract(epoch from free_at - clock_timestamp()) from sync_budget "
                "where key = %s",
                [self._key],
            ).fetchone()
        seconds = float(str(free[0])) if free else 0.0
        if seconds > LONGEST_WAIT_SECONDS:
            return seconds
        return min(max(seconds, 0.002), SIGN_OF_LIFE_SECONDS / 2)

    def _write_throttled(self, retry_after_seconds: float) -> None:
        with transaction(None, relaxed=True) as cursor:
            cursor.execute(
                "update sync_budget set throttled = throttled + 1, "
                "rate = greatest(rate * 0.99, %s), "
                "free_at = greatest(free_at, clock_timestamp() + make_interval(secs => %s)) "
                "where key = %s",
                [self._rate * LOWEST_RATE_SHARE, retry_after_seconds, self._key],
            )


# One clerk per event loop and allowance: a future belongs to the loop that made it.
_clerks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, float], Clerk]] = (
    WeakKeyDictionary()
)


class PriorityPacer:
    """One source's way to the clerk, with the priority of the job it works for."""

    def __init__(self, key: str, rate: float, priority: int) -> None:
        self.priority = priority
        self._key = key
        self._rate = rate

    def _clerk(self) -> Clerk:
        mine = _clerks.setdefault(asyncio.get_running_loop(), {})
        return mine.setdefault((self._key, self._rate), Clerk(self._key, self._rate))

    async def wait(self) -> None:
        await self._clerk().wait(self.priority)

    async def throttled(self, retry_after_seconds: float) -> None:
        await self._clerk().throttled(retry_after_seconds)
