"""Books of the fixed list as of a fixed day: shared for reading, made anew for changing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache

import pytest

from simulators.poweroffice_go.books import (
    Books,
    Guesses,
    Quirk,
    TransactionQuery,
    build,
    roster,
)

TODAY = date(2026, 3, 17)
NOW = datetime(2026, 3, 17, 9, 30, 15, 123456, tzinfo=UTC)
EVERYTHING = TransactionQuery("1900-01-01", "2999-12-31")


@cache
def shared_books(quirk: Quirk | None) -> Books:
    """Books for reading only."""
    return fresh_books(quirk)


def fresh_books(quirk: Quirk | None, guesses: Guesses | None = None, today: date = TODAY) -> Books:
    """Books of one's own, for changing."""
    spec = next(s for s in roster(None, 0.5, 7, today, guesses) if s.quirk is quirk)
    return build(spec)


@pytest.fixture
def reading() -> Callable[[Quirk | None], Books]:
    return shared_books


@pytest.fixture
def books() -> Books:
    return fresh_books(Quirk.BROKEN_YEAR)
