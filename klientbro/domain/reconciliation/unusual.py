"""What is unusual in an account's month: its movement and its postings against the months before.

A month is compared with the mean and the standard deviation of the months before it, which needs at
least three of them (product-features.md §3, «automatic checks»). It points, and never judges: what
is unusual may be right, and what is wrong may be usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.money import ZERO, round_to_ore

LEAST_MONTHS = 3
DEVIATIONS = 2
LEAST_AMOUNT = Decimal(1000)  # a smaller swing is no news, however even the months were
LEAST_POSTINGS = Decimal(3)


class Unusual(StrEnum):
    """What sets the month apart."""

    AMOUNT = "amount"  # the movement is far from what it has been
    MORE_POSTINGS = "more_postings"
    FEWER_POSTINGS = "fewer_postings"
    NO_POSTINGS = "no_postings"  # every month before had some


@dataclass(frozen=True, slots=True)
class Moved:
    """An account's month: movement in the ledger's sign, and how many postings."""

    amount: Decimal = ZERO
    postings: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen. mean: of the months before. last_year: the same month, None when not held."""

    found: tuple[Unusual, ...]
    now: Moved
    mean: Decimal
    mean_postings: Decimal
    months: int
    last_year: Decimal | None = None


def look_at(now: Moved, before: Sequence[Moved], *, last_year: Moved | None = None) -> Look | None:
    """The month against those before it, oldest first; None where too few have had postings.

    Rent of 12 000 in each of twelve months and 24 000 now: AMOUNT. Months before the account's
    first posting are not counted: an account that is new is not unusual.
    """
    known = _from_first_use(before)
    if sum(1 for each in known if each.postings) < LEAST_MONTHS:
        return None
    amounts = [each.amount for each in known]
    counts = [Decimal(each.postings) for each in known]
    found = []
    if _is_far(now.amount, amounts, LEAST_AMOUNT):
        found.append(Unusual.AMOUNT)
    if not now.postings and all(each.postings for each in known):
        found.append(Unusual.NO_POSTINGS)
    elif _is_far(Decimal(now.postings), counts, LEAST_POSTINGS):
        is_more = now.postings > _mean(counts)
        found.append(Unusual.MORE_POSTINGS if is_more else Unusual.FEWER_POSTINGS)
    return Look(
        found=tuple(found),
        now=now,
        mean=round_to_ore(_mean(amounts)),
        mean_postings=_mean(counts),
        months=len(known),
        last_year=None if last_year is None else last_year.amount,
    )


def _from_first_use(before: Sequence[Moved]) -> Sequence[Moved]:
    for at, each in enumerate(before):
        if each.postings:
            return before[at:]
    return ()


def _is_far(value: Decimal, before: Sequence[Decimal], least: Decimal) -> bool:
    """More than two standard deviations from the mean, and by an amount worth a look."""
    mean = _mean(before)
    distance = abs(value - mean)
    variance = _mean([(each - mean) ** 2 for each in before])
    return distance >= least and distance**2 > DEVIATIONS**2 * variance


def _mean(values: Sequence[Decimal]) -> Decimal:
    return sum(values, ZERO) / len(values)
