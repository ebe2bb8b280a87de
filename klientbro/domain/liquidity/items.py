"""Open items as cash lines: by due date and habit, overdue ones placed, missing dates told.

Source: norwegian-accounting.md §14: customers on the due date and that customer's delay, overdue
ones spread and never all on day 1; suppliers on the due date, overdue ones on day 1 [S-60].
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.liquidity.habits import DEFAULT_TERM, Habit, habit_of
from klientbro.domain.liquidity.lines import (
    CashLine,
    Certainty,
    Found,
    Kind,
    LeftOut,
    LeftOutReason,
    Notice,
    Reason,
    Source,
    SourceKind,
    bank_day,
)
from klientbro.domain.money import ZERO, sum_amounts

LONGEST_AFTER, LONGEST_BEFORE = 400, 31


class Side(StrEnum):
    """Whose items they are."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"


class Overdue(StrEnum):
    """When overdue customer items are expected."""

    SPREAD = "spread"
    FIRST_DAY = "first_day"
    LEAVE_OUT = "leave_out"


@dataclass(frozen=True, slots=True)
class Item:
    """What is left of an invoice, ledger sign: customers owe positive, suppliers are owed negative.

    expected: the day a person has said the money moves.
    """

    id: str
    party: str
    name: str
    balance: Decimal
    due: date | None
    posted: date | None
    voucher_no: int | None = None
    invoice_no: str = ""
    expected: date | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """Something posted on a control account after the items were read, by party; ledger sign."""

    party: str
    day: date
    amount: Decimal
    voucher_no: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class ItemRules:
    """How overdue items are treated, and after how long nobody counts on them."""

    overdue: Overdue = Overdue.SPREAD
    spread_days: int = 42
    doubtful_after: int = 180
    doubtful_debt_after: int = 365
    default_term: int = DEFAULT_TERM


def brought_up_to_date(items: Sequence[Item], since: Iterable[Settled]) -> tuple[Item, ...]:
    """The items after what was posted since they were read.

    Something that settles takes the item of exactly that amount, else the party's oldest; what is
    new becomes an item without due date. The sum is the old sum and everything posted since.
    """
    left = {item.id: item for item in items}
    order = sorted(items, key=_age)
    fresh: list[Item] = []
    for one in sorted(since, key=lambda s: (s.day, s.voucher_no, s.amount)):
        rest = one.amount
        own = [left[item.id] for item in order if item.party == one.party and item.id in left]
        exact = next((item for item in own if item.balance == -rest), None)
        for item in [exact] if exact else own:
            if not rest or (item.balance > 0) == (rest > 0):
                continue
            taken = min(abs(rest), abs(item.balance))
            signed = taken if rest > 0 else -taken
            rest -= signed
            if item.balance + signed:
                left[item.id] = replace(item, balance=item.balance + signed)
            else:
                del left[item.id]
        if rest:
            key = f"since-{one.voucher_no}-{one.party}-{len(fresh)}"
            fresh.append(Item(key, one.party, one.name, rest, None, one.day, one.voucher_no, ""))
    return (*(left[item.id] for item in items if item.id in left), *fresh)


def item_lines(
    side: Side,
    items: Sequence[Item],
    habits: Mapping[str, Habit],
    rules: ItemRules,
    start: date,
) -> Found:
    """The lines of one side. Lines and what is left out sum to the items, to the øre."""
    found = Found()
    missing = absurd = 0
    late: list[tuple[Item, date, Habit | None]] = []
    for item in _after_credits(side, items, found):
        due, problem = due_date(item, rules, start)
        missing += problem is Notice.DUE_MISSING
        absurd += problem is Notice.DUE_ABSURD
        if item.expected is not None and item.expected >= start:
            day = bank_day(item.expected, start)
            found.lines.append(_line(side, item, day, due, Reason.ITEM_EXPECTED, problem=problem))
            continue
        if side is Side.SUPPLIER:
            if (start - due).days > rules.doubtful_debt_after:
                late_by = (("days", str((start - due).days)),)
                found.left_out.append(_left(item, LeftOutReason.DOUBTFUL, late_by, due))
                continue
            reason = Reason.ITEM_OVERDUE_FIRST_DAY if due < start else Reason.ITEM_DUE
            day = bank_day(due, start)
            found.lines.append(_line(side, item, day, due, reason, problem=problem))
            continue
        habit = habit_of(item.party, habits)
        expected = due + timedelta(days=habit.days if habit else 0)
        if expected < start:
            late.append((item, due, habit))
            continue
        reason = Reason.ITEM_HABIT if habit else Reason.ITEM_DUE
        day = bank_day(expected, start)
        found.lines.append(_line(side, item, day, due, reason, habit, problem))
    _place_late(late, rules, start, found)
    if missing:
        found.notices[Notice.DUE_MISSING] = str(missing)
    if absurd:
        found.notices[Notice.DUE_ABSURD] = str(absurd)
    return found


