"""Cuts a company's books into pieces that PowerOffice Go can answer, the newest first.

AccountTransactions times out over long ranges, so a piece is never longer than a year, and for a
busy company as short as its density asks. What is new since last time fits one piece over all
dates, since new vouchers may carry old and future dates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from klientbro.connectors.contract import Known, Resource, Unit
from klientbro.connectors.errors import ContractError, RangeTooLargeError
from klientbro.connectors.poweroffice.decoding import in_utc
from klientbro.connectors.poweroffice.tokens import KEY

MOST_DAYS = 367  # a leap year, and the day before it where the opening voucher may lie
MOST_ROWS = 200_000
OVERLAP = timedelta(minutes=10)
YEARS_AHEAD = 5
ONE_DAY = timedelta(days=1)


def plan_postings(since: str | None, known: Known) -> tuple[Unit, ...]:
    """What changed since the watermark, or the history that is still missing."""
    if not known.years:
        return ()
    oldest = known.years[0][0]
    if not known.begins_as_chosen:
        oldest = first_day_of_history(oldest)
    if since is not None:
        last = far_future(known.today)
        longer = timedelta(seconds=known.overlap_seconds) - OVERLAP
        begins = _earlier(since, longer) if longer > timedelta(0) else since
        return (Unit(Resource.POSTINGS, oldest, last, since=begins, is_complete=False),)
    days = window_days(known)
    if known.covered_from is not None:
        return tuple(_windows(oldest, known.covered_from - ONE_DAY, known, days))
    year_ends = known.years[-1][1]
    # Vouchers dated after the year, first because it is nearly nothing and because what we hold
    # must be unbroken from the far future backwards at every moment. A plain question may not be
    # longer than a year; what is dated even later is found when its year begins.
    future = Unit(Resource.POSTINGS, year_ends + ONE_DAY, year_ends + timedelta(366))
    return (future, *_windows(oldest, year_ends, known, days))


def split_unit(unit: Unit) -> tuple[Unit, ...]:
    """The unit in two halves, the newer one first. RangeTooLargeError when one day is left."""
    if unit.first is None or unit.last is None or unit.first >= unit.last:
        raise RangeTooLargeError(
            f"{unit.resource} cannot be asked for in smaller pieces", connector=KEY
        )
    middle = unit.first + (unit.last - unit.first) // 2
    return (
        replace(unit, first=middle + ONE_DAY, token=None),
        replace(unit, last=middle, token=None),
    )


def window_days(known: Known) -> int:
    """How many days to ask for at a time: about 200,000 rows, never more than a year.

    1,500 rows a day give 133 days. `known.longest_days`, set after a time-out, is the most.
    """
    days = MOST_DAYS
    if known.rows_per_day:
        days = min(days, int(MOST_ROWS / known.rows_per_day))
    if known.longest_days is not None:
        days = min(days, known.longest_days)
    return max(days, 1)


def first_day_of_history(conversion: date) -> date:
    """[guess] The opening voucher, when the API gives it, lies on the day before conversion."""
    return conversion - ONE_DAY


def far_future(today: date) -> date:
    """A day after every voucher anybody has dated ahead."""
    return date(today.year + YEARS_AHEAD, 12, 31)


def asked_since(watermark: str) -> str:
    """The timestamp to send: some minutes before the largest one seen.

    The filter is exclusive and a long import may commit rows with older timestamps than others
    we have seen. [guess] IsReversed on old rows moves their LastChanged, which we rely on for
    nothing: the ledger marks a voucher as reversed from its reversal.
    """
    return _earlier(watermark, OVERLAP)


def _earlier(watermark: str, time: timedelta) -> str:
    """A watermark moved back, written as the source writes it."""
    try:
        moment = in_utc(datetime.fromisoformat(watermark)) - time
    except ValueError as error:
        raise ContractError("the watermark is not a timestamp", connector=KEY) from error
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}0+00:00"


def _windows(oldest: date, newest: date, known: Known, days: int) -> Iterator[Unit]:
    """Even pieces from the newest day back to the oldest, none across a financial year's start.

    The day before conversion is no year of its own: it goes with the first year.
    """
    for index, (year_first, year_last) in reversed(tuple(enumerate(known.years))):
        first = year_first if index else oldest
        last = min(year_last, newest)
        if first > last:
            continue
        pieces = -(-((last - first).days + 1) // days)
        while pieces:
            length = -(-((last - first).days + 1) // pieces)
            piece_first = last - timedelta(length - 1)
            yield Unit(Resource.POSTINGS, piece_first, last)
            last, pieces = piece_first - ONE_DAY, pieces - 1
