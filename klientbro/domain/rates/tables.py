"""Dated tables: which value holds on a day, and a clear refusal where nobody has looked it up.

Rates change yearly (norwegian-accounting.md, first lines): a table says until which day it has
been checked. Past that day nothing is guessed, unless the caller asks for the last known value
and shows that it is assumed, as a forecast must.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from klientbro.lib.errors import KlientbroError

Value = TypeVar("Value")


class RateNotKnownError(KlientbroError):
    """The table has nothing for the day: it begins later, or was checked only until earlier."""

    def __init__(self, subject: str, day: date, first: date, last: date | None) -> None:
        until = f" to {last}" if last else ""
        super().__init__(
            f"No {subject} is known for {day}: the table covers {first}{until}. "
            "Add the new rate with its date and source."
        )
        self.subject = subject
        self.day = day
        self.first = first
        self.last = last

    def __reduce__(self) -> tuple[type[RateNotKnownError], tuple[str, date, date, date | None]]:
        return type(self), (self.subject, self.day, self.first, self.last)


@dataclass(frozen=True, slots=True)
class Known(Generic[Value]):
    """A value, since when it holds, and whether it is only carried on past the checked days."""

    value: Value
    valid_from: date
    is_assumed: bool = False


@dataclass(frozen=True, slots=True)
class DatedTable(Generic[Value]):
    """Values by the day each begins. `checked_until` None: a statute without yearly decision."""

    subject: str
    entries: Sequence[tuple[date, Value]]
    checked_until: date | None
    source: str

    def __post_init__(self) -> None:
        days = [day for day, _ in self.entries]
        if not days or days != sorted(set(days)):
            raise ValueError(f"the table of {self.subject} needs entries with rising dates")
        if self.checked_until is not None and self.checked_until < days[-1]:
            raise ValueError(f"the table of {self.subject} is checked until before its last entry")

    @property
    def first_day(self) -> date:
        return self.entries[0][0]

    def at(self, day: date) -> Value:
        """The value that holds on the day; RateNotKnownError outside the table."""
        if day < self.first_day or (self.checked_until is not None and day > self.checked_until):
            raise RateNotKnownError(self.subject, day, self.first_day, self.checked_until)
        return self._latest(day)[1]

    def at_or_last_known(self, day: date) -> Known[Value]:
        """The same, but past the checked days the last value, marked as assumed: for forecasts."""
        if day < self.first_day:
            raise RateNotKnownError(self.subject, day, self.first_day, self.checked_until)
        valid_from, value = self._latest(day)
        is_assumed = self.checked_until is not None and day > self.checked_until
        return Known(value, valid_from, is_assumed)

    def _latest(self, day: date) -> tuple[date, Value]:
        return self.entries[bisect_right(self.entries, day, key=lambda entry: entry[0]) - 1]