def due_date(item: Item, rules: ItemRules, start: date) -> tuple[date, Notice | None]:
    """The item's due date, and what is wrong with the one it came with.

    Absurd: more than 400 days after the invoice, or more than a month before it.
    """
    usual = timedelta(days=rules.default_term)
    if item.due is None:
        return (item.posted or start) + usual, Notice.DUE_MISSING
    if item.posted is None:
        far = abs((item.due - start).days) > LONGEST_AFTER * 5
        return (start + usual, Notice.DUE_ABSURD) if far else (item.due, None)
    days = (item.due - item.posted).days
    if not -LONGEST_BEFORE <= days <= LONGEST_AFTER:
        return item.posted + usual, Notice.DUE_ABSURD
    return item.due, None


def _place_late(
    late: list[tuple[Item, date, Habit | None]], rules: ItemRules, start: date, found: Found
) -> None:
    """Customers who are later than they use to be: spread by age, or as the rules say."""
    counted = []
    for item, due, habit in late:
        too_old = (start - due).days > rules.doubtful_after
        if too_old or rules.overdue is Overdue.LEAVE_OUT:
            found.left_out.append(
                _left(item, LeftOutReason.DOUBTFUL, (("days", str((start - due).days)),), due)
            )
        else:
            counted.append((item, due, habit))
    counted.sort(key=lambda one: (one[1], one[0].id))
    number = len(counted)
    for at, (item, due, habit) in enumerate(counted):
        if rules.overdue is Overdue.FIRST_DAY:
            day, reason = bank_day(start, start), Reason.ITEM_OVERDUE_FIRST_DAY
        else:
            days = max(1, (2 * at + 1) * rules.spread_days // (2 * number))
            day = bank_day(start + timedelta(days=days), start)
            reason = Reason.ITEM_OVERDUE_SPREAD
        found.lines.append(_line(Side.CUSTOMER, item, day, due, reason, habit))


def _after_credits(side: Side, items: Sequence[Item], found: Found) -> list[Item]:
    """The items with credit notes set off against the same party's own, the earliest due first."""
    sign = 1 if side is Side.CUSTOMER else -1
    by_party: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        if item.balance:
            by_party[item.party].append(item)
    left = []
    for own in by_party.values():
        credit = sum_amounts(-item.balance * sign for item in own if item.balance * sign < 0)
        owed = sorted((item for item in own if item.balance * sign > 0), key=_age)
        for item in owed:
            taken = min(credit, item.balance * sign)
            credit -= taken
            rest = item.balance - taken * sign
            if rest:
                left.append(replace(item, balance=rest) if taken else item)
        if credit:
            note = min((item for item in own if item.balance * sign < 0), key=_age)
            found.left_out.append(replace(_left(note, LeftOutReason.CREDIT), amount=-credit * sign))
    return left


def _line(
    side: Side,
    item: Item,
    day: date,
    due: date,
    reason: Reason,
    habit: Habit | None = None,
    problem: Notice | None = None,
) -> CashLine:
    facts = [("due", due.isoformat()), ("invoice", item.invoice_no)]
    if habit is not None:
        facts += [("days", str(habit.days)), ("cases", str(habit.cases))]
        facts.append(("whose", "typed" if habit.is_typed else "own" if habit.is_own else "all"))
    if problem is not None:
        facts.append(("problem", problem.value))
    return CashLine(
        key=f"{side.value}:{item.id}",
        day=day,
        amount=item.balance,
        kind=Kind.CUSTOMERS if side is Side.CUSTOMER else Kind.SUPPLIERS,
        certainty=Certainty.DUE,
        source=Source(
            SourceKind.OPEN_ITEM, reason, (item.voucher_no,) if item.voucher_no is not None else ()
        ),
        title=item.name,
        party=item.party,
        nominal=due,
        facts=tuple(facts),
    )


def _left(
    item: Item,
    reason: LeftOutReason,
    facts: tuple[tuple[str, str], ...] = (),
    day: date | None = None,
) -> LeftOut:
    return LeftOut(
        f"item:{item.id}",
        reason,
        item.balance,
        item.name,
        item.party,
        day or item.due,
        (item.voucher_no,) if item.voucher_no is not None else (),
        facts=facts,
    )


def _age(item: Item) -> tuple[date, date, str]:
    far = date.max
    return item.due or item.posted or far, item.posted or far, item.id


def total(items: Iterable[Item]) -> Decimal:
    """The sum of the items."""
    return sum((item.balance for item in items), ZERO)
