"""How late each customer usually pays: the median of enough cases, within sensible bounds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from statistics import median_low

ENOUGH_CASES = 3
ENOUGH_OF_ALL = 5
EARLIEST, LATEST = -14, 60
LONGEST_TERM = 120
DEFAULT_TERM = 14


@dataclass(frozen=True, slots=True)
class Paid:
    """A paid invoice: how many days after the due date the money came."""

    party: str
    days_late: int


@dataclass(frozen=True, slots=True)
class Habit:
    """How late somebody pays, from how many cases. typed: a person has set it."""

    days: int
    cases: int
    is_own: bool = True  # learned from this customer, not from all of them
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class ControlEntry:
    """A posting on a control account: an invoice (positive) or what settles it (negative)."""

    party: str
    day: date
    amount: Decimal
    voucher_no: int
    is_payment: bool = False


def paid_invoices(
    entries: Sequence[ControlEntry],
    due_dates: Mapping[tuple[str, int], date],
    terms: Mapping[str, int],
) -> tuple[Paid, ...]:
    """Invoices and the payments of exactly their amount, first invoice first.

    due_dates: by (party, voucher), where an open item has told it. Elsewhere the invoice's day and
    the party's usual term of payment; `''` holds the usual term of all.
    """
    waiting: dict[tuple[str, Decimal], list[ControlEntry]] = defaultdict(list)
    found = []
    for entry in sorted(entries, key=lambda one: (one.day, -one.amount, one.voucher_no)):
        if entry.amount > 0:
            waiting[(entry.party, entry.amount)].append(entry)
            continue
        held = waiting.get((entry.party, -entry.amount))
        if not held or not entry.is_payment:
            if held:  # credited, not paid: no case
                held.pop(0)
            continue
        invoice = held.pop(0)
        due = due_dates.get((invoice.party, invoice.voucher_no))
        if due is None:
            term = terms.get(invoice.party, terms.get("", DEFAULT_TERM))
            due = invoice.day + timedelta(days=term)
        found.append(Paid(invoice.party, (entry.day - due).days))
    return tuple(found)


def usual_terms(items: Iterable[tuple[str, date | None, date | None]]) -> dict[str, int]:
    """Days from invoice to due date, the median of each party's open items; `''` of all of them."""
    seen: dict[str, list[int]] = defaultdict(list)
    for party, day, due in items:
        if day is None or due is None:
            continue
        term = (due - day).days
        if 0 <= term <= LONGEST_TERM:
            seen[party].append(term)
            seen[""].append(term)
    return {party: median_low(terms) for party, terms in seen.items()}


def learn_habits(paid: Iterable[Paid]) -> dict[str, Habit]:
    """The habit of everybody with enough cases; `''` holds that of all customers together.

    median_low: of an even number the earlier of the two in the middle, never a day nobody had.
    """
    cases: dict[str, list[int]] = defaultdict(list)
    everybody: list[int] = []
    for one in paid:
        cases[one.party].append(one.days_late)
        everybody.append(one.days_late)
    habits = {
        party: Habit(_capped(median_low(days)), len(days))
        for party, days in cases.items()
        if party and len(days) >= ENOUGH_CASES
    }
    if len(everybody) >= ENOUGH_OF_ALL:
        habits[""] = Habit(_capped(median_low(everybody)), len(everybody), is_own=False)
    return habits


def habit_of(party: str, habits: Mapping[str, Habit]) -> Habit | None:
    """The party's own habit, else that of all customers, else none."""
    return habits.get(party) or habits.get("")


def _capped(days: int) -> int:
    return min(max(days, EARLIEST), LATEST)
