"""The shared allowance: paces every process's requests through one row in PostgreSQL.

A slot is only taken when it is free (reserving ahead and sleeping broke the limit by jitter), one
reservation at a time per process. Whose turn it is, is decided in the database among the requests
that wait in all processes (`sync_take_slot`): by priority, then in turn to the client and to the
firm served longest ago. On a 429 the rate is lowered a little and everybody waits as long as the
source asked; where it did not say, a second, and twice as long each time it comes again.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg

from klientbro.connectors.errors import RateLimitedError
from klientbro.sync.database import transaction

logger = logging.getLogger(__name__)

KEY = "poweroffice"
SIGN_OF_LIFE_SECONDS = 1.0
# A slot that stood free so long is taken by whoever asks: its process does not come for it.
GRACE_SECONDS = 0.25
# Slots taken late are caught up within so many; the ten of a sliding second are counted apart.
CATCH_UP_SLOTS = 2.0
# A request that sets out so long after its slot was taken is counted where it set out.
LATE_SECONDS = 0.008
FAST_RATE = 50.0  # from here on a few milliseconds more or less are nothing the source minds
LONGEST_WAIT_SECONDS = 20.0
LOWEST_RATE_SHARE = 0.8  # a 429 lowers the rate, but never under this share of the setting
# A 429 that does not say how long: one second for all, doubled where the next one comes within so
# many requests, unless that took long.
FIRST_UNTOLD_SECONDS, LONGEST_UNTOLD_SECONDS = 1.0, 300.0
SOON_AGAIN_REQUESTS, SOON_AGAIN_SECONDS = 20, 600.0
MOST_SHOWN = 64  # waiters that a process shows the others
NO_FIRM = UUID(int=0)
NO_CONNECTION = -1


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf a request waits."""

    priority: int
    firm_id: UUID = NO_FIRM
    connection_id: int = NO_CONNECTION


@dataclass(slots=True, eq=False)
class _Waiter:
    asker: Asker
    order: int
    ready: asyncio.Future[_Slot]
    since: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class _Slot:
    """When it was taken: by the database's clock, and the latest it can have been by ours."""

    granted_at: datetime
    asked_at: float


@dataclass(frozen=True, slots=True)
class _Answer:
    """A slot for one of the waiters, or how long to wait before asking again."""

    pause_seconds: float
    chosen: int | None = None
    slot: _Slot | None = None


class Clerk:
    """Takes slots for this process; which waiter gets one, the database says."""

    def __init__(self, key: str, rate: float) -> None:
        self._key = key
        self._rate = rate
        self._waiting: list[_Waiter] = []
        self._order = itertools.count()
        self._task: asyncio.Task[None] | None = None
        self._corrections: set[asyncio.Future[None]] = set()
        self._process = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._came = asyncio.Event()
        # a thread of its own: one that waits behind landings would hold everybody's next slot
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="budget")

    async def wait(self, asker: Asker) -> Callable[[], None]:
        """Returns when one request may be sent, with what to call once it has left."""
        ready: asyncio.Future[_Slot] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiter(asker, next(self._order), ready))
        self._came.set()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._serve())
        slot = await ready
        return partial(self._has_left, slot)

    def _has_left(self, slot: _Slot) -> None:
        late = time.monotonic() - slot.asked_at
        if late > LATE_SECONDS and self._rate < FAST_RATE:
            loop = asyncio.get_running_loop()
            correction = loop.run_in_executor(self._thread, self._correct, slot, late)
            self._corrections.add(correction)
            correction.add_done_callback(self._corrections.discard)

    async def throttled(self, asker: Asker, retry_after_seconds: float | None) -> float:
        """The source says we went too fast: everybody waits, and the rate is lowered a little.

        On the thread that takes this process's slots, so before its next one. How long, in seconds.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._thread, self._write_throttled, asker, retry_after_seconds
        )

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            self._waiting = [one for one in self._waiting if not one.ready.done()]  # cancelled
            self._came.clear()
            shown = sorted(self._waiting, key=lambda one: (-one.asker.priority, one.order))
            shown = shown[:MOST_SHOWN]
            if not shown:
                return
            try:
                answer = await loop.run_in_executor(self._thread, self._take, shown)
            except Exception as error:  # the database is away: whoever waits must hear of it
                self._refuse(error)
                return
            if answer.slot is not None and answer.chosen is not None:
                waiter = shown[answer.chosen - 1]
                self._waiting.remove(waiter)
                if not waiter.ready.done():
                    waiter.ready.set_result(answer.slot)
            elif answer.pause_seconds > LONGEST_WAIT_SECONDS:
                # the source has closed its door: runs end and are tried again, rather than to
                # hold their workers until it opens
                self._refuse(
                    RateLimitedError(
                        "the source asked us to wait",
                        retry_after_seconds=answer.pause_seconds,
                        connector=self._key,
                    )
                )
                return
            else:
                # somebody more urgent may come meanwhile, and the others must hear of them
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._came.wait(), self._pause(answer.pause_seconds))

    @staticmethod
    def _pause(seconds: float) -> float:
        return min(max(seconds, 0.002), SIGN_OF_LIFE_SECONDS / 2)

    def _refuse(self, error: Exception) -> None:
        for waiter in self._waiting:
            if not waiter.ready.done():
                waiter.ready.set_exception(error)
        self._waiting.clear()

    def _take(self, shown: list[_Waiter]) -> _Answer:
        asked_at = time.monotonic()
        with transaction(None, relaxed=True) as cursor:
            row = cursor.execute(
                "select pause, chosen, granted_at from sync_take_slot("
                "%s, %s, %s::float8, %s::float8, %s::uuid[], %s::bigint[], %s::int[], "
                "%s::float8[], %s::float8, %s::float8, %s::float8)",
                [
                    self._key,
                    self._process,
                    self._rate,
                    self._rate * LOWEST_RATE_SHARE,
                    [one.asker.firm_id for one in shown],
                    [one.asker.connection_id for one in shown],
                    [one.asker.priority for one in shown],
                    [asked_at - one.since for one in shown],
                    SIGN_OF_LIFE_SECONDS,
                    GRACE_SECONDS,
                    CATCH_UP_SLOTS,
                ],
            ).fetchone()
        if row is None:
            raise LookupError("the shared allowance gave no answer")
        if isinstance(row[2], datetime):
            return _Answer(0.0, int(str(row[1])), _Slot(row[2], asked_at))
        return _Answer(float(str(row[0])))

    def _correct(self, slot: _Slot, late_seconds: float) -> None:
        """The request set out late: the ten of a sliding second are counted from when it did."""
        try:
            with transaction(None, relaxed=True) as cursor:
                cursor.execute(
                    "update sync_budget set recent = array(select s from unnest(array_replace("
                    "recent, %s, %s + make_interval(secs => %s))) s order by s) where key = %s",
                    [slot.granted_at, slot.granted_at, late_seconds, self._key],
                )
                cursor.execute(
                    "update sync_budget set free_at = greatest(free_at, "
                    "recent[1] + make_interval(secs => 10.0 / rate)) "
                    "where key = %s and cardinality(recent) = 10",
                    [self._key],
                )
        except psycopg.Error as error:
            logger.warning("a late request could not be counted where it set out: %s", error)

    def _write_throttled(self, asker: Asker, retry_after_seconds: float | None) -> float:
        # not relaxed: a database that falls now must still know until when nobody may send
        with transaction(None) as cursor:
            row = cursor.execute(
                _THROTTLED,
                {
                    "key": self._key,
                    "rate": self._rate,
                    "lowest": self._rate * LOWEST_RATE_SHARE,
                    "told": retry_after_seconds,
                    "first": FIRST_UNTOLD_SECONDS,
                    "longest": LONGEST_UNTOLD_SECONDS,
                    "few": SOON_AGAIN_REQUESTS,
                    "soon": SOON_AGAIN_SECONDS,
                },
            ).fetchone()
            cursor.execute(
                "insert into sync_budgetminute as m (key, minute, firm_id, priority, throttled) "
                "values (%s, date_trunc('minute', clock_timestamp()), %s, %s, 1) "
                "on conflict (key, minute, firm_id, priority) do update "
                "set throttled = m.throttled + 1",
                [self._key, asker.firm_id, asker.priority],
            )
        return max(float(str(row[0])), 0.0) if row is not None else 0.0


# Refusals that come while the door is closed are of requests already on their way: the same one.
_THROTTLED = """
insert into sync_budget as b (key, free_at, paced_at, recent, rate, granted, throttled,
  closed_until, closed_seconds, closed_granted)
