"""How much one person reads: different pages of a minute and an hour, files of an hour and a day.

A stolen session can do all that its person can; what stops it from copying a whole firm is that
nobody reads that fast. A page is counted the first time in an hour that the person opens it, so
that what asks again by the clock costs nothing, whoever it says that it is; what changes something
is counted each time. Every process counts by itself and tells the database in batches what it has
counted; the answer is the count of all processes on all machines. Files are few and each is told.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from django.conf import settings

from klientbro.tenants.shared_cache import add_up

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# A process tells of so many parts of the narrowest limit at once: about ten pages of 120.
BATCHES = 12
# The same pages over and over copy nothing, but cost: so many times the minute's different ones.
REPEATS = 10


class What(StrEnum):
    """What is counted."""

    PAGES = "pages"
    DOWNLOADS = "files"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many in a window; windows begin at whole minutes, hours and days of UTC."""

    what: What
    seconds: int
    most: int

    def number(self, now: float) -> int:
        """Which of all windows it is now."""
        return int(now // self.seconds)

    def ends(self, now: float) -> float:
        return (self.number(now) + 1.0) * self.seconds

    def key(self, user_id: int, now: float) -> str:
        return f"read:{self.what}:{user_id}:{self.seconds}:{self.number(now)}"


@dataclass(frozen=True, slots=True)
class Stop:
    """The limit that is reached, and when it opens again."""

    limit: Limit
    until: float

    def key(self, user_id: int) -> str:
        """The person's window that it is about."""
        return self.limit.key(user_id, self.until - 1)


def page_limits() -> tuple[Limit, Limit]:
    """Of different pages, by the settings."""
    given = settings.ENVIRONMENT
    return (
        Limit(What.PAGES, MINUTE, given.pages_per_minute),
        Limit(What.PAGES, HOUR, given.pages_per_hour),
    )


def file_limits() -> tuple[Limit, Limit]:
    """Of files, by the settings."""
    given = settings.ENVIRONMENT
    return (
        Limit(What.DOWNLOADS, HOUR, given.files_per_hour),
        Limit(What.DOWNLOADS, DAY, given.files_per_day),
    )


@dataclass(slots=True)
class _Reader:
    """One person, as this process knows them. totals: what the database answered last."""

    seen: set[int] = field(default_factory=set)
    minute: int = 0
    hits: int = 0
    untold: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    pages_stop: Stop | None = None
    files_stop: Stop | None = None


class Reading:
    """The counts of one process. Its threads share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hour = 0
        self._readers: dict[int, _Reader] = {}

    def page(self, user_id: int, address: object, now: float) -> Stop | None:
        """Counts a page; why it is not to be shown, when it is one too many.

        address: what makes it the same page as before, None for what is counted every time.
        """
        limits = page_limits()
        with self._lock:
            reader = self._reader(user_id, now)
            reader.hits += 1
            if reader.hits > limits[0].most * REPEATS:
                return Stop(limits[0], limits[0].ends(now))
            if address is not None:
                if hash(address) in reader.seen:
                    return None
                if reader.pages_stop is None or reader.pages_stop.until <= now:
                    reader.seen.add(hash(address))
            if reader.pages_stop is not None and reader.pages_stop.until > now:
                return reader.pages_stop
            reader.untold += 1
            if reader.untold < self._batch(reader, limits, user_id, now):
                return None
            count, reader.untold = reader.untold, 0
        totals = add_up([(limit.key(user_id, now), count, limit.seconds) for limit in limits])
        with self._lock:
            reader.totals = totals
            reader.pages_stop = _stop(limits, totals, user_id, now)
            return reader.pages_stop

    def file(self, user_id: int, now: float) -> Stop | None:
        """Counts a file that is handed over; why it is not to be, when it is one too many."""
        limits = file_limits()
        with self._lock:
            known = self._reader(user_id, now).files_stop
        if known is not None and known.until > now:
            return known
        totals = add_up([(limit.key(user_id, now), 1, limit.seconds) for limit in limits])
        stop = _stop(limits, totals, user_id, now)
        with self._lock:
            self._reader(user_id, now).files_stop = stop
        return stop

    def _reader(self, user_id: int, now: float) -> _Reader:
        """The person, with the hour's and the minute's counts begun anew where they are over."""
        hour, minute = int(now // HOUR), int(now // MINUTE)
        if hour != self._hour:  # of everybody: what nobody asks about any more goes too
            self._hour, kept = hour, self._readers
            self._readers = {
                each: _Reader(files_stop=old.files_stop)
                for each, old in kept.items()
                if old.files_stop is not None and old.files_stop.until > now
            }
        reader = self._readers.setdefault(user_id, _Reader())
        if reader.minute != minute:
            reader.minute, reader.hits = minute, 0
        return reader

    def _batch(self, reader: _Reader, limits: Sequence[Limit], user_id: int, now: float) -> int:
        """How many to count before telling: fewer as a limit comes near."""
        room = min(limit.most - reader.totals.get(limit.key(user_id, now), 0) for limit in limits)
        return max(1, min(room // 3, min(limit.most for limit in limits) // BATCHES))


def _stop(limits: Sequence[Limit], totals: dict[str, int], user_id: int, now: float) -> Stop | None:
    """The limit that is passed and opens last."""
    passed = [limit for limit in limits if totals[limit.key(user_id, now)] > limit.most]
    return max(
        (Stop(limit, limit.ends(now)) for limit in passed),
        key=lambda stop: stop.until,
        default=None,
    )


reading = Reading()
