"""What the rules suggest belongs together: the firm's own rules first, then the standard ones.

Worked out from what is open, once for each way it stands (kept_suggestions.py); the same for the
page that shows and the press that accepts. What has moved in between has another key, and is told
instead of taken.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Q

from klientbro.domain.money import ZERO
from klientbro.domain.reconciliation.bank import bank_rules
from klientbro.domain.reconciliation.match_rules import (
    Match,
    MatchItem,
    MatchKind,
    MatchLimits,
    MatchRule,
    Side,
    TextCondition,
    clearing_rules,
)
from klientbro.domain.reconciliation.matching import find_matches
from klientbro.ledger.queries.matching import OpenPosting
from klientbro.products.reconciliation import models
from klientbro.products.reconciliation.matching import OpenLine, Sides

OWN = "own:"  # before the public id of a firm's own rule
_STANDARD_COMES_AFTER = 10_000
MOST_SUGGESTED = 400  # items of each side; the oldest first
MOST_RULES = 30
LIMITS = MatchLimits(steps=60_000, steps_per_target=6_000)


@dataclass(frozen=True, slots=True)
class Item:
    """Something open on either side, as it is shown and sent back: key is `p:` or `l:` and its id.

    amount: as its own side has it. value: what it adds to a match, which must come to zero.
    """

    key: str
    day: date
    amount: Decimal
    value: Decimal
    words: str
    text: str
    reference: str
    party: str
    is_line: bool

    @property
    def mark(self) -> str:
        """Changes when the item does: what a person has seen."""
        return f"{self.key}|{self.amount:f}|{self.day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Items that a rule says belong together."""

    match: Match
    ledger: tuple[Item, ...]
    bank: tuple[Item, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        return self.ledger + self.bank

    @property
    def key(self) -> str:
        """Changes when any of the items does."""
        digest = hashlib.sha256(self.match.rule_id.encode())
        for item in sorted(self.items, key=lambda each: each.key):
            digest.update(f"\n{item.mark}".encode())
        return digest.hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Suggested:
    """Every suggestion, best rules first, and whether the search was cut short."""

    suggestions: tuple[Suggestion, ...]
    gave_up: tuple[str, ...]  # rules that would have taken too long
    is_narrowed: bool  # not everything open was looked at


def items_of(sides: Sides, most: int | None = None) -> list[Item]:
    """Everything open on both sides, the oldest first; of each so many at most."""
    found = [_posting_item(each) for each in sides.postings[:most]]
    return found + [_line_item(each) for each in sides.lines[:most]]


def own_rules(client_id: int, account_id: str) -> list[models.MatchRule]:
    """The firm's rules for the account, on or off: the account's own and those for every one."""
    return list(
        models.MatchRule.objects.filter(
            Q(client_id=client_id, account_id=account_id) | Q(client=None)
        ).order_by("priority", "pk")[:MOST_RULES]
    )


def domain_rule(row: models.MatchRule) -> MatchRule:
    """The rule as the search reads it."""
    return MatchRule(
        OWN + str(row.public_id),
        MatchKind(row.shape),
        tolerance=row.tolerance,
        days_before=row.days_before,
        days_after=row.days_after,
        text=TextCondition(row.condition),
        contains=tuple(row.contains.split()),
        priority=row.priority,
    )


def rules_for(sides: Sides, own: Sequence[models.MatchRule]) -> list[MatchRule]:
    """The rules that are on, in the order they are tried."""
    standard = bank_rules() if sides.is_bank else clearing_rules()
    later = [replace(rule, priority=rule.priority + _STANDARD_COMES_AFTER) for rule in standard]
    return [domain_rule(row) for row in own if row.is_on] + later


def considered(sides: Sides) -> list[Item]:
    """The open items that suggestions are made for: the oldest of each side."""
    return items_of(sides, MOST_SUGGESTED)


def suggest(sides: Sides, rules: Sequence[MatchRule], limits: MatchLimits = LIMITS) -> Suggested:
    """What the rules find among what is open."""
    chosen = considered(sides)
    result = find_matches([_match_item(each, sides) for each in chosen], rules, limits)
    gave_up = tuple(dict.fromkeys(each.rule_id for each in result.gave_up))
    return as_suggested(sides, chosen, result.matches, gave_up)


def as_suggested(
    sides: Sides, chosen: Sequence[Item], matches: Iterable[Match], gave_up: tuple[str, ...]
) -> Suggested:
    """Matches with the items they are of."""
    by_key = {each.key: each for each in chosen}
    is_narrowed = len(chosen) < len(sides.postings) + len(sides.lines) or sides.has_more
    return Suggested(tuple(_suggestion(match, by_key) for match in matches), gave_up, is_narrowed)


def _suggestion(match: Match, by_key: Mapping[str, Item]) -> Suggestion:
    items = sorted((by_key[id_] for id_ in match.ids), key=lambda each: (each.day, each.key))
    return Suggestion(
        match,
        tuple(each for each in items if not each.is_line),
        tuple(each for each in items if each.is_line),
    )


def _match_item(item: Item, sides: Sides) -> MatchItem:
    side = (Side.B if item.is_line else Side.A) if sides.is_bank else None
    return MatchItem(
        item.key, item.day, item.value, item.text, item.reference, item.party, side=side
    )


def _posting_item(posting: OpenPosting) -> Item:
    return Item(
        f"p:{posting.id}",
        posting.day,
        posting.amount,
        posting.amount,
        posting.voucher,
        posting.text,
        "",
        posting.party,
        is_line=False,
    )


def _line_item(line: OpenLine) -> Item:
    """The bank's line turned around: a deposit of 100 meets a debit of 100."""
    words = " · ".join(dict.fromkeys(part for part in (line.reference, line.party) if part))
    return Item(
        f"l:{line.pk}",
        line.booked_on,
        line.amount,
        ZERO - line.amount,
        words,
        line.text or line.party,
        line.reference,
        line.party,
        is_line=True,
    )
