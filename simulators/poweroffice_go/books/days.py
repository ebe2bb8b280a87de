"""Days and moments as the books write them, with Norwegian working days and due dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache

EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
MONTHS_NB = (
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
)


class _DayTexts(dict[int, str]):
    """Ordinal → `YYYY-MM-DD`, one shared text for each day."""

    def __missing__(self, ordinal: int) -> str:
        text = self[ordinal] = date.fromordinal(ordinal).isoformat()
        return text


class _Months(dict[int, int]):
    """Ordinal → year * 12 + month - 1."""

    def __missing__(self, ordinal: int) -> int:
        day = date.fromordinal(ordinal)
        month = self[ordinal] = day.year * 12 + day.month - 1
        return month


DAY_TEXT = _DayTexts()
MONTH_OF = _Months()


def ordinal_of(text: str) -> int:
    """`2025-03-04` → proleptic ordinal."""
    return date.fromisoformat(text).toordinal()


def moment_text(ms: int) -> str:
    """Milliseconds since 1970 → `2025-03-04T10:15:30.4410000+00:00`."""
    days, rest = divmod(ms, DAY_MS)
    seconds, milli = divmod(rest, 1000)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    day = DAY_TEXT[days + EPOCH_ORDINAL]
    return f"{day}T{hour:02}:{minute:02}:{second:02}.{milli:03}0000+00:00"


def moment_ms(ordinal: int, hour_ms: int) -> int:
    """A day and the milliseconds into it (UTC) → milliseconds since 1970."""
    return (ordinal - EPOCH_ORDINAL) * DAY_MS + hour_ms


def timestamp_text(moment: datetime) -> str:
    """An aware datetime in the form of the books, seven decimals, UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond:06d}0+00:00"


def tick_after(text: str) -> str:
    """The next moment that the form can tell: a tenth of a microsecond later."""
    if not text:
        return text
    tenths = int(text[20:27]) + 1
    if tenths < 10_000_000:
        return f"{text[:20]}{tenths:07d}{text[27:]}"
    return timestamp_text(datetime.fromisoformat(f"{text[:19]}+00:00") + timedelta(seconds=1))


def timestamp_of_ticks(ticks: int) -> str:
    """Tenths of microseconds since 1970 in the form of the books."""
    seconds, tenths = divmod(ticks, 10_000_000)
    try:
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    except OverflowError:
        moment = datetime(1, 1, 1, tzinfo=UTC) if ticks < 0 else datetime(9999, 12, 31, tzinfo=UTC)
    return f"{moment.isoformat()[:19]}.{tenths:07d}+00:00"


def month_start(month: int) -> date:
    """First day of a month counted as year * 12 + month - 1."""
    return date(month // 12, month % 12 + 1, 1)


def month_end(month: int) -> date:
    """Last day of a month counted as year * 12 + month - 1."""
    return month_start(month + 1) - timedelta(days=1)


def month_index(day: date) -> int:
    """A day's month, counted as year * 12 + month - 1."""
    return day.year * 12 + day.month - 1


def year_start(day: date, year_end_month: int) -> date:
    """First day of the financial year that holds `day`; ending in June, 2025-03-04 → 2024-07-01."""
    first_month = year_end_month % 12 + 1
    year = day.year if day.month >= first_month else day.year - 1
    return date(year, first_month, 1)


def year_end(day: date, year_end_month: int) -> date:
    """Last day of the financial year that holds `day`."""
    start = year_start(day, year_end_month)
    return date(start.year + 1, start.month, 1) - timedelta(days=1)


@cache
def holidays(year: int) -> frozenset[date]:
    """Public holidays in Norway."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    easter = date(year, month, day + 1)
    moving = (easter + timedelta(days=days) for days in (-3, -2, 0, 1, 39, 49, 50))
    fixed = (date(year, m, d) for m, d in ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26)))
    return frozenset((*moving, *fixed))


def is_working_day(day: date) -> bool:
    """Neither a weekend nor a public holiday."""
    return day.weekday() < 5 and day not in holidays(day.year)


def working_day(day: date, step: int = 1) -> date:
    """`day` itself, or the nearest working day after it (before it with step -1)."""
    while not is_working_day(day):
        day += timedelta(days=step)
    return day


def vat_due(term_end: date) -> date:
    """When a two-month term is paid: the 10th some 40 days on; the third term on 31 August."""
    if term_end.month == 6:
        return working_day(date(term_end.year, 8, 31))
    due = month_start(month_index(term_end) + 2).replace(day=10)
    return working_day(due)
