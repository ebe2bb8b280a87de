"""The same lines by day, week or month: three bucketings, and the cash walk that closes in each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.liquidity.lines import CashLine, in_order
from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.periods import Month

DAYS, WEEKS, MONTHS = 30, 13, 12
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)


class Horizon(StrEnum):
    """How far one looks, and in what steps."""

    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some days with what moves in them. opening + inflow + outflow = closing, always."""

    first: date
    last: date
    opening: Decimal
    lines: tuple[CashLine, ...]

    @property
    def inflow(self) -> Decimal:
        return sum_amounts(line.amount for line in self.lines if line.amount > 0)

    @property
    def outflow(self) -> Decimal:
        return sum_amounts(line.amount for line in self.lines if line.amount < 0)

    @property
    def closing(self) -> Decimal:
        return self.opening + self.inflow + self.outflow


@dataclass(frozen=True, slots=True)
class Balance:
    """What the bank stands at when a day has ended."""

    day: date
    amount: Decimal


def last_day(start: date, horizon: Horizon) -> date:
    """The last day of a horizon that begins on the day.

    30 days and 13 weeks count from the day itself; 12 months end with a whole month, the one the
    day is in counted as the first: from 23.11.2026 to 31.10.2027.
    """
    if horizon is Horizon.DAYS:
        return start + (DAYS - 1) * _DAY
    if horizon is Horizon.WEEKS:
        return start + WEEKS * _WEEK - _DAY
    return Month.of(start).plus(MONTHS - 1).last_day


def periods(start: date, horizon: Horizon) -> tuple[tuple[date, date], ...]:
    """First and last day of every bucket: they follow each other without gap or overlap."""
    if horizon is Horizon.DAYS:
        return tuple((start + at * _DAY, start + at * _DAY) for at in range(DAYS))
    if horizon is Horizon.WEEKS:
        firsts = [start + at * _WEEK for at in range(WEEKS)]
        return tuple((first, first + _WEEK - _DAY) for first in firsts)
    months = [Month.of(start).plus(at) for at in range(MONTHS)]
    return tuple((max(month.first_day, start), month.last_day) for month in months)


def walk(
    opening: Decimal, lines: Sequence[CashLine], start: date, horizon: Horizon
) -> tuple[Bucket, ...]:
    """The buckets of the horizon; each opens where the one before it closed."""
    waiting = list(in_order([line for line in lines if line.day >= start]))
    waiting.reverse()
    buckets: list[Bucket] = []
    held = opening
    for first, last in periods(start, horizon):
        inside: list[CashLine] = []
        while waiting and waiting[-1].day <= last:
            inside.append(waiting.pop())
        bucket = Bucket(first, last, held, tuple(inside))
        buckets.append(bucket)
        held = bucket.closing
    return tuple(buckets)


def balances(
    opening: Decimal, lines: Sequence[CashLine], start: date, last: date
) -> tuple[Balance, ...]:
    """What the bank stands at when each day ends, from the first day to the last."""
    moved: dict[date, Decimal] = {}
    for line in lines:
        moved[line.day] = moved.get(line.day, ZERO) + line.amount
    found = []
    held = opening
    for at in range((last - start).days + 1):
        day = start + at * _DAY
        held += moved.get(day, ZERO)
        found.append(Balance(day, held))
    return tuple(found)