select %(key)s, m + w, m, '{}', %(rate)s, 0, 1, m + w,
  case when %(told)s::float8 is null then %(first)s else %(first)s / 2 end, 0
from clock_timestamp() m, make_interval(secs => coalesce(%(told)s::float8, %(first)s)) w
on conflict (key) do update set throttled = b.throttled + 1,
  rate = greatest(b.rate * 0.99, %(lowest)s), closed_granted = b.granted,
  (closed_seconds, closed_until, free_at) = (
    select s.seconds, greatest(b.closed_until, u.until), greatest(b.free_at, u.until)
    from (
      select case
        when %(told)s::float8 is not null then %(first)s / 2
        when clock_timestamp() < b.closed_until then b.closed_seconds
        when b.granted - b.closed_granted < %(few)s
          and clock_timestamp() < b.closed_until + make_interval(secs => %(soon)s)
          then least(2 * b.closed_seconds, %(longest)s)
        else %(first)s end
    ) s (seconds),
    lateral (
      select case
        when %(told)s::float8 is null and clock_timestamp() < b.closed_until then b.closed_until
        else clock_timestamp() + make_interval(secs => coalesce(%(told)s::float8, s.seconds)) end
    ) u (until)
  )
returning extract(epoch from b.closed_until - clock_timestamp())::float8
"""


# One clerk per event loop and allowance: a future belongs to the loop that made it.
_clerks: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, float], Clerk]] = (
    WeakKeyDictionary()
)


class PriorityPacer:
    """One source's way to the clerk, with the priority of the job it works for."""

    def __init__(
        self,
        key: str,
        rate: float,
        priority: int,
        firm_id: UUID = NO_FIRM,
        connection_id: int | None = None,
    ) -> None:
        self.priority = priority
        self._key = key
        self._rate = rate
        self._firm_id = firm_id
        self._connection_id = NO_CONNECTION if connection_id is None else connection_id

    def _clerk(self) -> Clerk:
        mine = _clerks.setdefault(asyncio.get_running_loop(), {})
        name = (self._key, self._rate)
        if name not in mine:
            mine[name] = Clerk(*name)
        return mine[name]

    def _asker(self) -> Asker:
        return Asker(self.priority, self._firm_id, self._connection_id)

    async def wait(self) -> Callable[[], None]:
        return await self._clerk().wait(self._asker())

    async def throttled(self, retry_after_seconds: float | None) -> float:
        return await self._clerk().throttled(self._asker(), retry_after_seconds)
