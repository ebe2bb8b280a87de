"""Change and per cent between two amounts, and whether it is for the better.

112 000 against 100 000 is +12 000 and +12 %; against −100 000 it is +212 000 and +212 %. Against
zero there is no per cent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from klientbro.domain.money import ZERO
from klientbro.domain.report_lines import ReportLine, Statement

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Change:
    """How an amount stands to what it is held against; None where either is missing."""

    amount: Decimal | None
    percent: Decimal | None

    @classmethod
    def between(cls, now: Decimal | None, against: Decimal | None) -> Change:
        if now is None or against is None:
            return cls(None, None)
        amount = now - against
        percent = amount / abs(against) * _HUNDRED if against != ZERO else None
        return cls(amount, percent)


def is_better(line: ReportLine, change: Change) -> bool | None:
    """Whether the change raises the result; None for no change and for the balance sheet."""
    if line.statement is Statement.BALANCE or not change.amount:
        return None
    return (change.amount > ZERO) == (line.sign < 0)
