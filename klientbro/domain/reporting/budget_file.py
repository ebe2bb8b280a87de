"""A budget read from the rows of a file: account, name, then a column for each month.

Income and costs are both positive, as the page shows them. Every cell that cannot be read is named
by row and column, with the reason and the cure, and then nothing at all is taken in. Headings are
months (`jan`, `januar 2026`, `2026-01`, `01.2026`, a day of the month) or `Sum`, which is checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.accounts import Account, AccountId
from klientbro.domain.money import LARGEST_AMOUNT, ZERO, has_parts_of_ore, round_to_ore, sum_amounts
from klientbro.domain.periods import FinancialYear, Month
from klientbro.lib.numbers import parse_typed_number

FileCell = str | int | float | Decimal | date | datetime | None
MOST_PROBLEMS = 50

_NAMES = (
    ("jan", "januar", "january"),
    ("feb", "februar", "february"),
    ("mar", "mars", "march"),
    ("apr", "april", "april"),
    ("mai", "mai", "may"),
    ("jun", "juni", "june"),
    ("jul", "juli", "july"),
    ("aug", "august", "august"),
    ("sep", "september", "september"),
    ("okt", "oktober", "october"),
    ("nov", "november", "november"),
    ("des", "desember", "december"),
)
_OTHER_SHORT = {"oct": 10, "dec": 12, "sept": 9}
_NUMBER_OF = {
    name: number for number, names in enumerate(_NAMES, 1) for name in names
} | _OTHER_SHORT
_NAMED = re.compile(r"([a-zæøå]+)\.?\s*([0-9]{4}|[0-9]{2})?")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})")
_DOTTED = re.compile(r"(?:[0-9]{1,2}\.)?([0-9]{1,2})[./]([0-9]{4})")
_SUM_HEADINGS = ("sum", "total", "året", "year", "hele året")
# A spreadsheet keeps 0.1 + 0.2 as 0.30000000000000004: that is 0.30, while 0.305 is no amount.
_SPREADSHEET_DUST = Decimal("0.000001")


class Reason(StrEnum):
    """What is wrong in a budget file."""

    EMPTY = "empty"
    NO_HEADING = "no_heading"
    WRONG_YEAR = "wrong_year"
    MONTH_TWICE = "month_twice"
    MONTH_MISSING = "month_missing"
    UNKNOWN_ACCOUNT = "unknown_account"
    BALANCE_ACCOUNT = "balance_account"
    ACCOUNT_TWICE = "account_twice"
    AMBIGUOUS_ACCOUNT = "ambiguous_account"
    NOT_A_NUMBER = "not_a_number"
    PARTS_OF_ORE = "parts_of_ore"
    TOO_LARGE = "too_large"
    SUM_DIFFERS = "sum_differs"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong: the row as a spreadsheet numbers it, the column, and what stands there."""

    reason: Reason
    row: int
    column: str = ""
    found: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """What a file says, shown sign by account; with problems nothing is to be taken in."""

    amounts: Mapping[AccountId, Mapping[Month, Decimal]]
    problems: tuple[Problem, ...]
    rows: int


@dataclass(frozen=True, slots=True)
class _Head:
    row: int
    months: Mapping[int, Month]
    sum_at: int | None


def read_budget(
    rows: Sequence[Sequence[FileCell]], year: FinancialYear, accounts: Sequence[Account]
) -> ReadBudget:
    """The amounts of the file's rows for the year's months. All problems, not only the first."""
    problems: list[Problem] = []
    head = _head(rows, year, problems)
    if head is None:
        return ReadBudget({}, tuple(problems), 0)
    by_number: dict[str, list[Account]] = {}
    for each in accounts:
        by_number.setdefault(each.number.strip(), []).append(each)
    amounts: dict[AccountId, dict[Month, Decimal]] = {}
    read = 0
    for number, row in enumerate(rows[head.row :], head.row + 1):
        wanted = _text(row[0]) if row else ""
        if not wanted or not wanted[0].isdigit():
            continue  # a blank line, a heading or a sum line between the accounts
        read += 1
        account = _account(wanted, number, by_number, problems)
        values = _values(row, number, head, problems)
        if account is None:
            continue
        if account.id in amounts:
            problems.append(Problem(Reason.ACCOUNT_TWICE, number, found=wanted))
            continue
        amounts[account.id] = values
    if not read and not problems:
        problems.append(Problem(Reason.EMPTY, head.row + 1))
    return ReadBudget(amounts, tuple(problems[:MOST_PROBLEMS]), read)


