"""A bank statement as we hold it, and everything that can be wrong with the file it came in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.money import sum_amounts
from klientbro.lib.errors import KlientbroError

_SHOWN_ERRORS = 20


class StatementProblem(StrEnum):
    """Why a file, or a line of it, cannot be read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TOO_MANY_LINES = "too_many_lines"
    UNKNOWN_FORMAT = "unknown_format"  # neither CAMT.053 nor CSV
    BROKEN_XML = "broken_xml"
    FORBIDDEN_XML = "forbidden_xml"  # document type or entities: no statement has them
    OTHER_MESSAGE = "other_message"  # CAMT.052, .054, or another XML message
    NO_STATEMENT = "no_statement"
    MISSING_FIELD = "missing_field"
    BAD_DATE = "bad_date"
    BAD_AMOUNT = "bad_amount"
    MIXED_CURRENCIES = "mixed_currencies"
    UNREADABLE_TEXT = "unreadable_text"
    NO_HEADER = "no_header"
    MISSING_COLUMN = "missing_column"
    AMBIGUOUS_DECIMALS = "ambiguous_decimals"
    SHORT_ROW = "short_row"


@dataclass(frozen=True, slots=True)
class FileFault:
    """One thing wrong: on which line of the file (or entry of the statement), in which field."""

    problem: StatementProblem
    line: int | None = None
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        what = f"{self.field} " if self.field else ""
        value = f" ({self.value!r})" if self.value else ""
        return f"{where}{what}{self.problem.value}{value}"


class StatementFileError(KlientbroError):
    """A file that is no readable bank statement; `faults` says where and why, at most twenty."""

    def __init__(self, faults: Sequence[FileFault]) -> None:
        self.faults = tuple(faults[:_SHOWN_ERRORS])
        self.total = len(faults)
        super().__init__("; ".join(str(fault) for fault in self.faults))

    def __reduce__(self) -> tuple[type[StatementFileError], tuple[tuple[FileFault, ...]]]:
        return type(self), (self.faults,)

    @property
    def problem(self) -> StatementProblem:
        return self.faults[0].problem


def refuse(
    problem: StatementProblem, line: int | None = None, field: str = "", value: str = ""
) -> StatementFileError:
    """The error for one fault, its value cut to what can be shown."""
    return StatementFileError([FileFault(problem, line, field, value[:60])])


@dataclass(frozen=True, slots=True)
class FileLimits:
    """The largest file worth reading: a bank's year of a busy account is far below."""

    most_bytes: int = 50_000_000
    most_lines: int = 300_000


@dataclass(frozen=True, slots=True)
class StatementPart:
    """One payment inside a line the bank has added up (a batch)."""

    amount: Decimal
    text: str = ""
    reference: str = ""
    party: str = ""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One booked movement; deposits positive. `id` is the same each time the file is read."""

    id: str
    day: date
    amount: Decimal
    text: str = ""
    reference: str = ""  # KID or the payer's own
    party: str = ""
    party_account: str = ""
    bank_reference: str = ""
    value_day: date | None = None
    balance: Decimal | None = None  # after the line, where the file has it
    parts: tuple[StatementPart, ...] = ()

    @property
    def key(self) -> tuple[date, Decimal, str, str, str]:
        """What makes it the same line in another file."""
        return (self.day, self.amount, self.text, self.reference, self.bank_reference)


@dataclass(frozen=True, slots=True)
class StatementHead:
    """What is remembered of an imported statement to place the next one beside it."""

    id: str
    account: str
    currency: str
    first_day: date
    last_day: date
    opening: Decimal | None
    closing: Decimal | None
    sequence: int | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class BankStatement:
    """One account's statement for some days. Balances are None where the file has none."""

    id: str
    account: str
    currency: str
    first_day: date
    last_day: date
    opening: Decimal | None
    closing: Decimal | None
    lines: tuple[StatementLine, ...]
    sequence: int | None = None

    @property
    def movement(self) -> Decimal:
        return sum_amounts(line.amount for line in self.lines)

    @property
    def calculated(self) -> Decimal | None:
        """Opening and movements: what the closing balance should be."""
        return None if self.opening is None else self.opening + self.movement

    @property
    def adds_up(self) -> bool | None:
        """Whether the bank's own figures hold together; None when balances are lacking."""
        if self.calculated is None or self.closing is None:
            return None
        return self.calculated == self.closing

    @property
    def fingerprint(self) -> str:
        """The same for the same content, in whatever file it came."""
        digest = hashlib.sha256(
            f"{self.account}|{self.currency}|{self.opening}|{self.closing}|"
            f"{self.first_day}|{self.last_day}".encode()
        )
        for line in sorted(self.lines, key=lambda one: one.id):
            digest.update(f"\n{line.id}".encode())
        return digest.hexdigest()

    @property
    def head(self) -> StatementHead:
        return StatementHead(
            self.id,
            self.account,
            self.currency,
            self.first_day,
            self.last_day,
            self.opening,
            self.closing,
            self.sequence,
            self.fingerprint,
        )


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line left out on purpose, and why: `not_booked` or `no_amount`."""

    line: int
    reason: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class StatementFile:
    """What a file held. `format` is `camt.053.001.02` or `csv`; `details` how a CSV was read."""

    format: str
    statements: tuple[BankStatement, ...]
    skipped: tuple[SkippedLine, ...] = ()
    details: tuple[tuple[str, str], ...] = ()


def with_ids(lines: Iterable[StatementLine]) -> tuple[StatementLine, ...]:
    """Give each line an id from its content; equal ones are counted, in order."""
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        digest = hashlib.sha256(repr(line.key).encode()).hexdigest()[:20]
        seen[digest] += 1
        found.append(replace(line, id=f"{digest}-{seen[digest]}"))
    return tuple(found)
