"""What is wrong with each row that one side of a bank account has and the other has not.

Source: product-features.md §3 («missing or doubled transactions») and issue 4: a row that is
missing, doubled, of a wrong amount, in a wrong period or with swapped digits is called so. Only
what the rows themselves show is said: where two could be meant, each is left as missing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month

WINDOW_DAYS = 5
FEW_ROWS = 8  # in fewer, no word is common
COMMON_SHARE = 4  # a word in more than a fourth of the rows says nothing
_WORD = re.compile(r"[^\W_]{3,}")


class BankFinding(StrEnum):
    """What does not agree."""

    STATEMENT_DOES_NOT_ADD_UP = "statement_does_not_add_up"
    OPENING_DIFFERS = "opening_differs"
    NOT_IN_LEDGER = "not_in_ledger"
    NOT_ON_STATEMENT = "not_on_statement"
    DOUBLED_IN_LEDGER = "doubled_in_ledger"
    DOUBLED_ON_STATEMENT = "doubled_on_statement"
    SWAPPED_DIGITS = "swapped_digits"
    WRONG_SIGN = "wrong_sign"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_PERIOD = "wrong_period"  # the same amount in another month
    OTHER_DAY = "other_day"  # the same amount in the same month, too far apart to be matched


@dataclass(frozen=True, slots=True)
class BankLine:
    """A line of a statement or a posting on the bank account, deposits positive."""

    id: str
    day: date
    amount: Decimal
    text: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class BankDifference:
    """One finding; effect is what it does to ledger less statement.

    line: the row concerned, the ledger's where both sides have one. twin: what it repeats.
    other: the bank's row that it should have equalled.
    """

    finding: BankFinding
    effect: Decimal
    line: BankLine | None = None
    twin: BankLine | None = None
    other: BankLine | None = None


@dataclass(slots=True)
class _Rows:
    """What is still open of one side, in order, and what has been met."""

    open: dict[str, BankLine]  # by id
    met: Sequence[BankLine]

    def by(self, key: Callable[[BankLine], object]) -> dict[object, list[BankLine]]:
        found: dict[object, list[BankLine]] = defaultdict(list)
        for row in self.open.values():
            found[key(row)].append(row)
        return found


def name_open(
    postings: Iterable[BankLine],
    lines: Iterable[BankLine],
    *,
    met_postings: Sequence[BankLine] = (),
    met_lines: Sequence[BankLine] = (),
) -> tuple[BankDifference, ...]:
    """What is wrong with each open posting and each open line of the bank's.

    met: rows that something on the other side has met; a repeat of one of them is doubled.
    Ledger 1 540.00 and bank 1 450.00 on one day: SWAPPED_DIGITS, effect 90.00.
    """
    ledger = _Rows({each.id: each for each in postings if each.amount}, met_postings)
    bank = _Rows({each.id: each for each in lines if each.amount}, met_lines)
    found = [
        *_doubled(ledger, BankFinding.DOUBLED_IN_LEDGER, 1),
        *_doubled(bank, BankFinding.DOUBLED_ON_STATEMENT, -1),
    ]
    for one, other in _pairs(ledger, bank, lambda row: (row.amount,)):
        finding = _day_finding(one, other)
        found.append(BankDifference(finding, ZERO, one, other=other))
    for one, other in _pairs(ledger, bank, _with_swapped_digits, is_near=True):
        found.append(_pair(BankFinding.SWAPPED_DIGITS, one, other))
    for one, other in _pairs(ledger, bank, lambda row: (-row.amount,), is_near=True):
        found.append(_pair(BankFinding.WRONG_SIGN, one, other))
    for one, other in _alike(ledger, bank):
        found.append(_pair(BankFinding.WRONG_AMOUNT, one, other))
    found += [
        BankDifference(BankFinding.NOT_ON_STATEMENT, row.amount, row)
        for row in ledger.open.values()
    ]
    found += [
        BankDifference(BankFinding.NOT_IN_LEDGER, -row.amount, row) for row in bank.open.values()
    ]
    return tuple(found)


def _day_finding(one: BankLine, other: BankLine) -> BankFinding:
    is_same_month = Month.of(one.day) == Month.of(other.day)
    return BankFinding.OTHER_DAY if is_same_month else BankFinding.WRONG_PERIOD


def _pair(finding: BankFinding, one: BankLine, other: BankLine) -> BankDifference:
    return BankDifference(finding, one.amount - other.amount, one, other=other)


def _doubled(rows: _Rows, finding: BankFinding, sign: int) -> Iterator[BankDifference]:
    """Open rows that repeat a met one: same day, amount, text and reference."""
    met = {_repeat_key(row): row for row in reversed(rows.met)}
    for row in list(rows.open.values()):
        twin = met.get(_repeat_key(row))
        if twin is not None:
            del rows.open[row.id]
            yield BankDifference(finding, row.amount * sign, row, twin)


def _repeat_key(row: BankLine) -> tuple[date, Decimal, str, str]:
    return (row.day, row.amount, row.text.strip(), row.reference.strip())


def _pairs(
    ledger: _Rows,
    bank: _Rows,
    meant: Callable[[BankLine], Iterable[Decimal]],
    *,
    is_near: bool = False,
) -> Iterator[tuple[BankLine, BankLine]]:
    """Rows where each is the only one the other can mean. meant: the amounts it may be at the bank.

    is_near: the days lie close; else only the amounts are asked.
    """
    by_amount = bank.by(lambda row: row.amount)
    wanted = {
        row.id: [
            each
            for amount in meant(row)
            for each in by_amount.get(amount, ())
            if not is_near or _is_near(row, each)
        ]
        for row in ledger.open.values()
    }
    yield from _only_ones(ledger, bank, wanted)


def _only_ones(
    ledger: _Rows, bank: _Rows, wanted: dict[str, list[BankLine]]
) -> Iterator[tuple[BankLine, BankLine]]:
    chosen_by = Counter(each.id for fits in wanted.values() for each in fits)
    for row in list(ledger.open.values()):
        fits = wanted.get(row.id, [])
        if len(fits) == 1 and chosen_by[fits[0].id] == 1:
            del ledger.open[row.id]
            del bank.open[fits[0].id]
            yield row, fits[0]


def _alike(ledger: _Rows, bank: _Rows) -> Iterator[tuple[BankLine, BankLine]]:
    """Close in time, with the same text or most of their telling words in common, and another
    amount."""
    same_text = bank.by(_text)
    wanted = {
        row.id: [
            each
            for each in (same_text.get(_text(row), ()) if _text(row) else ())
            if _is_like(row, each)
        ]
        for row in ledger.open.values()
    }
    yield from _only_ones(ledger, bank, wanted)
    yield from _with_words_in_common(ledger, bank)


def _with_words_in_common(ledger: _Rows, bank: _Rows) -> Iterator[tuple[BankLine, BankLine]]:
    words = _telling_words(ledger, bank)
    wanted: dict[str, list[BankLine]] = {}
    by_word: dict[str, list[BankLine]] = defaultdict(list)
    for row in bank.open.values():
        for word in words(row):
            by_word[word].append(row)
    for row in ledger.open.values():
        own = words(row)
        near = {each.id: each for word in own for each in by_word[word] if _is_like(row, each)}
        fits = [
            each
            for each in near.values()
            if 2 * len(own & words(each)) > min(len(own), len(words(each)))
        ]
        wanted[row.id] = fits
    yield from _only_ones(ledger, bank, wanted)


def _telling_words(ledger: _Rows, bank: _Rows) -> Callable[[BankLine], frozenset[str]]:
    """The words of a row's text that not every other row has too."""
    rows = [*ledger.open.values(), *ledger.met, *bank.open.values(), *bank.met]
    count = Counter(word for row in rows for word in _words(row))
    most = len(rows) // COMMON_SHARE if len(rows) >= FEW_ROWS else len(rows)
    held: dict[tuple[str, str], frozenset[str]] = {}

    def words(row: BankLine) -> frozenset[str]:
        key = (row.text, row.reference)
        if key not in held:
            held[key] = frozenset(word for word in _words(row) if count[word] <= most)
        return held[key]

    return words


def _words(row: BankLine) -> set[str]:
    return set(_WORD.findall(f"{row.text} {row.reference}".casefold()))


def _is_near(one: BankLine, other: BankLine) -> bool:
    return abs((one.day - other.day).days) <= WINDOW_DAYS


def _is_like(one: BankLine, other: BankLine) -> bool:
    """Close in time, the same way, and neither amount more than twice the other."""
    small, large = sorted((abs(one.amount), abs(other.amount)))
    return (
        _is_near(one, other)
        and (one.amount < ZERO) == (other.amount < ZERO)
        and (large <= 2 * small)
    )


def _text(row: BankLine) -> str:
    return " ".join(row.text.casefold().split())


def _with_swapped_digits(row: BankLine) -> list[Decimal]:
    """Every amount that is this one with two neighbouring digits in each other's place."""
    digits = str(int(abs(row.amount).scaleb(2)))
    turned = {
        digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        for at in range(len(digits) - 1)
        if digits[at] != digits[at + 1]
    }
    return [Decimal(text).scaleb(-2).copy_sign(row.amount) for text in sorted(turned)]
