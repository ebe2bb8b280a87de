"""What a firm counts as a good, a watched and a bad key figure.

Two limits, `good` and `bad`, and which way is better. At the limit counts as reached. Current
ratio with good 1.50 and bad 1.00: 1.77 is good, 1.20 is to be watched, 0.90 is bad.

Standard limits are those that norwegian-accounting.md §15 names; other figures have none until
the firm sets them, and are then not judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Judgement(StrEnum):
    """Where a figure stands to its limits."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Limits:
    """Good is reached here, bad is reached there; None for a limit that nobody has set."""

    good: Decimal | None = None
    bad: Decimal | None = None

    def __bool__(self) -> bool:
        return self.good is not None or self.bad is not None


# Money tied up for fewer days is better, and so is less debt; everything else is better high.
LOW_IS_GOOD = frozenset(
    {"customer_credit_days", "supplier_credit_days", "inventory_days", "debt_ratio"}
)
STANDARD: Mapping[str, Limits] = {
    "current_ratio": Limits(Decimal("1.5"), Decimal(1)),
    "quick_ratio": Limits(Decimal(1)),
    "cash_ratio": Limits(Decimal("0.33")),
    "customer_credit_days": Limits(Decimal(30), Decimal(50)),
    "supplier_credit_days": Limits(Decimal(45), Decimal(75)),
}


def contradict(code: str, limits: Limits) -> bool:
    """Whether the two limits stand the wrong way: what is bad would be good as well."""
    if limits.good is None or limits.bad is None:
        return False
    return limits.good >= limits.bad if code in LOW_IS_GOOD else limits.good <= limits.bad


def judge(code: str, value: Decimal | None, limits: Limits | None) -> Judgement | None:
    """How the figure stands; None without a figure or without limits."""
    if value is None or not limits:
        return None
    sign = -1 if code in LOW_IS_GOOD else 1
    if limits.good is not None and value * sign >= limits.good * sign:
        return Judgement.GOOD
    if limits.bad is not None and value * sign <= limits.bad * sign:
        return Judgement.BAD
    return Judgement.WATCH
