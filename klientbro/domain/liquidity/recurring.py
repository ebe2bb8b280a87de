"""Finds what comes again in history: same party or account, about the same amount, regular days.

What is found is only offered. A person takes it, and it becomes a line, or refuses it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from statistics import median_low

from klientbro.domain.accounts import AccountType
from klientbro.domain.liquidity.schedules import MONTHS_BETWEEN, Interval
from klientbro.domain.periods import Month

_SHAPES = (
    (Interval.WEEKLY, 7, 2),
    (Interval.FORTNIGHTLY, 14, 3),
    (Interval.MONTHLY, 30, 8),
    (Interval.TWO_MONTHLY, 61, 10),
    (Interval.QUARTERLY, 91, 14),
    (Interval.HALF_YEARLY, 182, 20),
    (Interval.YEARLY, 365, 30),
)
_ENOUGH = {
    Interval.WEEKLY: 8,
    Interval.FORTNIGHTLY: 5,
    Interval.MONTHLY: 4,
    Interval.TWO_MONTHLY: 3,
    Interval.QUARTERLY: 3,
    Interval.HALF_YEARLY: 3,
    Interval.YEARLY: 2,
}
_SAME_SHARE = Decimal("0.20")
_REGULAR = 0.8
_SMALLEST = Decimal(500)
_NOT_LETTERS = re.compile(r"[\W\d_]+")


class Category(StrEnum):
    """What a movement through the bank is for, by the account on its other side."""

    SALES = "sales"
    PURCHASES = "purchases"
    OTHER = "other"
    FINANCE = "finance"
    DUTIES = "duties"  # wages, taxes, VAT: the rules reckon them
    EQUITY = "equity"  # contributions, dividends, private: nobody's habit


_BY_DIGITS = (
    ("50", Category.DUTIES),
    ("51", Category.DUTIES),
    ("53", Category.DUTIES),
    ("54", Category.DUTIES),
    ("25", Category.DUTIES),
    ("26", Category.DUTIES),
    ("27", Category.DUTIES),
    ("2930", Category.DUTIES),
    ("294", Category.DUTIES),
    ("20", Category.EQUITY),
    ("280", Category.EQUITY),
    ("21", Category.FINANCE),
    ("22", Category.FINANCE),
    ("23", Category.FINANCE),
    ("80", Category.FINANCE),
    ("81", Category.FINANCE),
    ("15", Category.SALES),
    ("3", Category.SALES),
    ("24", Category.PURCHASES),
    ("4", Category.PURCHASES),
    ("6", Category.PURCHASES),
    ("70", Category.PURCHASES),
    ("71", Category.PURCHASES),
    ("73", Category.PURCHASES),
)


def category_of(number: str, type_: AccountType, control: str | None) -> Category:
    """By the control account's side first, then by NS 4102's leading digits."""
    if control == "customer":
        return Category.SALES
    if control == "supplier":
        return Category.PURCHASES
    found = next((kind for digits, kind in _BY_DIGITS if number.startswith(digits)), Category.OTHER)
    if found is Category.DUTIES and number.startswith("5") and type_ is not AccountType.EXPENSE:
        return Category.OTHER
    return found


@dataclass(frozen=True, slots=True)
class Flow:
    """Money through the bank with the account on its other side. In is positive."""

    day: date
    amount: Decimal
    account: str
    voucher_no: int
    party: str = ""
    name: str = ""
    text: str = ""
    category: Category = Category.OTHER


@dataclass(frozen=True, slots=True)
class Offer:
    """What comes again: how often, about how much, when next, and the movements it was seen in."""

    key: str
    title: str
    amount: Decimal
    interval: Interval
    next_day: date
    account: str
    party: str
    category: Category
    seen: tuple[Flow, ...]


def offers(flows: Iterable[Flow], today: date) -> tuple[Offer, ...]:
    """What is regular enough to be offered, the largest in a year first."""
    groups: dict[tuple[str, str, bool], list[Flow]] = defaultdict(list)
    for flow in flows:
        if flow.category in (Category.DUTIES, Category.EQUITY):
            continue
        who = flow.party or _words(flow.text)
        if who:
            groups[(flow.account, who, flow.amount > 0)].append(flow)
    found = [
        offer for key, held in groups.items() if (offer := _offer(key, held, today)) is not None
    ]
    return tuple(sorted(found, key=lambda one: (-_yearly(one), one.key)))


def _offer(key: tuple[str, str, bool], flows: list[Flow], today: date) -> Offer | None:
    days: dict[date, list[Flow]] = defaultdict(list)
    for flow in flows:
        days[flow.day].append(flow)
    alike = _alike(
        [
            (day, sum((f.amount for f in held), Decimal(0)), held)
            for day, held in sorted(days.items())
        ]
    )
    if len(alike) < 2:
        return None
    interval = _interval([day for day, _, _ in alike])
    if interval is None:
        return None
    last = alike[-1][0]
    length = next(days_ for kind, days_, _ in _SHAPES if kind is interval)
    if (today - last).days > length * 8 // 5:
        return None  # it has ended
    amounts = [amount for _, amount, _ in alike]
    amount = amounts[-1] if amounts[-1] == amounts[-2] else median_low(amounts)
    if abs(amount) < _SMALLEST:
        return None
    account, who, is_in = key
    newest = alike[-1][2][0]
    title = newest.name or newest.text or account
    return Offer(
        key=f"{account}|{who}|{'in' if is_in else 'out'}",
        title=title,
        amount=amount,
        interval=interval,
        next_day=_next(interval, [day for day, _, _ in alike], today),
        account=account,
        party=newest.party,
        category=newest.category,
        seen=tuple(flow for _, _, held in alike for flow in held),
    )


_Day = tuple[date, Decimal, list[Flow]]


def _alike(days: Sequence[_Day]) -> list[_Day]:
    """The days whose amount is about the middle one; none when too few of them are."""
    if not days:
        return []
    middle = median_low(sorted(amount for _, amount, _ in days))
    kept = [one for one in days if abs(one[1] - middle) <= abs(middle) * _SAME_SHARE]
    return kept if len(kept) >= _REGULAR * len(days) else []


def _interval(days: Sequence[date]) -> Interval | None:
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    if not gaps:
        return None
    middle = median_low(gaps)
    for kind, length, slack in _SHAPES:
        if abs(middle - length) > slack:
            continue
        regular = sum(1 for gap in gaps if abs(gap - length) <= slack)
        if len(days) >= _ENOUGH[kind] and regular >= _REGULAR * len(gaps):
            return kind
    return None


def _next(interval: Interval, days: Sequence[date], today: date) -> date:
    """The usual day after the last one seen; moved on while it is longer gone than a grace."""
    last = days[-1]
    months = MONTHS_BETWEEN.get(interval)
    if months is None:
        step = 7 if interval is Interval.WEEKLY else 14
        day = last + timedelta(days=step)
        while day < today:
            day += timedelta(days=step)
        return day
    usual = median_low(sorted(day.day for day in days[-6:]))
    month = Month.of(last)
    while True:
        month = month.plus(months)
        day = date(month.year, month.month, min(usual, month.last_day.day))
        if day >= today:
            return day


def _yearly(offer: Offer) -> Decimal:
    length = next(days for kind, days, _ in _SHAPES if kind is offer.interval)
    return abs(offer.amount) * 365 / length


def _words(text: str) -> str:
    """The text without figures and the months' own names: «Leie mars 2026» is «leie»."""
    words = _NOT_LETTERS.sub(" ", text.lower()).split()
    return " ".join(word for word in words if word not in _MONTHS)[:60]


_MONTHS = frozenset(
    (
        *("januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september"),
        *("oktober", "november", "desember", "jan", "feb", "mar", "apr", "jun", "jul", "aug"),
        *("sep", "sept", "okt", "nov", "des"),
    )
)
