"""Days and moments: strict parsing, Europe/Oslo conversion, and dd.mm.yyyy as pages show it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")

_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_NORWEGIAN_DATE = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})", re.ASCII)
_TIMESTAMP = re.compile(
    r"(?P<to_second>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})"
    r"(?:\.(?P<fraction>[0-9]{1,9}))?"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})",
    re.ASCII,
)
_NANOSECOND_DIGITS = 9
_MICROSECOND_DIGITS = 6


@dataclass(frozen=True, slots=True, order=True)
class SourceTimestamp:
    """A moment as a source wrote it. Sources may count finer than our microseconds.

    `moment` is cut, so two stamps a tenth of a microsecond apart share it; `nanoseconds` is what
    was cut and keeps their order. `raw` is the text to send back as watermark: a cut one would
    fetch the last row again for ever, a rounded one could skip a row.
    """

    moment: datetime
    nanoseconds: int
    raw: str


def parse_timestamp(text: str) -> SourceTimestamp:
    """Read `2025-03-31T08:03:00.1234567+00:00` exactly. ValueError when it has no offset."""
    found = _TIMESTAMP.fullmatch(text)
    if found is None:
        raise ValueError(f"not a timestamp with offset: {text!r}")
    fraction = (found["fraction"] or "").ljust(_NANOSECOND_DIGITS, "0")
    offset = "+00:00" if found["offset"] == "Z" else found["offset"]
    micros = fraction[:_MICROSECOND_DIGITS]
    moment = datetime.fromisoformat(f"{found['to_second']}.{micros}{offset}").astimezone(UTC)
    return SourceTimestamp(moment, int(fraction[_MICROSECOND_DIGITS:]), text)


def parse_date(text: str) -> date:
    """Read `2025-03-31`. ValueError for any other form."""
    found = _ISO_DATE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a date as YYYY-MM-DD: {text!r}")
    return date(int(found[1]), int(found[2]), int(found[3]))


def parse_typed_date(text: str) -> date | None:
    """Read a date a person typed, `31.12.2026` or `2026-12-31`; None when it is neither."""
    stripped = text.strip()
    try:
        if found := _NORWEGIAN_DATE.fullmatch(stripped):
            return date(int(found[3]), int(found[2]), int(found[1]))
        return parse_date(stripped)
    except ValueError:
        return None


def parse_typed_moment(text: str) -> datetime | None:
    """Read a moment a person typed, `2026-10-12T14:00` or with seconds or an offset; None else.

    Without an offset it is Norwegian time. A day alone is its last moment. In the hour that comes
    twice in October it is the later one.
    """
    stripped = text.strip()
    if (day := parse_typed_date(stripped)) is not None:
        return datetime.combine(day, time.max, OSLO).astimezone(UTC)
    try:
        moment = datetime.fromisoformat(stripped)
    except ValueError:
        return None
    try:
        local = moment if moment.tzinfo else moment.replace(tzinfo=OSLO, fold=1)
        return local.astimezone(UTC)
    except OverflowError:  # the first and last hours of the calendar
        return None


def format_date(day: date) -> str:
    """Write a day: `31.12.2026`. A moment is refused: which day it is depends on the zone."""
    if isinstance(day, datetime):
        raise TypeError("format_date takes a day; convert a moment with oslo_date first")
    return f"{day.day:02}.{day.month:02}.{day.year:04}"


def format_time(moment: datetime) -> str:
    """Write the time of day in Norway: `14:02`."""
    return to_oslo(moment).strftime("%H:%M")


def to_oslo(moment: datetime) -> datetime:
    """The same moment on a Norwegian clock."""
    if moment.tzinfo is None:
        raise ValueError("a moment without time zone cannot be placed in Norway")
    return moment.astimezone(OSLO)


def oslo_date(moment: datetime) -> date:
    """Which day it is in Norway at the moment; 23:30 UTC is already the next day there."""
    return to_oslo(moment).date()


def start_of_day(day: date) -> datetime:
    """The moment, in UTC, when the day begins in Norway."""
    return datetime.combine(day, time.min, OSLO).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The moment, in UTC, when the day has ended in Norway: the first one not in it."""
    return start_of_day(day + timedelta(days=1))
