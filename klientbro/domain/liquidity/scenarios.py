"""Named changes beside the base: later payments, more or less revenue, a line out, in or moved.

A scenario that contradicts itself is refused before it is kept. One whose line has since given way
to the actual still works: the change is passed over, and told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.liquidity.lines import (
    VAT_OF,
    CashLine,
    Certainty,
    Kind,
    LeftOut,
    Reason,
    Source,
    SourceKind,
    bank_day,
)
from klientbro.domain.money import round_to_ore

MOST_DAYS = 365
LEAST_PERCENT, MOST_PERCENT = Decimal(-100), Decimal(1000)


class ChangeKind(StrEnum):
    """What a change does to the base."""

    LATER = "later"  # customers (or one of them) pay so many days later
    REVENUE = "revenue"  # sales not made yet, per cent
    OUT = "out"  # a line is left out
    IN = "in"  # something left out is counted after all
    MOVE = "move"  # a line comes on another day
    ONE_OFF = "one_off"  # an amount on a day


@dataclass(frozen=True, slots=True)
class Change:
    """One change. Which fields it needs follows from its kind."""

    kind: ChangeKind
    line: str = ""
    party: str = ""
    days: int | None = None
    percent: Decimal | None = None
    day: date | None = None
    amount: Decimal | None = None
    title: str = ""


class Problem(StrEnum):
    """Why a scenario is refused."""

    EMPTY = "empty"
    OUT_AND_MOVED = "out_and_moved"
    OUT_AND_IN = "out_and_in"
    TWICE = "twice"
    LATER_TWICE = "later_twice"
    REVENUE_TWICE = "revenue_twice"
    DAYS = "days"
    PERCENT = "percent"
    PAST = "past"
    BEYOND = "beyond"
    NO_AMOUNT = "no_amount"
    NO_DAY = "no_day"
    NO_LINE = "no_line"
    ALREADY_IN = "already_in"


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is wrong, and in which change (counted from 0)."""

    problem: Problem
    at: int


@dataclass(frozen=True, slots=True)
class Applied:
    """The lines of a scenario, and the changes whose line is no longer there."""

    lines: tuple[CashLine, ...]
    passed_over: tuple[Change, ...]


def contradictions(
    changes: Sequence[Change],
    lines: Sequence[CashLine],
    left_out: Sequence[LeftOut],
    start: date,
    until: date,
) -> tuple[Contradiction, ...]:
    """Everything that makes the changes impossible together; empty when they can be kept."""
    found = [Contradiction(Problem.EMPTY, 0)] if not changes else []
    keys = {line.key for line in lines}
    left = {one.key for one in left_out}
    seen: dict[tuple[str, str], list[ChangeKind]] = {}
    for at, change in enumerate(changes):
        problem = _alone(change, keys, left, start, until)
        if problem is not None:
            found.append(Contradiction(problem, at))
            continue
        subject = (change.party, "") if change.kind is ChangeKind.LATER else ("", change.line)
        if change.kind is ChangeKind.ONE_OFF:
            continue
        if change.kind is ChangeKind.REVENUE:
            subject = ("", "revenue:")
        elif change.kind is ChangeKind.LATER:
            subject = (f"later:{change.party}", "")
        before = seen.setdefault(subject, [])
        clash = _together(change.kind, before)
        if clash is not None:
            found.append(Contradiction(clash, at))
        before.append(change.kind)
    return tuple(found)


