"""Bank: calculated against stated balance, and what stands on one side only.

Source: norwegian-accounting.md §9 (1920: balance = statement ± listed timing items) and
product-features.md §3 (calculated balance shows missing or doubled transactions). A deposit is
debit in the ledger and positive on the statement.

Ledger balance − statement balance = opening difference + postings the bank has not − lines the
ledger has not: 1 000 − 900 = 0 + 100 − 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.reconciliation.bank_faults import (
    BankDifference,
    BankFinding,
    BankLine,
    name_open,
)
from klientbro.domain.reconciliation.match_rules import (
    Match,
    MatchItem,
    MatchKind,
    MatchLimits,
    MatchResult,
    MatchRule,
    Side,
    TextCondition,
)
from klientbro.domain.reconciliation.matching import find_matches

__all__ = [
    "BankCheck",
    "BankDifference",
    "BankFinding",
    "BankLine",
    "bank_rules",
    "check_bank",
]


@dataclass(frozen=True, slots=True)
class BankCheck:
    """Both sides for a span of days, what was matched, and every difference."""

    stated: Decimal
    calculated: Decimal
    ledger_balance: Decimal
    matches: tuple[Match, ...]
    differences: tuple[BankDifference, ...]
    is_complete: bool

    @property
    def difference(self) -> Decimal:
        """Ledger less the statement's stated closing balance."""
        return self.ledger_balance - self.stated

    @property
    def explained(self) -> Decimal:
        """What the differences and the tolerance of the matches come to: always `difference`."""
        effects = sum_amounts(one.effect for one in self.differences)
        return effects + sum_amounts(match.difference for match in self.matches)

    @property
    def agrees(self) -> bool:
        return not self.differences


def bank_rules(window_days: int = 5) -> tuple[MatchRule, ...]:
    """Rules tried when the firm has none: same reference, same number, same amount, sums."""
    one, many, several = MatchKind.ONE_TO_ONE, MatchKind.ONE_TO_MANY, MatchKind.MANY_TO_ONE
    near = MatchRule("amount", one, days_before=window_days, days_after=window_days, priority=40)
    return (
        replace(near, id="reference", text=TextCondition.SAME_REFERENCE, priority=10),
        replace(near, id="number", text=TextCondition.SHARED_NUMBER, priority=20),
        replace(near, id="same_day", days_before=0, days_after=0, priority=30),
        near,
        replace(near, id="posted_together", kind=many, days_before=1, days_after=1, priority=50),
        replace(near, id="paid_together", kind=several, days_before=1, days_after=1, priority=60),
    )


def check_bank(
    statement: Sequence[BankLine],
    opening: Decimal,
    closing: Decimal,
    postings: Sequence[BankLine],
    ledger_opening: Decimal,
    *,
    rules: Iterable[MatchRule] | None = None,
    limits: MatchLimits | None = None,
) -> BankCheck:
    """Compare a statement with the postings of the same days.

    opening, closing: as the bank states them. ledger_opening: the account before the first day.
    """
    calculated = opening + sum_amounts(line.amount for line in statement)
    ledger_balance = ledger_opening + sum_amounts(posting.amount for posting in postings)
    result = _matched(statement, postings, rules, limits)
    open_ids = set(result.open_ids)
    found = []
    if calculated != closing:
        # The bank's own lines do not lead to its closing balance: some are missing or doubled.
        finding = BankFinding.STATEMENT_DOES_NOT_ADD_UP
        found.append(BankDifference(finding, calculated - closing))
    if ledger_opening != opening:
        found.append(BankDifference(BankFinding.OPENING_DIFFERS, ledger_opening - opening))
    open_postings, met_postings = _parted(postings, open_ids, _LEDGER)
    open_lines, met_lines = _parted(statement, open_ids, _BANK)
    found += name_open(open_postings, open_lines, met_postings=met_postings, met_lines=met_lines)
    return BankCheck(
        closing, calculated, ledger_balance, result.matches, tuple(found), result.is_complete
    )


@dataclass(frozen=True, slots=True)
class _OneSide:
    prefix: str
    sign: int


_LEDGER = _OneSide("l:", 1)
_BANK = _OneSide("b:", -1)


def _matched(
    statement: Sequence[BankLine],
    postings: Sequence[BankLine],
    rules: Iterable[MatchRule] | None,
    limits: MatchLimits | None,
) -> MatchResult:
    items = [_item(posting, _LEDGER, Side.A) for posting in postings]
    items += [_item(line, _BANK, Side.B) for line in statement]
    return find_matches(
        items, bank_rules() if rules is None else rules, limits if limits else MatchLimits()
    )


def _item(line: BankLine, side: _OneSide, stands_on: Side) -> MatchItem:
    """Ledger and bank share one namespace of ids here, hence the prefix; the bank turns around."""
    amount = line.amount if side.sign > 0 else ZERO - line.amount
    return MatchItem(
        side.prefix + line.id, line.day, amount, line.text, line.reference, side=stands_on
    )


def _parted(
    rows: Sequence[BankLine], open_ids: set[str], side: _OneSide
) -> tuple[list[BankLine], list[BankLine]]:
    """Rows that nothing on the other side meets, and the others."""
    open_rows: list[BankLine] = []
    met: list[BankLine] = []
    for row in rows:
        (open_rows if side.prefix + row.id in open_ids else met).append(row)
    return open_rows, met
