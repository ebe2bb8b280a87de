"""Finds what belongs together within an account, the same in whatever order it is asked.

Items are put in one order by day, amount and id; rules by priority, kind and id. Each rule lists
every candidate it can find within its limits, best first (smallest difference, fewest items,
nearest days, then id), and takes those that share nothing with a better one. Nothing depends on
the order of the input, which a property test holds us to. A search that reaches its limit takes
nothing for the item in question and says so: no half-searched guess is shown as the answer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.reconciliation.match_rules import (
    GaveUp,
    Match,
    MatchItem,
    MatchKind,
    MatchLimits,
    MatchResult,
    MatchRule,
    Side,
)
from klientbro.domain.reconciliation.subset_sums import smallest_subsets

_DEFAULT_LIMITS = MatchLimits()


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A possible match with everything its rank depends on."""

    items: tuple[MatchItem, ...]
    shared: str
    difference: Decimal
    days_apart: int

    @property
    def quality(self) -> tuple[Decimal, int, int]:
        return (abs(self.difference), len(self.items), self.days_apart)

    @property
    def rank(self) -> tuple[tuple[Decimal, int, int], tuple[tuple[object, ...], ...], str]:
        return (self.quality, tuple(_order(item) for item in self.items), self.shared)


@dataclass(slots=True)
class _Search:
    """The work of one rule: its budget and where it gave up."""

    rule: MatchRule
    limits: MatchLimits
    steps: int = 0
    gave_up: dict[str | None, int] | None = None

    @property
    def left(self) -> int:
        return self.limits.steps - self.steps

    def stop(self, item_id: str | None, steps: int) -> None:
        self.gave_up = {**(self.gave_up or {}), item_id: steps}


def find_matches(
    items: Iterable[MatchItem],
    rules: Iterable[MatchRule],
    limits: MatchLimits = _DEFAULT_LIMITS,
) -> MatchResult:
    """Every match the rules give. ValueError when two items or two rules share an id.

    Debits 100 and 60 with credits −60, −70 and −30: one-to-one takes 60/−60, one-to-many takes
    100/−70−30.
    """
    open_items = {item.id: item for item in sorted(_distinct(items), key=_order)}
    in_order = sorted(rules, key=lambda rule: rule.order)
    if len({rule.id for rule in in_order}) < len(in_order):
        raise ValueError("two matching rules share an id")
    matches: list[Match] = []
    gave_up: list[GaveUp] = []
    for rule in in_order:
        search = _Search(rule, limits)
        for match in _apply(search, open_items):
            matches.append(match)
            for id_ in match.ids:
                del open_items[id_]
        gave_up += [GaveUp(rule.id, id_, steps) for id_, steps in (search.gave_up or {}).items()]
    return MatchResult(tuple(matches), tuple(open_items), tuple(gave_up))


def _distinct(items: Iterable[MatchItem]) -> list[MatchItem]:
    every = list(items)
    if len({item.id for item in every}) < len(every):
        raise ValueError("two items to match share an id")
    return every


def _apply(search: _Search, open_items: Mapping[str, MatchItem]) -> list[Match]:
    """One rule on what is open; again while groups were taken, since others may now fit."""
    taken: list[Match] = []
    used: set[str] = set()
    while True:
        search.gave_up = None  # a target that gave up may be settled once others are gone
        left = [item for item in open_items.values() if item.id not in used]
        found = _taken(search.rule, list(_candidates(search, left)))
        taken += found
        used.update(id_ for match in found for id_ in match.ids)
        # Pairs were listed exhaustively; sums only with the best subset of each target.
        is_exhaustive = search.rule.kind in (MatchKind.ONE_TO_ONE, MatchKind.MANY_TO_MANY)
        if not found or is_exhaustive or search.left <= 0:
            return taken


def _taken(rule: MatchRule, candidates: Sequence[_Candidate]) -> list[Match]:
    """The best candidates that share no item, best first."""
    rivals: dict[tuple[str, tuple[Decimal, int, int]], set[tuple[str, ...]]] = {}
    for candidate in candidates:
        ids = tuple(item.id for item in candidate.items)
        for id_ in ids:
            rivals.setdefault((id_, candidate.quality), set()).add(ids)
    used: set[str] = set()
    found = []
    for candidate in sorted(candidates, key=lambda one: one.rank):
        ids = tuple(item.id for item in candidate.items)
        if not used.isdisjoint(ids):
            continue
        used.update(ids)
        is_ambiguous = any(len(rivals[id_, candidate.quality]) > 1 for id_ in ids)
        found.append(_match(rule, candidate, ids, is_ambiguous=is_ambiguous))
    return found


def _match(
    rule: MatchRule, candidate: _Candidate, ids: tuple[str, ...], *, is_ambiguous: bool
) -> Match:
    debits = sum(1 for item in candidate.items if item.stands_on is Side.A)
    return Match(
        rule.id,
        rule.kind,
        ids,
        debits,
        len(ids) - debits,
        candidate.difference,
        candidate.days_apart,
        rule.text,
        candidate.shared,
        is_ambiguous,
    )


