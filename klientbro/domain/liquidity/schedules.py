"""Lines a person has planned: once or repeating, loans; and how each gives way to the actual.

A planned line is never counted beside what it stands for: the posting or the open item it matches
takes its place, each at most one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.liquidity.lines import (
    CashLine,
    Certainty,
    Found,
    Kind,
    LeftOut,
    LeftOutReason,
    Reason,
    Source,
    SourceKind,
    bank_day,
    bank_day_by,
)
from klientbro.domain.money import ZERO, round_to_ore
from klientbro.domain.periods import Month

# A planned line whose day has passed without its posting is waited for this long.
GRACE_DAYS = 10
WINDOW_DAYS = 10
EXACT_WINDOW_DAYS = 5
TOLERANCE = Decimal("0.30")
MOST_OCCURRENCES = 400
_FRIDAY = 4


class Interval(StrEnum):
    """How often a line comes."""

    ONCE = "once"
    WEEKLY = "weekly"
    FORTNIGHTLY = "fortnightly"
    MONTHLY = "monthly"
    TWO_MONTHLY = "two_monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"


_DAYS = {Interval.WEEKLY: 7, Interval.FORTNIGHTLY: 14}
MONTHS_BETWEEN = {
    Interval.MONTHLY: 1,
    Interval.TWO_MONTHLY: 2,
    Interval.QUARTERLY: 3,
    Interval.HALF_YEARLY: 6,
    Interval.YEARLY: 12,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A line as a person has planned it, or a recurring one that has been taken.

    account, party: what its posting will stand on; with neither, only an equal amount matches.
    settled: the voucher a person has matched a line of one day with. vat_rate: of the VAT that the
    amount holds, 0 for none; the VAT comes back, or is paid, on the term's day.
    """

    id: str
    title: str
    amount: Decimal
    first: date
    interval: Interval = Interval.ONCE
    last: date | None = None
    kind: Kind = Kind.OTHER_OUT
    account: str = ""
    party: str = ""
    is_recurring: bool = False
    settled: int | None = None
    vat_rate: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan paid down in equal parts of the principal, with interest of what is left."""

    id: str
    title: str
    remaining: Decimal
    instalment: Decimal
    yearly_rate: Decimal  # a fraction: 0.065 is 6.5 %
    next_day: date
    interval: Interval = Interval.MONTHLY
    account: str = ""


@dataclass(frozen=True, slots=True)
class Actual:
    """Something that has happened or is on its way: a movement through the bank, or an open item.

    account: number of the account on the other side; control accounts stand for their parties.
    """

    key: str
    day: date
    amount: Decimal
    account: str = ""
    party: str = ""
    vouchers: tuple[int, ...] = ()


def occurrences(
    first: date, interval: Interval, start: date, until: date, last: date | None = None
) -> tuple[date, ...]:
    """The days a rule names from start to until. The 31st is a short month's last day."""
    end = min(until, last) if last else until
    if interval is Interval.ONCE:
        return (first,) if start <= first <= end else ()
    found: list[date] = []
    if interval in _DAYS:
        step = _DAYS[interval]
        skip = max(0, -((first - start).days // step)) if first < start else 0
        day = first + timedelta(days=skip * step)
        while day <= end and len(found) < MOST_OCCURRENCES:
            if day >= start:
                found.append(day)
            day += timedelta(days=step)
        return tuple(found)
    months = MONTHS_BETWEEN[interval]
    begin = Month.of(first)
    skip = max(0, begin.months_until(Month.of(start)) // months - 1)
    for at in range(skip, skip + MOST_OCCURRENCES):
        month = begin.plus(at * months)
        day = date(month.year, month.month, min(first.day, month.last_day.day))
        if day > end:
            break
        if day >= max(start, first):
            found.append(day)
    return tuple(found)


def planned_lines(
    planned: Sequence[Planned],
    loans: Sequence[Loan],
    actuals: Iterable[Actual],
    start: date,
    until: date,
) -> Found:
    """The lines of everything planned, less those whose actual has come."""
    from_day = start - timedelta(days=GRACE_DAYS)
    wanted: list[tuple[CashLine, int]] = []
    found = Found()
    for one in planned:
        if one.settled is not None:
            found.left_out.append(_settled(one))
            continue
        days = occurrences(one.first, one.interval, from_day, until, one.last)
        window = _window(one.interval)
        wanted += [(_line(one, day, start), window) for day in days]
    for loan in loans:
        wanted += [
            (line, _window(loan.interval)) for line in _loan_lines(loan, from_day, start, until)
        ]
    _give_way(wanted, list(actuals), found)
    return found


def _give_way(wanted: list[tuple[CashLine, int]], actuals: list[Actual], found: Found) -> None:
    """Each actual takes the nearest line it matches; what is left are the lines."""
    by_mark: dict[tuple[str, object], list[int]] = defaultdict(list)
    for number, actual in enumerate(actuals):
        by_mark["party", actual.party].append(number)
        by_mark["account", actual.account].append(number)
        by_mark["amount", actual.amount].append(number)
    pairs = []
    for at, (line, window) in enumerate(wanted):
        for number in by_mark.get(_mark(line), ()):
            actual = actuals[number]
            if (distance := _distance(line, actual, window)) is not None:
                pairs.append((distance, abs(abs(actual.amount) - abs(line.amount)), at, number))
    taken: dict[int, int] = {}
    used: set[int] = set()
    for _days, _difference, at, number in sorted(pairs):
        if at not in taken and number not in used:
            taken[at] = number
            used.add(number)
    for at, (line, _window_days) in enumerate(wanted):
        if at not in taken:
            found.lines.append(line)
            continue
        actual = actuals[taken[at]]
        found.left_out.append(
            LeftOut(
                line.key,
                LeftOutReason.GAVE_WAY,
                line.amount,
                line.title,
                line.party,
                line.nominal,
                actual.vouchers,
                facts=(("actual", str(actual.amount)), ("day", actual.day.isoformat())),
            )
        )


def _mark(line: CashLine) -> tuple[str, object]:
    """What an actual must have in common with the line: its party, its account, or the amount."""
    if line.party:
        return "party", line.party
    return ("account", line.account) if line.account else ("amount", line.amount)


def _distance(line: CashLine, actual: Actual, window: int) -> int | None:
    """Days between, None when the actual is something else."""
    if (line.amount > 0) != (actual.amount > 0):
        return None
    days = abs(((line.nominal or line.day) - actual.day).days)
    if line.party or line.account:
        near = abs(actual.amount - line.amount) <= abs(line.amount) * TOLERANCE
        return days if near and days <= window else None
    return days if days <= EXACT_WINDOW_DAYS else None


def _window(interval: Interval) -> int:
    """How far from its day an actual may lie: less than half an interval, ten days at most."""
    return min(WINDOW_DAYS, (_DAYS.get(interval, 2 * WINDOW_DAYS + 1) - 1) // 2)


def _line(one: Planned, day: date, start: date) -> CashLine:
    """Money out moves on to a working day, money in too: a bank moves nothing on a day off."""
    return CashLine(
        key=f"{'recurring' if one.is_recurring else 'manual'}:{one.id}:{day.isoformat()}",
        day=bank_day(day, start),
        amount=one.amount,
        kind=one.kind,
        certainty=Certainty.PLANNED,
        source=Source(
            SourceKind.RULE if one.is_recurring else SourceKind.MANUAL,
            Reason.RECURRING if one.is_recurring else Reason.MANUAL,
            rule_id=one.id,
        ),
        title=one.title,
        party=one.party,
        account=one.account,
        nominal=day,
        facts=(
            ("interval", one.interval.value),
            *((("vat", str(one.vat_rate)),) if one.vat_rate else ()),
            *_late(day, start),
        ),
    )


def _late(day: date, start: date) -> tuple[tuple[str, str], ...]:
    return (("late", day.isoformat()),) if day < start else ()


def _loan_lines(loan: Loan, from_day: date, start: date, until: date) -> list[CashLine]:
    left = loan.remaining
    months = MONTHS_BETWEEN.get(loan.interval, 1)
    lines = []
    for day in occurrences(loan.next_day, loan.interval, loan.next_day, until):
        if left <= 0:
            break
        interest = round_to_ore(left * loan.yearly_rate * months / 12)
        part = min(loan.instalment, left)
        left -= part
        if day < from_day:
            continue
        lines.append(
            CashLine(
                key=f"loan:{loan.id}:{day.isoformat()}",
                day=bank_day(day, start),
                amount=-(part + interest),
                kind=Kind.LOAN,
                certainty=Certainty.PLANNED,
                source=Source(SourceKind.RULE, Reason.LOAN, rule_id=loan.id),
                title=loan.title,
                account=loan.account,
                nominal=day,
                facts=(
                    ("instalment", str(part)),
                    ("interest", str(interest)),
                    ("left", str(left)),
                    *_late(day, start),
                ),
            )
        )
    return lines


def _settled(one: Planned) -> LeftOut:
    return LeftOut(
        f"manual:{one.id}",
        LeftOutReason.GAVE_WAY,
        one.amount,
        one.title,
        one.party,
        one.first,
        (one.settled,) if one.settled is not None else (),
    )


def spread_over(
    amount: Decimal, first: date, last: date, start: date
) -> tuple[tuple[date, Decimal], ...]:
    """An amount over the Fridays from first to last; the last one takes the øre that are left."""
    begin = max(first, start)
    friday = begin + timedelta(days=(_FRIDAY - begin.weekday()) % 7)
    days: list[date] = []
    while friday <= last:
        days.append(bank_day_by(friday, begin))
        friday += timedelta(days=7)
    if not days:
        days = [bank_day_by(last, max(first, start))]
    days = sorted(set(days))
    part = round_to_ore(amount / len(days))
    parts = [(each, part) for each in days[:-1]]
    rest = amount - sum((each for _, each in parts), ZERO)
    return (*parts, (days[-1], rest))
