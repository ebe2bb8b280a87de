"""The two statements with amounts, each line open to the accounts behind it.

Sources: norwegian-accounting.md §1 (one presentation sign) and §8 (invariants; presentational
moves, never postings: a bank account in credit is short-term debt, 2740 in debit a receivable).
An amount that was not fetched is None, and every line above it then is too. Sales −2 000 000 in
the ledger is shown as 2 000 000.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.accounts import Account, account_sort_key
from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.report_lines.layout import ReportLine, Statement, line_of, lines_in
from klientbro.domain.report_lines.mapping import LineMapping, MappingLevel, Placement


class PresentationMove(StrEnum):
    """Why an account is shown on another line than its own, today."""

    BANK_IN_CREDIT = "bank_in_credit"
    VAT_IN_DEBIT = "vat_in_debit"


_VAT_SETTLEMENT = "2740"


@dataclass(frozen=True, slots=True)
class AccountAmount:
    """An account behind a line: its amount in the ledger's sign and as shown."""

    account: Account
    ledger: Decimal | None
    shown: Decimal | None
    placement: Placement
    moved: PresentationMove | None = None


@dataclass(frozen=True, slots=True)
class LineAmount:
    """A line with its amount and the accounts on it; a sum has none of its own."""

    line: ReportLine
    amount: Decimal | None
    accounts: tuple[AccountAmount, ...] = ()


@dataclass(frozen=True, slots=True)
class StatementOfLines:
    """A whole statement, in order."""

    statement: Statement
    lines: tuple[LineAmount, ...]

    def amount(self, code: str) -> Decimal | None:
        """The amount of a line as shown; ValueError for a line of the other statement."""
        return self.line(code).amount

    def line(self, code: str) -> LineAmount:
        found = next((one for one in self.lines if one.line.code == code), None)
        if found is None:
            raise ValueError(f"{code!r} is no line of the {self.statement.value}")
        return found

    @property
    def unmapped(self) -> tuple[AccountAmount, ...]:
        """Accounts without a line, to be shown with a way to give them one."""
        return tuple(
            amount for one in self.lines if one.line.is_unmapped for amount in one.accounts
        )


Balances = Iterable[tuple[Account, Decimal | None]]


def income_statement(balances: Balances, mapping: LineMapping) -> StatementOfLines:
    """The result of income and expense accounts, for whatever span the balances cover.

    Balance-sheet accounts among them are passed over.
    """
    result = [(account, amount) for account, amount in balances if not _is_balance_sheet(account)]
    return _statement(Statement.INCOME, _placed(result, mapping), {})


def balance_sheet(
    balances: Balances, mapping: LineMapping, undisposed_earlier_years: Decimal | None = ZERO
) -> StatementOfLines:
    """The sheet at a day. Result accounts make up the line of the result not yet disposed of.

    `undisposed_earlier_years` is the trial balance's derived line, in the ledger's sign. When all
    balances sum to minus that, assets equal equity and debt to the øre.
    """
    everything = list(balances)
    own = [(account, amount) for account, amount in everything if _is_balance_sheet(account)]
    result = [amount for account, amount in everything if not _is_balance_sheet(account)]
    derived = {
        "unappropriated_result": _shown(_sum(result), -1),
        "undisposed_earlier_years": _shown(undisposed_earlier_years, -1),
    }
    return _statement(Statement.BALANCE, _placed(own, mapping), derived)


def _is_balance_sheet(account: Account) -> bool:
    return account.type.is_balance_sheet


def _placed(
    balances: Sequence[tuple[Account, Decimal | None]], mapping: LineMapping
) -> Mapping[str, list[AccountAmount]]:
    """Account amounts by line, each line's in the order of a chart of accounts."""
    by_line: dict[str, list[AccountAmount]] = {}
    in_order = sorted(balances, key=lambda pair: (account_sort_key(pair[0].number), pair[0].id))
    for account, amount in in_order:
        placed = _moved(account, amount, mapping.place(account))
        by_line.setdefault(placed.placement.line.code, []).append(placed)
    return by_line


def _moved(account: Account, amount: Decimal | None, placement: Placement) -> AccountAmount:
    move = _presentation_move(account, amount, placement)
    if move is not None:
        target = "credit_institutions" if move is PresentationMove.BANK_IN_CREDIT else "receivables"
        placement = replace(placement, line=line_of(target))
    shown = _shown(amount, placement.line.sign)
    return AccountAmount(account, amount, shown, placement, move)


def _presentation_move(
    account: Account, amount: Decimal | None, placement: Placement
) -> PresentationMove | None:
    # Where a person has chosen the line, it stays there.
    if amount is None or placement.level is not MappingLevel.STANDARD:
        return None
    if placement.line.code == "cash" and amount < ZERO:
        return PresentationMove.BANK_IN_CREDIT
    is_settlement = account.number.strip().startswith(_VAT_SETTLEMENT)
    if is_settlement and placement.line.code == "public_duties" and amount > ZERO:
        return PresentationMove.VAT_IN_DEBIT
    return None


def _statement(
    statement: Statement,
    by_line: Mapping[str, Sequence[AccountAmount]],
    derived: Mapping[str, Decimal | None],
) -> StatementOfLines:
    amounts: dict[str, Decimal | None] = {}
    lines = []
    for line in lines_in(statement):
        accounts = tuple(by_line.get(line.code, ()))
        if line.is_sum:
            amounts[line.code] = _sum(_shown(amounts[code], factor) for code, factor in line.sums)
        elif line.code in derived:
            amounts[line.code] = derived[line.code]
        else:
            amounts[line.code] = _sum(one.shown for one in accounts)
        lines.append(LineAmount(line, amounts[line.code], accounts))
    return StatementOfLines(statement, tuple(lines))


def _shown(amount: Decimal | None, sign: int) -> Decimal | None:
    if amount is None:
        return None
    # 0 − x and not −x: the latter turns zero into −0.00.
    return amount if sign > 0 else ZERO - amount


def _sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = list(amounts)
    if any(amount is None for amount in known):
        return None
    return sum_amounts(amount for amount in known if amount is not None)
