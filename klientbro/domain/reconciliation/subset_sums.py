"""The smallest groups of amounts that sum to a target, within a stated number of steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import Generic, TypeVar

from klientbro.domain.money import ZERO

Item = TypeVar("Item")
_FEWEST = 2
_MOST_SOLUTIONS = 20  # more than one already means that a person must choose


@dataclass(frozen=True, slots=True)
class Subsets(Generic[Item]):
    """The groups found, all of one size; not complete when the steps ran out."""

    subsets: tuple[tuple[Item, ...], ...]
    steps: int
    is_complete: bool


def smallest_subsets(
    amounts: Sequence[tuple[Decimal, Item]],
    target: Decimal,
    tolerance: Decimal,
    largest: int,
    budget: int,
) -> Subsets[Item]:
    """The groups of fewest positive amounts within `tolerance` of the target, two or more.

    100 from 70, 30, 60, 40 gives (70, 30) and (60, 40); 100 from 50, 30, 20 gives all three.
    Groups that miss the target least come first; equal amounts keep the order they came in.
    """
    # Stable, largest first: then what is left can be bounded from both ends.
    ordered = sorted(amounts, key=lambda pair: pair[0], reverse=True)
    values = [value for value, _ in ordered]
    if not _can_reach(values, target - tolerance):
        return Subsets((), 1, is_complete=True)
    search = _Search(values, target, tolerance, budget)
    for size in range(_FEWEST, min(largest, len(values)) + 1):
        search.look(size)
        if search.steps > budget:
            return Subsets((), search.steps, is_complete=False)
        if search.found:
            break
    best = sorted(
        search.found, key=lambda group: (abs(sum((values[at] for at in group), -target)), group)
    )
    groups = tuple(tuple(ordered[at][1] for at in group) for group in best[:_MOST_SOLUTIONS])
    return Subsets(groups, search.steps, is_complete=True)


def _can_reach(values: Sequence[Decimal], low: Decimal) -> bool:
    return len(values) >= _FEWEST and sum(values, ZERO) >= low


class _Search:
    """A depth-first search over indexes into falling values, with both bounds pruned."""

    def __init__(
        self, values: Sequence[Decimal], target: Decimal, tolerance: Decimal, budget: int
    ) -> None:
        self._values = values
        self._sums = [ZERO, *accumulate(values)]
        self._low, self._high = target - tolerance, target + tolerance
        self._budget = budget
        self.steps = 0
        self.found: list[tuple[int, ...]] = []

    def look(self, size: int) -> None:
        """Find every group of the size, unless the budget runs out."""
        self._deeper((), 0, ZERO, size)

    def _deeper(self, chosen: tuple[int, ...], start: int, total: Decimal, left: int) -> None:
        count = len(self._values)
        for at in range(start, count - left + 1):
            self.steps += 1
            if self.steps > self._budget or len(self.found) > _MOST_SOLUTIONS:
                return
            # The largest sum from here on: no later start can reach further.
            if total + self._sums[at + left] - self._sums[at] < self._low:
                return
            # The smallest sum with this value: it and the last ones.
            smallest = total + self._values[at] + self._sums[count] - self._sums[count - left + 1]
            if smallest > self._high:
                continue
            if left == 1:
                self.found.append((*chosen, at))
                continue
            self._deeper((*chosen, at), at + 1, total + self._values[at], left - 1)