def _candidates(search: _Search, items: Sequence[MatchItem]) -> Iterator[_Candidate]:
    buckets: dict[str, tuple[list[MatchItem], list[MatchItem]]] = {}
    for item in items:
        for key in search.rule.keys(item):
            sides = buckets.setdefault(key, ([], []))
            sides[0 if item.stands_on is Side.A else 1].append(item)
    for key in sorted(buckets):
        side_a, side_b = buckets[key]
        if not side_a or not side_b:
            continue
        if search.left <= 0:
            search.stop(None, search.steps)
            return
        match search.rule.kind:
            case MatchKind.ONE_TO_ONE:
                yield from _pairs(search, key, side_a, side_b)
            case MatchKind.ONE_TO_MANY:
                yield from _sums(search, key, side_a, side_b)
            case MatchKind.MANY_TO_ONE:
                yield from _sums(search, key, side_b, side_a)
            case MatchKind.MANY_TO_MANY:
                yield from _whole(search, key, side_a, side_b)


def _pairs(
    search: _Search, key: str, side_a: Sequence[MatchItem], side_b: Sequence[MatchItem]
) -> Iterator[_Candidate]:
    """Every A with every B that turns it to zero within the tolerance."""
    by_amount = sorted(side_b, key=lambda item: (item.amount, _order(item)))
    places = [(item.amount, item.day) for item in by_amount]
    spans = [(item, *_span(search.rule, item, places)) for item in side_a]
    # Counted before anything is built: giving up costs next to nothing.
    search.steps += sum(1 + high - low for _, low, high in spans)
    if search.left < 0:
        search.stop(None, search.steps)
        return
    for item, low, high in spans:
        for other in by_amount[low:high]:
            if _are_opposite(item, other) and search.rule.in_window(item.day, other.day):
                yield _candidate((item, other), key)


def _span(
    rule: MatchRule, item: MatchItem, places: Sequence[tuple[Decimal, date]]
) -> tuple[int, int]:
    """Where in the amounts, each in order of day, those that may meet the item stand."""
    first, last = date.min, date.max
    if rule.tolerance == ZERO:
        # One amount only, so that the day window is an unbroken stretch too.
        if rule.days_before is not None:
            first = item.day - timedelta(days=rule.days_before)
        if rule.days_after is not None:
            last = item.day + timedelta(days=rule.days_after)
    low = bisect_left(places, (-item.amount - rule.tolerance, first))
    return low, bisect_right(places, (-item.amount + rule.tolerance, last))


def _sums(
    search: _Search, key: str, targets: Sequence[MatchItem], others: Sequence[MatchItem]
) -> Iterator[_Candidate]:
    """For each target, the smallest groups on the other side that turn it to zero."""
    for target in targets:
        if search.left <= 0:
            search.stop(None, search.steps)
            return
        fitting = [other for other in others if _may_join(search.rule, target, other)]
        budget = min(search.limits.steps_per_target, search.left)
        sizes = {other.id: abs(other.amount) for other in fitting}
        result = smallest_subsets(
            [(sizes[other.id], other) for other in fitting],
            abs(target.amount),
            search.rule.tolerance,
            search.limits.largest_group,
            budget,
        )
        search.steps += result.steps
        if not result.is_complete:
            search.stop(target.id, result.steps)
            continue
        for group in result.subsets:
            yield _candidate((target, *sorted(group, key=_order)), key)


def _may_join(rule: MatchRule, target: MatchItem, other: MatchItem) -> bool:
    """Opposite sign, not larger than the target, and inside the day window."""
    if not _are_opposite(target, other):
        return False
    a, b = (target, other) if target.stands_on is Side.A else (other, target)
    return rule.in_window(a.day, b.day) and abs(other.amount) <= abs(target.amount) + rule.tolerance


def _are_opposite(one: MatchItem, other: MatchItem) -> bool:
    return (one.amount > ZERO > other.amount) or (one.amount < ZERO < other.amount)


def _whole(
    search: _Search, key: str, side_a: Sequence[MatchItem], side_b: Sequence[MatchItem]
) -> Iterator[_Candidate]:
    """Everything that has the key in common, when it sums to zero: at least two on each side."""
    search.steps += len(side_a) + len(side_b)
    if len(side_a) == 1 or len(side_b) == 1:
        return
    candidate = _candidate((*side_a, *side_b), key)
    if abs(candidate.difference) > search.rule.tolerance:
        return
    first_a, last_a = min(item.day for item in side_a), max(item.day for item in side_a)
    first_b, last_b = min(item.day for item in side_b), max(item.day for item in side_b)
    if search.rule.in_window(first_a, last_b) and search.rule.in_window(last_a, first_b):
        yield candidate


def _candidate(items: Sequence[MatchItem], key: str) -> _Candidate:
    days = [item.day for item in items]
    difference = sum_amounts(item.amount for item in items)
    return _Candidate(tuple(items), key, difference, (max(days) - min(days)).days)


def _order(item: MatchItem) -> tuple[object, ...]:
    return (item.day, item.amount, item.id)
