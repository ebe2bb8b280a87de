"""A published report against what the ledger says now: what has moved, line by line.

A published report is never touched: its figures stand as they were sent. When the ledger moves,
the report says «tall endret siden» with the lines and accounts that are different now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from klientbro.domain.money import ZERO

Figures = Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Moved:
    """A figure that is not what it was; None where it is missing on that side."""

    key: str
    before: Decimal | None
    now: Decimal | None

    @property
    def change(self) -> Decimal | None:
        if self.before is None or self.now is None:
            return None
        return self.now - self.before


def moved_since(frozen: Figures, now: Figures) -> tuple[Moved, ...]:
    """The figures that differ, in the frozen report's order, then the new ones.

    A figure that is only on one side and nought there has not moved.
    """
    keys = [*frozen, *(key for key in now if key not in frozen)]
    return tuple(
        Moved(key, frozen.get(key), now.get(key)) for key in keys if _differ(key, frozen, now)
    )


def _differ(key: str, frozen: Figures, now: Figures) -> bool:
    if key in frozen and key in now:
        return frozen[key] != now[key]
    return (frozen.get(key) or now.get(key) or ZERO) != ZERO


def content_hash(content: object) -> str:
    """SHA-256 of the content as canonical JSON: the same figures give the same mark, for ever."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def amount_text(amount: Decimal | None) -> str | None:
    """An amount as it is stored: `-1250.50`, null when it was missing."""
    return None if amount is None else f"{amount:f}"


def amount_from(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def figures_from(stored: Iterable[tuple[str, str | None]]) -> dict[str, Decimal | None]:
    """Stored figures by key."""
    return {key: amount_from(text) for key, text in stored}