def _head(
    rows: Sequence[Sequence[FileCell]], year: FinancialYear, problems: list[Problem]
) -> _Head | None:
    """The first row in which two columns or more are months."""
    if not any(any(_text(cell) for cell in row) for row in rows):
        problems.append(Problem(Reason.EMPTY, 1))
        return None
    for number, row in enumerate(rows[:20], 1):
        found = [(at, _month(cell, year)) for at, cell in enumerate(row)]
        months = [(at, month) for at, month in found if month is not None]
        if len(months) < 2:
            continue
        return _checked_head(number, row, months, year, problems)
    problems.append(Problem(Reason.NO_HEADING, 1))
    return None


def _checked_head(
    number: int,
    row: Sequence[FileCell],
    months: Sequence[tuple[int, Month]],
    year: FinancialYear,
    problems: list[Problem],
) -> _Head | None:
    before = len(problems)
    placed: dict[int, Month] = {}
    for at, month in months:
        if month not in year.period:
            problems.append(
                Problem(Reason.WRONG_YEAR, number, _text(row[at]), month.key, year.label)
            )
        elif month in placed.values():
            problems.append(Problem(Reason.MONTH_TWICE, number, _text(row[at]), month.key))
        else:
            placed[at] = month
    if len(problems) > before:
        return None
    for month in year.months():
        if month not in placed.values():
            problems.append(Problem(Reason.MONTH_MISSING, number, wanted=month.key))
    if len(problems) > before:
        return None
    sums = [at for at, cell in enumerate(row) if _text(cell).casefold() in _SUM_HEADINGS]
    return _Head(number, placed, sums[0] if sums else None)


def _account(
    wanted: str, row: int, by_number: Mapping[str, Sequence[Account]], problems: list[Problem]
) -> Account | None:
    number = wanted.split()[0]
    found = by_number.get(number, ())
    if not found:
        problems.append(Problem(Reason.UNKNOWN_ACCOUNT, row, found=number))
        return None
    if len(found) > 1:
        problems.append(Problem(Reason.AMBIGUOUS_ACCOUNT, row, found=number))
        return None
    if found[0].type.is_balance_sheet:
        problems.append(Problem(Reason.BALANCE_ACCOUNT, row, found=number))
        return None
    return found[0]


def _values(
    row: Sequence[FileCell], number: int, head: _Head, problems: list[Problem]
) -> dict[Month, Decimal]:
    values: dict[Month, Decimal] = {}
    before = len(problems)
    for at, month in head.months.items():
        cell = row[at] if at < len(row) else None
        amount = _amount(cell)
        if isinstance(amount, Reason):
            problems.append(Problem(amount, number, month.key, _text(cell)))
            continue
        values[month] = amount
    if head.sum_at is not None and head.sum_at < len(row) and len(problems) == before:
        stated = _amount(row[head.sum_at])
        total = sum_amounts(values.values())
        if not _text(row[head.sum_at]):
            return values
        if isinstance(stated, Reason):
            problems.append(Problem(stated, number, "Sum", _text(row[head.sum_at])))
        elif stated != total:
            problems.append(Problem(Reason.SUM_DIFFERS, number, "Sum", f"{stated}", f"{total}"))
    return values


def _amount(cell: FileCell) -> Decimal | Reason:
    """The amount of a cell; an empty one is nought."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return ZERO
    if isinstance(cell, bool | date | datetime):
        return Reason.NOT_A_NUMBER
    if isinstance(cell, float):
        # its shortest writing is what was typed
        number: Decimal | None = Decimal(repr(cell))
    elif isinstance(cell, int | Decimal):
        number = Decimal(cell)
    else:
        number = parse_typed_number(cell)
    if number is None or not number.is_finite():
        return Reason.NOT_A_NUMBER
    if abs(number) > LARGEST_AMOUNT:
        return Reason.TOO_LARGE
    rounded = round_to_ore(number)
    if has_parts_of_ore(number) and abs(number - rounded) > _SPREADSHEET_DUST:
        return Reason.PARTS_OF_ORE
    return rounded


def _month(cell: FileCell, year: FinancialYear) -> Month | None:
    """The month a heading names; without a year, the financial year's own."""
    if isinstance(cell, date):
        return Month(cell.year, cell.month)
    text = _text(cell).casefold()
    if match := _ISO.fullmatch(text):
        return _month_of(int(match[1]), int(match[2]))
    if match := _DOTTED.fullmatch(text):
        return _month_of(int(match[2]), int(match[1]))
    match = _NAMED.fullmatch(text)
    if match is None or match[1] not in _NUMBER_OF:
        return None
    number = _NUMBER_OF[match[1]]
    if match[2]:
        return Month(int(match[2]) + (2000 if len(match[2]) == 2 else 0), number)
    return next((one for one in year.months() if one.month == number), None)


def _month_of(year: int, month: int) -> Month | None:
    return Month(year, month) if 1 <= month <= len(_NAMES) and year >= 1 else None


def _text(cell: FileCell) -> str:
    """A cell as it reads; an account number that a spreadsheet took for 1920.0 is 1920."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip()
