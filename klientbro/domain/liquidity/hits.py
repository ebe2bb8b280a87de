"""Kept forecasts against what happened: how often they hit, and how far off they usually were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from klientbro.domain.liquidity.buckets import balances
from klientbro.domain.liquidity.lines import CashLine
from klientbro.domain.money import ZERO

POINTS = (7, 14, 30, 60, 91, 182, 340)
# A hit is off by at most this part of what was to be paid out until the day.
TOLERANCE = Decimal("0.10")
SMALLEST_SCALE = Decimal(1000)


@dataclass(frozen=True, slots=True)
class Point:
    """What a forecast said of a day: what the bank stands at, and what goes out until then."""

    days: int
    amount: Decimal
    outflow: Decimal


@dataclass(frozen=True, slots=True)
class Kept:
    """A forecast as it was made on a day."""

    day: date
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One point of a kept forecast with what happened. error: what happened less the forecast."""

    made: date
    point: Point
    actual: Decimal

    @property
    def day(self) -> date:
        return self.made + timedelta(days=self.point.days)

    @property
    def error(self) -> Decimal:
        return self.actual - self.point.amount

    @property
    def is_hit(self) -> bool:
        return abs(self.error) <= TOLERANCE * max(self.point.outflow, SMALLEST_SCALE)


@dataclass(frozen=True, slots=True)
class HitRate:
    """How the forecasts of one distance have done. None without any to compare."""

    days: int
    compared: int
    hits: int
    usual_error: Decimal | None  # the middle one, without its sign

    @property
    def share(self) -> Decimal | None:
        return Decimal(self.hits) / self.compared if self.compared else None


def points_of(
    opening: Decimal, lines: Sequence[CashLine], start: date, until: date
) -> tuple[Point, ...]:
    """The points that are kept of a forecast."""
    held = balances(opening, lines, start, until)
    found = []
    for days in POINTS:
        if days < len(held):
            day = start + timedelta(days=days)
            outflow = -sum((one.amount for one in lines if one.amount < 0 and one.day <= day), ZERO)
            found.append(Point(days, held[days].amount, outflow))
    return tuple(found)


def outcomes(kept: Sequence[Kept], actual: Mapping[date, Decimal]) -> tuple[Outcome, ...]:
    """Every point whose day is known, the newest first."""
    found = [
        Outcome(one.day, point, actual[day])
        for one in kept
        for point in one.points
        if (day := one.day + timedelta(days=point.days)) in actual
    ]
    return tuple(sorted(found, key=lambda one: (one.day, one.point.days), reverse=True))


def hit_rates(found: Sequence[Outcome]) -> tuple[HitRate, ...]:
    """The rate at each distance that is kept."""
    rates = []
    for days in POINTS:
        own = [one for one in found if one.point.days == days]
        middle = median(abs(one.error) for one in own) if own else None
        rates.append(HitRate(days, len(own), sum(one.is_hit for one in own), middle))
    return tuple(rates)