def apply(
    lines: Sequence[CashLine],
    left_out: Sequence[LeftOut],
    changes: Sequence[Change],
    start: date,
) -> Applied:
    """The base with the changes. Without changes it is the base."""
    held = {line.key: line for line in lines}
    left = {one.key: one for one in left_out}
    passed: list[Change] = []
    everybody = next((c for c in changes if c.kind is ChangeKind.LATER and not c.party), None)
    parties = {c.party: c for c in changes if c.kind is ChangeKind.LATER and c.party}
    for change in changes:
        if change.kind is ChangeKind.REVENUE:
            share = (change.percent or Decimal(0)) / 100
            for key, line in held.items():
                if line.revenue_part:
                    more = round_to_ore(line.revenue_part * share)
                    held[key] = replace(line, amount=line.amount + more)
    for key, line in held.items():
        later = parties.get(line.party, everybody) if line.kind is Kind.CUSTOMERS else None
        if later is not None and line.source.kind is not SourceKind.POSTING:
            moved = line.day + timedelta(days=later.days or 0)
            held[key] = line.moved_to(bank_day(moved, start))
    for at, change in enumerate(changes):
        if change.kind in (ChangeKind.OUT, ChangeKind.MOVE):
            if change.line not in held:
                passed.append(change)
            elif change.kind is ChangeKind.OUT:
                del held[change.line]
                held.pop(f"{VAT_OF}{change.line}", None)
            elif change.day is not None:
                held[change.line] = held[change.line].moved_to(bank_day(change.day, start))
        elif change.kind is ChangeKind.IN:
            if change.line not in left:
                passed.append(change)
            else:
                line = _brought_in(left[change.line], change, start)
                held[line.key] = line
        elif change.kind is ChangeKind.ONE_OFF:
            line = _one_off(change, at, start)
            held[line.key] = line
    return Applied(tuple(line for line in held.values() if line.amount), tuple(passed))


def _alone(
    change: Change, keys: set[str], left: set[str], start: date, until: date
) -> Problem | None:
    """What is wrong with one change by itself."""
    match change.kind:
        case ChangeKind.LATER:
            days = change.days or 0
            return None if 1 <= days <= MOST_DAYS else Problem.DAYS
        case ChangeKind.REVENUE:
            percent = change.percent
            wrong = percent is None or not percent or not LEAST_PERCENT <= percent <= MOST_PERCENT
            return Problem.PERCENT if wrong else None
        case ChangeKind.ONE_OFF:
            if not change.amount:
                return Problem.NO_AMOUNT
            return _day_problem(change.day, start, until)
        case ChangeKind.MOVE:
            if change.line not in keys:
                return Problem.NO_LINE
            return _day_problem(change.day, start, until)
        case ChangeKind.OUT:
            return None if change.line in keys else Problem.NO_LINE
        case ChangeKind.IN:
            if change.line in keys:
                return Problem.ALREADY_IN
            if change.line not in left:
                return Problem.NO_LINE
            return _day_problem(change.day, start, until)


def _day_problem(day: date | None, start: date, until: date) -> Problem | None:
    if day is None:
        return Problem.NO_DAY
    if day < start:
        return Problem.PAST
    return Problem.BEYOND if day > until else None


def _together(kind: ChangeKind, before: Sequence[ChangeKind]) -> Problem | None:
    if not before:
        return None
    if kind is ChangeKind.LATER:
        return Problem.LATER_TWICE
    if kind is ChangeKind.REVENUE:
        return Problem.REVENUE_TWICE
    pair = {kind, *before}
    if pair == {ChangeKind.OUT, ChangeKind.MOVE}:
        return Problem.OUT_AND_MOVED
    if ChangeKind.IN in pair and ChangeKind.OUT in pair:
        return Problem.OUT_AND_IN
    return Problem.TWICE


def _one_off(change: Change, at: int, start: date) -> CashLine:
    amount = change.amount or Decimal(0)
    return CashLine(
        key=f"one-off:{at}",
        day=bank_day(change.day or start, start),
        amount=amount,
        kind=Kind.OTHER_IN if amount > 0 else Kind.OTHER_OUT,
        certainty=Certainty.PLANNED,
        source=Source(SourceKind.SCENARIO, Reason.ONE_OFF),
        title=change.title,
        nominal=change.day,
    )


def _brought_in(left: LeftOut, change: Change, start: date) -> CashLine:
    return CashLine(
        key=left.key,
        day=bank_day(change.day or start, start),
        amount=left.amount,
        kind=Kind.CUSTOMERS if left.amount > 0 else Kind.OTHER_OUT,
        certainty=Certainty.PLANNED,
        source=Source(SourceKind.SCENARIO, Reason.ONE_OFF, left.vouchers, left.account),
        title=left.title,
        party=left.party,
        nominal=change.day,
    )
