"""The fault dial: rules that make chosen calls go wrong, and when they strike."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any


@dataclass(slots=True)
class Call:
    """What a rule may look at and change about one API call."""

    environment: str
    company: int | None
    method: str
    path: str
    """Lower case, without the environment: ``/accounttransactions``, ``/oauth/token``."""
    query: str
    page_shift: int = 0
    are_pages_swapped: bool = False
    lag_seconds: float = 0.0
    order_override: str | None = None


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One way of going wrong. ``defaults`` names its parameters."""

    name: str
    stage: str
    summary: str
    defaults: dict[str, Any]
    apply: Callable[..., Any]


@dataclass(slots=True)
class FaultRule:
    """A kind, the calls it may strike, and how often."""

    id: int
    kind: FaultKind
    parameters: dict[str, Any]
    environment: str | None
    company: int | None
    path: str
    method: str
    after: int
    count: int | None
    probability: float
    chance: random.Random
    seen: int = 0
    applied: int = 0

    def strikes(self, call: Call) -> bool:
        """Count the call when it is in scope, and say whether it goes wrong."""
        if self.count is not None and self.applied >= self.count:
            return False
        in_scope = (
            self.environment in (None, call.environment)
            and self.company in (None, call.company)
            and self.method in ("*", call.method)
            and fnmatchcase(call.path, self.path)
        )
        if not in_scope:
            return False
        self.seen += 1
        if self.seen <= self.after or self.chance.random() >= self.probability:
            return False
        self.applied += 1
        return True

    def described(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "kind": self.kind.name,
            "parameters": self.parameters,
            "environment": self.environment,
            "company": self.company,
            "path": self.path,
            "method": self.method,
            "after": self.after,
            "count": self.count,
            "probability": self.probability,
            "seen": self.seen,
            "applied": self.applied,
        }


class FaultError(ValueError):
    """A rule that cannot be set: the text says what is wrong with it."""


class FaultDial:
    """The rules in force, in the order they were set."""

    def __init__(self, kinds: dict[str, FaultKind], seed: int) -> None:
        self.kinds = kinds
        self.rules: list[FaultRule] = []
        self._seed = seed
        self._ids = itertools.count(1)

    def add(
        self,
        kind: str,
        *,
        environment: str | None = None,
        company: int | None = None,
        path: str = "*",
        method: str = "*",
        after: int = 0,
        count: int | None = None,
        probability: float = 1.0,
        parameters: dict[str, Any] | None = None,
    ) -> FaultRule:
        if kind not in self.kinds:
            raise FaultError(f"Unknown fault kind '{kind}'. Known: {', '.join(sorted(self.kinds))}")
        chosen = self.kinds[kind]
        unknown = set(parameters or {}).difference(chosen.defaults)
        if unknown:
            raise FaultError(
                f"'{kind}' has no parameter {', '.join(sorted(unknown))}; "
                f"it has {', '.join(chosen.defaults) or 'none'}."
            )
        number = next(self._ids)
        rule = FaultRule(
            id=number,
            kind=chosen,
            parameters={**chosen.defaults, **(parameters or {})},
            environment=environment,
            company=company,
            path=path.lower(),
            method=method.upper(),
            after=after,
            count=count,
            probability=probability,
            # Seeded, so that a schedule of faults can be played again.
            chance=random.Random(self._seed * 1_000_003 + number),  # noqa: S311 not for secrets
        )
        self.rules.append(rule)
        return rule

    def striking(self, call: Call) -> list[FaultRule]:
        return [rule for rule in self.rules if rule.strikes(call)] if self.rules else []

    def remove(self, number: int) -> bool:
        kept = [rule for rule in self.rules if rule.id != number]
        removed = len(kept) < len(self.rules)
        self.rules = kept
        return removed

    def clear(self) -> None:
        """Forget all rules and start the numbering, and so the chances, anew."""
        self.rules = []
        self._ids = itertools.count(1)
