"""Rules for what belongs together within an account, and the bounds a search keeps.

Texts are compared as plain words, never as regular expressions: no rule can take for ever. A rule
without any text condition, day window or key is called broad, so that a page can warn before it
is saved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.money import ZERO

SMALLEST_SHARED_NUMBER = 4
LARGEST_WINDOW_DAYS = 1_000
LARGEST_GROUP = 12
_NUMBERS = re.compile(rf"[0-9]{{{SMALLEST_SHARED_NUMBER},}}", re.ASCII)
_SPACES = re.compile(r"\s+")


class Side(StrEnum):
    """The two sides that meet: debit and credit, or the ledger and the bank."""

    A = "a"
    B = "b"


class MatchKind(StrEnum):
    """How many on each side. The order is the order they are tried in: simplest first."""

    ONE_TO_ONE = "one_to_one"
    ONE_TO_MANY = "one_to_many"
    MANY_TO_ONE = "many_to_one"
    MANY_TO_MANY = "many_to_many"


class TextCondition(StrEnum):
    """What items must have in common besides amount and day."""

    ANY = "any"
    SAME_REFERENCE = "same_reference"
    SAME_PARTY = "same_party"
    SAME_TEXT = "same_text"
    SHARED_NUMBER = "shared_number"  # a number of four digits or more stands in both


@dataclass(frozen=True, slots=True)
class MatchItem:
    """Something open: a posting, or a line of a statement with its amount turned around.

    side None: debit is A, credit is B. A match sums to zero over both sides.
    """

    id: str
    day: date
    amount: Decimal
    text: str = ""
    reference: str = ""
    party: str = ""
    side: Side | None = None

    @property
    def stands_on(self) -> Side:
        if self.side is not None:
            return self.side
        return Side.A if self.amount > ZERO else Side.B


@dataclass(frozen=True, slots=True)
class MatchRule:
    """What counts as belonging together.

    tolerance: how far the sum may be from zero. days_before, days_after: how many days a B may lie
    before or after an A; None: any number. contains: words that must stand in every item's text.
    priority: lower goes first; then by kind, then by id.
    """

    id: str
    kind: MatchKind
    tolerance: Decimal = ZERO
    days_before: int | None = None
    days_after: int | None = None
    text: TextCondition = TextCondition.ANY
    contains: tuple[str, ...] = ()
    priority: int = 100

    def __post_init__(self) -> None:
        if not self.id:
            raise ValueError("a matching rule needs an id, so that its matches can name it")
        if self.tolerance < ZERO:
            raise ValueError(f"tolerance cannot be below zero: {self.tolerance}")
        for name, days in (("days_before", self.days_before), ("days_after", self.days_after)):
            if days is not None and not -LARGEST_WINDOW_DAYS <= days <= LARGEST_WINDOW_DAYS:
                raise ValueError(f"{name} must be within {LARGEST_WINDOW_DAYS} days, not {days}")
        if self._window_is_empty:
            raise ValueError("the day window ends before it begins: no item can ever match")
        if self.kind is MatchKind.MANY_TO_MANY and self.text is TextCondition.ANY:
            raise ValueError(
                "many-to-many needs something in common (reference, party, text or number): "
                "without it everything that happens to sum to zero would match"
            )
        if any(not word.strip() for word in self.contains):
            raise ValueError("contains cannot hold an empty word: it would match everything")

    @property
    def _window_is_empty(self) -> bool:
        if self.days_before is None or self.days_after is None:
            return False
        return -self.days_before > self.days_after

    @property
    def is_broad(self) -> bool:
        """Only amounts decide: warn, and show a preview before saving."""
        return (
            self.text is TextCondition.ANY
            and not self.contains
            and (self.days_before is None or self.days_after is None)
        )

    @property
    def order(self) -> tuple[int, int, str]:
        return (self.priority, list(MatchKind).index(self.kind), self.id)

    def in_window(self, a: date, b: date) -> bool:
        """Whether a B dated so may meet an A dated so."""
        days = (b - a).days
        if self.days_before is not None and days < -self.days_before:
            return False
        return self.days_after is None or days <= self.days_after

    def keys(self, item: MatchItem) -> tuple[str, ...]:
        """The buckets the item can find others in; none when it lacks what the rule asks for."""
        text = plain(item.text)
        if any(plain(word) not in text for word in self.contains):
            return ()
        match self.text:
            case TextCondition.ANY:
                return ("",)
            case TextCondition.SAME_REFERENCE:
                return _only(plain(item.reference))
            case TextCondition.SAME_PARTY:
                return _only(plain(item.party))
            case TextCondition.SAME_TEXT:
                return _only(text)
            case TextCondition.SHARED_NUMBER:
                found = _NUMBERS.findall(f"{item.reference} {item.text}")
                return tuple(sorted({number.lstrip("0") or "0" for number in found}))


@dataclass(frozen=True, slots=True)
class MatchLimits:
    """How much work a search does at most before it says that it gave up."""

    steps: int = 150_000  # per rule
    steps_per_target: int = 20_000  # per item that others are summed towards
    largest_group: int = 6  # items on the many side

    def __post_init__(self) -> None:
        if self.steps < 1 or self.steps_per_target < 1:
            raise ValueError("a search needs at least one step")
        if not 2 <= self.largest_group <= LARGEST_GROUP:
            raise ValueError(f"a group holds 2 to {LARGEST_GROUP} items, not {self.largest_group}")


@dataclass(frozen=True, slots=True)
class Match:
    """Items that belong together, by which rule and why. `is_ambiguous`: another was as good."""

    rule_id: str
    kind: MatchKind
    ids: tuple[str, ...]
    debits: int
    credits: int
    difference: Decimal
    days_apart: int
    text: TextCondition
    shared: str
    is_ambiguous: bool

    @property
    def reason(self) -> str:
        """English reason for logs and exports; pages build theirs from the fields."""
        common = "" if self.text is TextCondition.ANY else f", {self.text.value}: {self.shared}"
        return (
            f"rule {self.rule_id}: {self.debits} to {self.credits}, "
            f"difference {self.difference}, {self.days_apart} days apart{common}"
        )


@dataclass(frozen=True, slots=True)
class GaveUp:
    """A search that was cut short: which rule, towards which item (none: the whole rule)."""

    rule_id: str
    item_id: str | None
    steps: int


@dataclass(frozen=True, slots=True)
class MatchResult:
    """What was found, what is still open, and where the search was cut short."""

    matches: tuple[Match, ...]
    open_ids: tuple[str, ...]
    gave_up: tuple[GaveUp, ...] = field(default=())

    @property
    def is_complete(self) -> bool:
        return not self.gave_up


def clearing_rules(window_days: int = 62) -> tuple[MatchRule, ...]:
    """Rules within one account when the firm has none: debits against credits.

    The same number in both texts, the same text, the same party, then sums of a party; last the
    same amount within a few days, which is the weakest.
    """
    one = MatchRule(
        "number",
        MatchKind.ONE_TO_ONE,
        days_before=window_days,
        days_after=window_days,
        text=TextCondition.SHARED_NUMBER,
        priority=10,
    )
    many, several = MatchKind.ONE_TO_MANY, MatchKind.MANY_TO_ONE
    party = replace(one, id="same_party", text=TextCondition.SAME_PARTY, priority=30)
    return (
        one,
        replace(one, id="same_text", text=TextCondition.SAME_TEXT, priority=20),
        party,
        replace(party, id="party_one_to_many", kind=many, priority=40),
        replace(party, id="party_many_to_one", kind=several, priority=50),
        replace(party, id="party_whole", kind=MatchKind.MANY_TO_MANY, priority=60),
        replace(
            one,
            id="amount",
            text=TextCondition.ANY,
            days_before=5,
            days_after=5,
            priority=70,
        ),
    )


def plain(text: str) -> str:
    """Text as it is compared: folded case, single spaces."""
    return _SPACES.sub(" ", text).strip().casefold()


def _only(key: str) -> tuple[str, ...]:
    return (key,) if key else ()
