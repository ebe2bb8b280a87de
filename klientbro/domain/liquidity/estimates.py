"""What history lets one expect beyond what is known: new sales, new purchases, the rest.

A month's estimate is a quarter last year's same month and three quarters the middle of the last
twelve. The middle, since one large month would else be expected again and again: over last year's
quarters of the stand-in's books it was nearer than means and growth (bench/forecast.py). What is
already known of the month is taken from it, so nothing is counted twice. What goes by invoice
begins when an invoice of the first day is paid (lags.py): until then the open items are all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from klientbro.domain.calendar import move_to_working_day
from klientbro.domain.liquidity.lags import NO_LAG, Lag
from klientbro.domain.liquidity.lines import (
    CashLine,
    Certainty,
    Found,
    Kind,
    Notice,
    Reason,
    Source,
    SourceKind,
)
from klientbro.domain.liquidity.recurring import Category
from klientbro.domain.liquidity.schedules import spread_over
from klientbro.domain.money import ZERO, round_to_ore
from klientbro.domain.periods import MONTHS_IN_YEAR, Month, month_range

RECENT = 12
SEASON = Decimal("0.25")
ENOUGH_MONTHS = 3
ESTIMATED = (Category.SALES, Category.PURCHASES, Category.OTHER)

MonthlyFlows = Mapping[tuple[Category, Month], Decimal]

_KINDS = {
    Category.SALES: frozenset({Kind.CUSTOMERS}),
    Category.PURCHASES: frozenset({Kind.SUPPLIERS}),
    Category.OTHER: frozenset({Kind.OTHER_IN, Kind.OTHER_OUT, Kind.LOAN}),
}


@dataclass(frozen=True, slots=True)
class _Usual:
    """A category's history: by month, and the middle of the last twelve."""

    by_month: Mapping[Month, Decimal]
    middle: Decimal
    this: Month
    first: Month

    def of(self, month: Month) -> Decimal:
        same = month
        while same >= self.this:
            same = same.plus(-MONTHS_IN_YEAR)
        if same < self.first:
            return round_to_ore(self.middle)
        return round_to_ore(self.by_month[same] * SEASON + self.middle * (1 - SEASON))


def estimate_of(
    flows: MonthlyFlows, category: Category, month: Month, since: Month, start: date
) -> Decimal | None:
    """What the month usually moves, None where too little is held to say."""
    usual = _usual(flows, category, since, start)
    return None if usual is None else usual.of(month)


def _usual(flows: MonthlyFlows, category: Category, since: Month, start: date) -> _Usual | None:
    this = Month.of(start)
    by_month = {
        month: moved_in(flows, category, month) for month in month_range(since, this.previous())
    }
    if len(by_month) < ENOUGH_MONTHS:
        return None
    middle = median(list(by_month.values())[-RECENT:])
    return _Usual(by_month, middle, this, since)


def estimate_lines(
    flows: MonthlyFlows,
    known: Sequence[CashLine],
    since: Month,
    start: date,
    until: date,
    lags: Mapping[Category, Lag] | None = None,
) -> Found:
    """Lines for what each month still lacks of the usual, spread over its Fridays."""
    found = Found()
    waits = lags or {}
    months = tuple(month_range(Month.of(start), Month.of(until)))
    for category in ESTIMATED:
        history = _usual(flows, category, since, start)
        if history is None:
            found.notices[Notice.SHORT_HISTORY] = ""
            return found
        known_in = _known(known, category)
        for month in months:
            usual = history.of(month)
            first, last = max(month.first_day, start), min(month.last_day, until)
            if first == last == start:
                continue
            done = moved_in(flows, category, month) if month == Month.of(start) else ZERO
            has = done + known_in.get(month, ZERO)
            rest = max(usual - has, ZERO) if usual > 0 else min(usual - has, ZERO)
            lag = waits.get(category, NO_LAG)
            parts = _placed(rest, usual, month, first, last, start, lag)
            for at, (day, part) in enumerate(sorted(parts.items())):
                found.lines.append(_line(category, month, at, day, part, usual, has, lag))
    return found


def _placed(
    rest: Decimal, usual: Decimal, month: Month, first: date, last: date, start: date, lag: Lag
) -> Mapping[date, Decimal]:
    """What a month lacks by day: paid at once from its first day, by invoice when they are paid.

    Where nothing goes by invoice it is the whole of what is lacking; else at most what can have
    been invoiced and paid by then.
    """
    wanted = {start: rest}
    if lag.share:
        most = {
            start: usual * lag.at_once(month, start),
            start + timedelta(days=lag.days): usual * lag.by_invoice(month, start),
        }
        wanted = {}
        for day, amount in most.items():
            taken = min(rest, amount) if usual > 0 else max(rest, amount)
            rest -= taken
            wanted[day] = taken
    found: dict[date, Decimal] = {}
    for begins, amount in wanted.items():
        # a month that ends on days when banks are closed brings nothing more: the next has its own
        if abs(amount) < 1 or move_to_working_day(max(first, begins)).due > last:
            continue
        for day, part in spread_over(round_to_ore(amount), max(first, begins), last, start):
            found[day] = found.get(day, ZERO) + part
    return found


def _known(known: Sequence[CashLine], category: Category) -> Mapping[Month, Decimal]:
    """What is known already, by month: it takes the place of what was expected."""
    found: dict[Month, Decimal] = {}
    for line in known:
        if line.kind in _KINDS[category] and not _is_beside_the_usual(line):
            month = Month.of(line.day)
            found[month] = found.get(month, ZERO) + line.amount
    return found


def _is_beside_the_usual(line: CashLine) -> bool:
    """A line somebody has planned without saying what it stands for: no habit holds it."""
    return line.source.kind is SourceKind.MANUAL and not (line.account or line.party)


def _line(
    category: Category,
    month: Month,
    at: int,
    day: date,
    amount: Decimal,
    usual: Decimal,
    has: Decimal,
    lag: Lag,
) -> CashLine:
    kind = {
        Category.SALES: Kind.CUSTOMERS,
        Category.PURCHASES: Kind.SUPPLIERS,
    }.get(category, Kind.OTHER_IN if amount > 0 else Kind.OTHER_OUT)
    return CashLine(
        key=f"estimate:{category.value}:{month.key}:{at}",
        day=day,
        amount=amount,
        kind=kind,
        certainty=Certainty.ESTIMATED,
        source=Source(SourceKind.RULE, Reason.ESTIMATE),
        revenue_part=amount if category is Category.SALES else ZERO,
        facts=(
            ("category", category.value),
            ("month", month.key),
            ("usual", str(usual)),
            ("known", str(has)),
            *((("wait", str(lag.days)),) if lag.share else ()),
        ),
    )


def moved_in(flows: MonthlyFlows, category: Category, month: Month) -> Decimal:
    """What the month moved; loans and interest count with the rest."""
    found = flows.get((category, month), ZERO)
    if category is Category.OTHER:
        found += flows.get((Category.FINANCE, month), ZERO)
    return found
