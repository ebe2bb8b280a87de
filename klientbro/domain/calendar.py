"""The Norwegian calendar: public holidays, working days, and where a due date moves.

Source: norwegian-accounting.md §13 (public holidays; domstolloven § 149 moves a day that falls on
a Saturday, Sunday or public holiday to the first working day after). 24 and 31 December are
working days in law, though banks close early. 15.05.2027 is a Saturday, then come a Sunday and a
17 May that is Whit Monday too: due 18.05.2027.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType

_DAY = timedelta(days=1)
_SATURDAY = 5
_SUNDAY = 6
# The Gregorian reckoning of Easter holds from 1583; Norway took the calendar in 1700.
FIRST_YEAR = 1700


class Holiday(StrEnum):
    """Why a day is no working day. Two may share a day: 17 May 2027 is Whit Monday."""

    SATURDAY = "saturday"
    SUNDAY = "sunday"
    NEW_YEARS_DAY = "new_years_day"
    MAUNDY_THURSDAY = "maundy_thursday"
    GOOD_FRIDAY = "good_friday"
    EASTER_SUNDAY = "easter_sunday"
    EASTER_MONDAY = "easter_monday"
    LABOUR_DAY = "labour_day"
    CONSTITUTION_DAY = "constitution_day"
    ASCENSION_DAY = "ascension_day"
    WHIT_SUNDAY = "whit_sunday"
    WHIT_MONDAY = "whit_monday"
    CHRISTMAS_DAY = "christmas_day"
    BOXING_DAY = "boxing_day"


_FIXED = {
    (1, 1): Holiday.NEW_YEARS_DAY,
    (5, 1): Holiday.LABOUR_DAY,
    (5, 17): Holiday.CONSTITUTION_DAY,
    (12, 25): Holiday.CHRISTMAS_DAY,
    (12, 26): Holiday.BOXING_DAY,
}
_DAYS_FROM_EASTER = {
    -3: Holiday.MAUNDY_THURSDAY,
    -2: Holiday.GOOD_FRIDAY,
    0: Holiday.EASTER_SUNDAY,
    1: Holiday.EASTER_MONDAY,
    39: Holiday.ASCENSION_DAY,
    49: Holiday.WHIT_SUNDAY,
    50: Holiday.WHIT_MONDAY,
}


@dataclass(frozen=True, slots=True)
class DayOff:
    """A day that is passed over, and why."""

    day: date
    reasons: tuple[Holiday, ...]


@dataclass(frozen=True, slots=True)
class MovedDay:
    """A fixed day and the working day it counts as, with the days passed over between."""

    nominal: date
    due: date
    passed: tuple[DayOff, ...] = ()

    @property
    def is_moved(self) -> bool:
        return self.due != self.nominal


def easter_sunday(year: int) -> date:
    """Easter Sunday by the Gregorian reckoning: 05.04.2026, 28.03.2027."""
    if year < FIRST_YEAR:
        raise ValueError(f"the Norwegian calendar is reckoned from {FIRST_YEAR}, not for {year}")
    golden = year % 19
    century, in_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon = (8 * century + 13) // 25
    epact = (19 * golden + century - leap_centuries - moon + 15) % 30
    leaps, leap_rest = divmod(in_century, 4)
    weekday = (32 + 2 * century_rest + 2 * leaps - epact - leap_rest) % 7
    shift = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


@lru_cache(maxsize=512)
def public_holidays(year: int) -> Mapping[date, tuple[Holiday, ...]]:
    """The year's public holidays in order, Sundays that are nothing else left out."""
    found: dict[date, list[Holiday]] = {}
    easter = easter_sunday(year)
    for (month, day), name in _FIXED.items():
        found.setdefault(date(year, month, day), []).append(name)
    for days, name in _DAYS_FROM_EASTER.items():
        found.setdefault(easter + timedelta(days=days), []).append(name)
    return MappingProxyType({day: tuple(found[day]) for day in sorted(found)})


def reasons_off(day: date) -> tuple[Holiday, ...]:
    """Why the day is no working day; empty when it is one."""
    weekend = {_SATURDAY: (Holiday.SATURDAY,), _SUNDAY: (Holiday.SUNDAY,)}
    return weekend.get(day.weekday(), ()) + public_holidays(day.year).get(day, ())


def is_working_day(day: date) -> bool:
    """Whether the day is neither Saturday, Sunday nor public holiday."""
    return day.weekday() < _SATURDAY and day not in public_holidays(day.year)


@lru_cache(maxsize=8192)
def move_to_working_day(day: date) -> MovedDay:
    """The day itself when it is a working day, or the first one after (domstolloven § 149)."""
    due = day
    passed = []
    while reasons := reasons_off(due):
        passed.append(DayOff(due, reasons))
        due += _DAY
    return MovedDay(day, due, tuple(passed))


def first_working_day_after(day: date) -> date:
    """The first working day strictly after: Friday 12.06.2026 gives Monday 15.06.2026."""
    return move_to_working_day(day + _DAY).due


def last_working_day_by(day: date) -> date:
    """The day itself when it is a working day, or the nearest one before it."""
    while not is_working_day(day):
        day -= _DAY
    return day


def add_working_days(day: date, count: int) -> date:
    """So many working days later, or earlier when negative; 0 gives the day itself."""
    step = _DAY if count > 0 else -_DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days there are from first to last, both included."""
    days = (first + timedelta(days=at) for at in range((last - first).days + 1))
    return sum(1 for day in days if is_working_day(day))
