"""When a client is fetched next: a pure function of the choice made, how it is used, and the hour.

Often in office hours for clients in use or near a deadline, rarely for sleeping ones, and at least
once a day for all. Example: chosen «normal», opened yesterday, Tuesday 10:00 in Oslo: in a quarter
of an hour; the same at 22:00: when the office opens, spread over its first quarter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from klientbro.domain.calendar import is_working_day
from klientbro.lib.dates import OSLO, to_oslo
from klientbro.sync.queue import DUE, ROUTINE

IN_USE_DAYS, QUIET_DAYS = 7, 30
DEADLINE_DAYS = 3
JITTER = 0.1


class Frequency(StrEnum):
    """How often a firm wants a client fetched."""

    OFTEN = "often"
    NORMAL = "normal"
    SELDOM = "seldom"
    OPENING = "opening"  # when somebody opens it, and once a day


class Use(StrEnum):
    """How much a client is worked with."""

    IN_USE = "in_use"
    QUIET = "quiet"
    SLEEPING = "sleeping"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was chosen for a client, and what is known of how it is used."""

    frequency: Frequency = Frequency.NORMAL
    from_hour: int = 7
    to_hour: int = 17
    opened_at: datetime | None = None
    deadline: date | None = None


DAY = 24 * 60
# Minutes between two rounds: in use, quiet, sleeping; first in office hours, then outside.
_MINUTES: dict[Frequency, tuple[dict[Use, int], dict[Use, int]]] = {
    Frequency.OFTEN: (
        {Use.IN_USE: 10, Use.QUIET: 30, Use.SLEEPING: 120},
        {Use.IN_USE: 120, Use.QUIET: 240, Use.SLEEPING: 720},
    ),
    Frequency.NORMAL: (
        {Use.IN_USE: 15, Use.QUIET: 60, Use.SLEEPING: 240},
        {Use.IN_USE: 240, Use.QUIET: 480, Use.SLEEPING: 720},
    ),
    Frequency.SELDOM: (
        {Use.IN_USE: 60, Use.QUIET: 240, Use.SLEEPING: 720},
        {Use.IN_USE: 480, Use.QUIET: 720, Use.SLEEPING: DAY},
    ),
    Frequency.OPENING: (
        {Use.IN_USE: DAY, Use.QUIET: DAY, Use.SLEEPING: DAY},
        {Use.IN_USE: DAY, Use.QUIET: DAY, Use.SLEEPING: DAY},
    ),
}


def is_near(deadline: date | None, today: date) -> bool:
    """From three days before a deadline to the day after it."""
    return deadline is not None and -1 <= (deadline - today).days <= DEADLINE_DAYS


def use_of(wish: Wish, now: datetime) -> Use:
    """In use when opened this week or near a deadline; sleeping when not opened for a month."""
    if is_near(wish.deadline, to_oslo(now).date()):
        return Use.IN_USE
    if wish.opened_at is None:
        return Use.SLEEPING
    days = (now - wish.opened_at) / timedelta(days=1)
    return Use.IN_USE if days < IN_USE_DAYS else Use.QUIET if days < QUIET_DAYS else Use.SLEEPING


def minutes_between(frequency: Frequency, use: Use, *, in_office_hours: bool) -> int:
    """How long between two rounds of one client."""
    return _MINUTES[frequency][0 if in_office_hours else 1][use]


def is_office_time(wish: Wish, moment: datetime) -> bool:
    """A Norwegian working day, between the firm's hours in Oslo."""
    local = to_oslo(moment)
    return is_working_day(local.date()) and wish.from_hour <= local.hour < wish.to_hour


def office_opens(wish: Wish, after: datetime) -> datetime:
    """The next moment after this one when the office opens."""
    day = to_oslo(after).date()
    while True:
        opens = datetime.combine(day, time(wish.from_hour), OSLO)
        if is_working_day(day) and opens > after:
            return opens
        day += timedelta(days=1)


def next_round(wish: Wish, now: datetime, chance: float) -> datetime:
    """When the client is due after a round that has just ended well.

    `chance`: 0 up to 1, drawn for each round, so that clients spread and do not come in herds.
    """
    use = use_of(wish, now)
    in_hours = is_office_time(wish, now)
    minutes = minutes_between(wish.frequency, use, in_office_hours=in_hours)
    due = now + timedelta(minutes=minutes * (1 - JITTER + 2 * JITTER * chance))
    if in_hours or wish.frequency is Frequency.OPENING:
        return due
    first = timedelta(minutes=minutes_between(wish.frequency, use, in_office_hours=True))
    return min(due, office_opens(wish, now) + first * chance)


def next_try(now: datetime, seconds: float, chance: float) -> datetime:
    """When a run that failed is tried again: never sooner than its cause says, a little spread."""
    return now + timedelta(seconds=seconds * (1 + JITTER * chance))


def priority_of(wish: Wish, now: datetime) -> int:
    """What a due client is queued as: due soon goes before routine."""
    return DUE if is_near(wish.deadline, to_oslo(now).date()) else ROUTINE
