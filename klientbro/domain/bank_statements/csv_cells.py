"""The dates and amounts in the cells of a bank's CSV, and how its decimals are written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from klientbro.domain.money import LARGEST_AMOUNT, ORE

COMMA, POINT = ",", "."
_NORWEGIAN = re.compile(r"([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4}|[0-9]{2})", re.ASCII)
_ISO = re.compile(r"([0-9]{4})[-./]?([0-9]{2})[-./]?([0-9]{2})", re.ASCII)
_CLOCK = re.compile(r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?$")
_SPACES = re.compile(r"[\s\u00a0\u202f']")
_DECIMALS = re.compile(r"(?P<mark>[,.])[0-9]{1,2}$")
_GROUP = re.compile(r"(?P<mark>[,.])[0-9]{3}(?![0-9])")
_CENTURY = 2000


def parse_day(text: str) -> date | None:
    """31.12.2026, 31.12.26, 31/12/2026, 2026-12-31 or 20261231, a time of day cut; else None."""
    cell = _CLOCK.sub("", text.strip())
    try:
        if found := _NORWEGIAN.fullmatch(cell):
            year = int(found[3])
            year += _CENTURY if year < 100 else 0
            return date(year, int(found[2]), int(found[1]))
        if found := _ISO.fullmatch(cell):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
    return None


def decimal_mark(cells: Iterable[str]) -> str | None:
    """Which of , and . begins the decimals, by all amounts together; None when they disagree.

    `1.234,50` says comma, `1,234.50` point, `99,5` comma. `1.234` alone says neither: with nothing
    else to go by it is None, while whole numbers without any mark are read either way.
    """
    votes: set[str] = set()
    is_unsure = False
    for text in cells:
        cell = _bare(text)
        marks = [sign for sign in cell if sign in (COMMA, POINT)]
        if not marks:
            continue
        if len(set(marks)) == 2:
            votes.add(marks[-1])
        elif len(marks) > 1:
            votes.add(COMMA if marks[0] == POINT else POINT)  # 1.234.567: the mark parts thousands
        elif found := _DECIMALS.search(cell):
            votes.add(found["mark"])
        else:
            is_unsure = True
    if len(votes) == 1:
        return votes.pop()
    return COMMA if not votes and not is_unsure else None


def parse_cell(text: str, mark: str) -> Decimal | None:
    """The amount in a cell, exactly, with øre; None when it is not one.

    Takes a minus before or after, a true minus, brackets, kr and NOK: `-1 234,50`, `1.234,50-`.
    """
    cell = _bare(text)
    is_negative = False
    if cell.startswith("(") and cell.endswith(")"):
        is_negative, cell = True, cell[1:-1]
    if cell.startswith(("-", "+")):
        is_negative, cell = is_negative or cell[0] == "-", cell[1:]
    elif cell.endswith(("-", "+")):
        is_negative, cell = is_negative or cell[-1] == "-", cell[:-1]
    other = POINT if mark == COMMA else COMMA
    whole, _, part = cell.partition(mark)
    if other in whole:
        groups = whole.split(other)
        if not groups[0] or len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:]):
            return None
        whole = "".join(groups)
    if not whole.isascii() or not whole.isdigit() or (part and not part.isdigit()):
        return None
    if not part.isascii() or len(part.rstrip("0")) > 2:
        return None
    amount = Decimal(f"{whole}.{part or '0'}").quantize(ORE) if len(whole) < 17 else None
    if amount is None or amount > LARGEST_AMOUNT:
        return None
    return -amount if is_negative and amount else amount


def _bare(text: str) -> str:
    cell = _SPACES.sub("", text).replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-")
    lowered = cell.casefold()
    for word in ("nok", "kr."):
        if lowered.startswith(word):
            return cell[len(word) :]
        if lowered.endswith(word):
            return cell[: -len(word)]
    if lowered.startswith("kr"):
        return cell[2:]
    return cell[:-2] if lowered.endswith("kr") else cell
