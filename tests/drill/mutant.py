"""One mutant: a text that stands once in a file, what takes its place, and who should notice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """migrates: the tables come out otherwise, so the tests' database is made anew for it."""

    group: str
    what: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...]
    migrates: bool = False
