"""The lowest point, the first day under the limit, and the lines that bring one there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.liquidity.buckets import Balance
from klientbro.domain.liquidity.lines import ORDER, CashLine, Kind
from klientbro.domain.money import ZERO

MOST_CAUSES = 5


@dataclass(frozen=True, slots=True)
class Path:
    """How the bank comes from its opening to a day: sums by kind, and the largest lines out.

    opening + every sum = amount, to the øre.
    """

    day: date
    amount: Decimal
    by_kind: tuple[tuple[Kind, Decimal], ...]
    causes: tuple[CashLine, ...]


@dataclass(frozen=True, slots=True)
class Depth:
    """The lowest day's end of some days, and the first one under the limit."""

    lowest: Balance
    first_under: Balance | None


def depth(held: Sequence[Balance], limit: Decimal) -> Depth:
    """Of days that follow each other; the first of several equally low."""
    lowest = min(held, key=lambda one: (one.amount, one.day))
    under = next((one for one in held if one.amount < limit), None)
    return Depth(lowest, under)


def path_to(opening: Decimal, lines: Sequence[CashLine], day: date) -> Path:
    """What has moved from the opening through the day."""
    until = [line for line in lines if line.day <= day]
    sums: dict[Kind, Decimal] = {}
    for line in until:
        sums[line.kind] = sums.get(line.kind, ZERO) + line.amount
    out = sorted((line for line in until if line.amount < 0), key=lambda one: (one.amount, one.key))
    return Path(
        day=day,
        amount=opening + sum(sums.values(), ZERO),
        by_kind=tuple(sorted(sums.items(), key=lambda one: ORDER[one[0]])),
        causes=tuple(out[:MOST_CAUSES]),
    )
