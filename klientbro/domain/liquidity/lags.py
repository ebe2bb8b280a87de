"""How long after the forecast's first day new trade can move money: invoices come first, then pay.

Money of the first weeks comes from invoices that are already open items, each a line of its own.
New sales are invoiced, and paid after the usual term and the customers' usual delay; new purchases
after the suppliers' usual term. Only what goes by invoice waits: cash sales move money at once.

Example: terms of 14 days and customers 5 days late; nine tenths of the sales by invoice. Nine
tenths of what history lets one expect wait 19 days, a tenth begins on the first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from klientbro.domain.liquidity.habits import Habit, usual_terms
from klientbro.domain.liquidity.items import Item
from klientbro.domain.liquidity.recurring import Category, Flow
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month

_ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Lag:
    """Days before new trade by invoice moves money, and how much of the trade goes by invoice."""

    days: int = 0
    share: Decimal = ZERO

    def by_invoice(self, month: Month, start: date) -> Decimal:
        """The part of the month's trade that is invoiced from the first day on and paid in it."""
        first = start + timedelta(days=self.days)
        if month.last_day < first:
            return ZERO
        days = (month.last_day - max(month.first_day, first)).days + 1
        return self.share * days / month.last_day.day

    def at_once(self, month: Month, start: date) -> Decimal:
        """The part of the month's trade that is paid as it is done, from the first day on."""
        days = (month.last_day - max(month.first_day, start)).days + 1
        return (_ONE - self.share) * max(days, 0) / month.last_day.day


NO_LAG = Lag()


def lag_of(
    category: Category,
    items: Iterable[Item],
    recent: Iterable[Flow],
    habits: Mapping[str, Habit],
) -> Lag:
    """What open items tell of terms, and the last weeks' movements of what goes by invoice.

    Without either nothing waits.
    """
    terms = usual_terms((one.party, one.posted, one.due) for one in items)
    if "" not in terms:
        return NO_LAG
    own = [flow for flow in recent if flow.category is category]
    moved = sum((abs(flow.amount) for flow in own), ZERO)
    if not moved:
        return NO_LAG
    invoiced = sum((abs(flow.amount) for flow in own if flow.party), ZERO)
    everybody = habits.get("") if category is Category.SALES else None
    late = max(everybody.days, 0) if everybody else 0
    return Lag(terms[""] + late, invoiced / moved)
