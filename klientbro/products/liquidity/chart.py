"""The forecast as an SVG drawing made on the server: steps, the limit, and the lowest points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from klientbro.domain.liquidity.buckets import Balance, Horizon
from klientbro.domain.periods import Month
from klientbro.lib.numbers import format_nok
from klientbro.practice.books.texts import month_short

WIDTH, HEIGHT = 760, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 14, 26
_TEXT, _TEXT_WIDTH = 14, 90
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5))
_WANTED_TICKS = 5
_Across = Callable[[date], float]
_Up = Callable[[Decimal], float]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across with its figure, or a mark along with its day."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """A lowest point. side and text_y: where its figure stands, under it, where no line is."""

    x: float
    y: float
    text: str
    side: str
    text_y: float

    @property
    def text_x(self) -> float:
        return round(self.x + (10 if self.side == "start" else -10), 1)


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the drawing is made of, in its own coordinates."""

    width: int
    height: int
    left: int
    right: int
    bottom: float
    across: tuple[Tick, ...]
    along: tuple[Tick, ...]
    base: str
    area: str
    beside: str
    zero: float | None
    limit: float | None
    dots: tuple[tuple[str, Dot], ...]
    unit: int


def draw(
    base: Sequence[Balance],
    beside: Sequence[Balance] | None,
    limit: Decimal,
    horizon: Horizon,
) -> Chart:
    """The drawing of days that follow each other."""
    amounts = [one.amount for one in base] + [one.amount for one in beside or ()]
    shown_limit = bool(limit)
    low = min([*amounts, Decimal(0), *([limit] if shown_limit else [])])
    high = max([*amounts, Decimal(0), *([limit] if shown_limit else [])])
    step = _step(high - low)
    bottom_value = (low / step).to_integral_value(ROUND_FLOOR) * step
    top_value = (high / step).to_integral_value(ROUND_CEILING) * step
    top_value = max(top_value, bottom_value + step)
    first, days = base[0].day, max(len(base) - 1, 1)
    floor = HEIGHT - BOTTOM

    def x(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / days, 1)

    def y(amount: Decimal) -> float:
        share = float((amount - bottom_value) / (top_value - bottom_value))
        return round(floor - (floor - TOP) * share, 1)

    unit = 1000 if max(abs(low), abs(high)) >= 10_000 else 1
    across = []
    at = bottom_value
    while at <= top_value:
        across.append(Tick(y(at), format_nok(at / unit, decimals=0)))
        at += step
    path = _steps(base, x, y)
    dots = [("base", _dot(base, x, y))]
    if beside:
        pair = _apart(_dot(base, x, y), _dot(beside, x, y))
        dots = list(zip(("base", "beside"), pair, strict=True))
    return Chart(
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        bottom=floor,
        across=tuple(across),
        along=tuple(Tick(x(day), text) for day, text in _days(base, horizon)),
        base=path,
        area=f"{path} V{y(max(Decimal(0), bottom_value))} H{LEFT} Z",
        beside=_steps(beside, x, y) if beside else "",
        zero=y(Decimal(0)) if bottom_value < 0 else None,
        limit=y(limit) if shown_limit else None,
        dots=tuple(dots),
        unit=unit,
    )


def _step(span: Decimal) -> Decimal:
    """1, 2 or 5 with noughts, so that about five lines go across."""
    if span <= 0:
        return Decimal(1)
    rough = span / _WANTED_TICKS
    power = Decimal(10) ** rough.adjusted()
    return next((power * n for n in (*_STEPS, Decimal(10)) if power * n >= rough), power * 10)


def _steps(held: Sequence[Balance], x: _Across, y: _Up) -> str:
    """A path that is level between the days the bank moves."""
    parts = [f"M{x(held[0].day)} {y(held[0].amount)}"]
    before = held[0].amount
    for one in held[1:]:
        if one.amount != before:
            parts.append(f"H{x(one.day)} V{y(one.amount)}")
            before = one.amount
    parts.append(f"H{x(held[-1].day)}")
    return " ".join(parts)


def _dot(held: Sequence[Balance], x: _Across, y: _Up) -> Dot:
    lowest = min(held, key=lambda one: (one.amount, one.day))
    at = x(lowest.day)
    side = "start" if at < WIDTH * 0.75 else "end"
    height = y(lowest.amount)
    return Dot(at, height, format_nok(lowest.amount, decimals=0), side, _under(height))


def _under(height: float) -> float:
    """Under a point, where the bank never goes; over it at the very bottom."""
    below = height + _TEXT + 2
    return round(below if below <= HEIGHT - BOTTOM - 2 else height - 9, 1)


def _apart(one: Dot, other: Dot) -> tuple[Dot, Dot]:
    """Two dots with their figures clear of each other: turned away, or one below the other."""
    if abs(one.x - other.x) > _TEXT_WIDTH or abs(one.text_y - other.text_y) > 2 * _TEXT:
        return one, other
    left = min(one.x, other.x)
    if left - _TEXT_WIDTH > LEFT and max(one.x, other.x) < WIDTH - RIGHT - _TEXT_WIDTH:
        is_left = one.x <= other.x
        return (
            replace(one, side="end" if is_left else "start"),
            replace(other, side="start" if is_left else "end"),
        )
    if abs(one.text_y - other.text_y) >= _TEXT:
        return one, other
    below = one.text_y + _TEXT
    if below > HEIGHT - BOTTOM - 2:
        below = one.text_y - _TEXT
    return one, replace(other, text_y=round(below, 1))


def _days(held: Sequence[Balance], horizon: Horizon) -> list[tuple[date, str]]:
    """The days written along the bottom: Mondays, every second one, or the first of each month."""
    first, last = held[0].day, held[-1].day
    if horizon is Horizon.MONTHS:
        month = Month.of(first).next()
        found = []
        while month.first_day <= last:
            found.append((month.first_day, month_short(month)))
            month = month.next()
        return found
    day = first + timedelta(days=-first.weekday() % 7)
    found = []
    while day <= last:
        found.append((day, f"{day.day}.{day.month}."))
        day += timedelta(days=7)
    return found
