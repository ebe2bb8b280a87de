"""Which line an account stands on: the source's own type first, leading digits within it.

Source: norwegian-accounting.md §7 (never assume four digits; let a client override) and §8 (the
standard mapping). Client's overrides go before the firm's, the firm's before the standard; within
each the longest prefix wins, so that 2740 beats 27 and an account's whole number beats all. The
type decides the statement: an override to a line of the other one is passed over and named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

from klientbro.domain.accounts import Account, AccountType
from klientbro.domain.report_lines.layout import ReportLine, Statement, line_of


class MappingLevel(StrEnum):
    """Who decided where an account stands."""

    CLIENT = "client"
    FIRM = "firm"
    STANDARD = "standard"
    NONE = "none"  # nobody: the account is shown as unmapped


@dataclass(frozen=True, slots=True)
class LineOverride:
    """Accounts whose number begins so stand on this line. A whole number is one account."""

    prefix: str
    line: str

    def __post_init__(self) -> None:
        if not self.prefix or not self.prefix.isalnum():
            raise ValueError(f"an override begins with account digits, not {self.prefix!r}")
        if not line_of(self.line).takes_accounts:
            raise ValueError(f"no account can be put on the line {self.line!r}: it is worked out")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an account stands, who decided, by which digits, and overrides passed over."""

    line: ReportLine
    level: MappingLevel
    prefix: str = ""
    passed_over: tuple[LineOverride, ...] = ()

    @property
    def is_unmapped(self) -> bool:
        return self.level is MappingLevel.NONE


def _prefixes(**lines: str) -> Mapping[str, str]:
    """From line='30 31' to {'30': line, '31': line}."""
    return {prefix: line for line, prefixes in lines.items() for prefix in prefixes.split()}


_RESULT = _prefixes(
    sales="30 31 32 33 35",
    other_operating_income="34 36 37 38 39",
    cost_of_goods="4",
    payroll_cost="5",
    depreciation="60",
    other_operating_cost="6 7",
    tax_cost="83 86",
    extraordinary_items="82 84 85 87",
    appropriations="88 89",
)
_STANDARD: Mapping[AccountType, Mapping[str, str]] = {
    # Type first: an exchange gain the source numbers 816 is still income, a loss on 80 a cost.
    AccountType.INCOME: {**_RESULT, **_prefixes(finance_income="80 81")},
    AccountType.EXPENSE: {**_RESULT, "80": "finance_cost", "81": "finance_cost"},
    AccountType.ASSET: _prefixes(
        intangible_assets="10",
        tangible_assets="11 12",
        financial_assets="13",
        inventory="14",
        # Class 2 numbers the source calls assets: a settlement account in our favour.
        receivables="15 16 17 2",
        investments="18",
        cash="19",
    ),
    AccountType.EQUITY: _prefixes(
        paid_in_equity="200 201 202 203",
        # 88 and 89 where the source calls its appropriation account equity.
        retained_equity="20 88 89",
    ),
    AccountType.LIABILITY: _prefixes(
        provisions="21",
        long_term_loans="22",
        credit_institutions="23 19",
        trade_payables="24",
        tax_payable="25",
        public_duties="26 27",
        dividend="28",
        other_short_term_debt="29 15 16 17",
        retained_equity="205 206",
    ),
}
_UNMAPPED = {
    AccountType.ASSET: "unmapped_assets",
    AccountType.EQUITY: "unmapped_equity_and_debt",
    AccountType.LIABILITY: "unmapped_equity_and_debt",
    AccountType.INCOME: "unmapped_result",
    AccountType.EXPENSE: "unmapped_result",
}


def standard_digits(account_type: AccountType) -> Mapping[str, tuple[str, ...]]:
    """The line's code and the leading digits the standard puts on it, for accounts of the type."""
    digits: dict[str, list[str]] = {}
    for prefix, line in _STANDARD[account_type].items():
        digits.setdefault(line, []).append(prefix)
    return {line: tuple(sorted(prefixes)) for line, prefixes in digits.items()}


class LineMapping:
    """The mapping of one client: standard, with the firm's and the client's overrides."""

    def __init__(
        self, client: Iterable[LineOverride] = (), firm: Iterable[LineOverride] = ()
    ) -> None:
        self._levels = (
            (MappingLevel.CLIENT, _by_prefix(client, MappingLevel.CLIENT)),
            (MappingLevel.FIRM, _by_prefix(firm, MappingLevel.FIRM)),
        )

    def place(self, account: Account) -> Placement:
        """Where the account stands; on an unmapped line when no rule knows it."""
        number = account.number.strip()
        passed_over: list[LineOverride] = []
        if not any(overrides for _level, overrides in self._levels):
            return _standard_placement(number, account.type)
        statement = Statement.BALANCE if account.type.is_balance_sheet else Statement.INCOME
        for level, overrides in self._levels:
            for prefix in _longest_first(number):
                override = overrides.get(prefix)
                if override is None:
                    continue
                line = line_of(override.line)
                if line.statement is statement:
                    return Placement(line, level, prefix, tuple(passed_over))
                passed_over.append(override)
        found = _standard_placement(number, account.type)
        return replace(found, passed_over=tuple(passed_over)) if passed_over else found


@lru_cache(maxsize=10_000)  # a firm's clients have the same few hundred accounts
def _standard_placement(number: str, type_: AccountType) -> Placement:
    """Where the standard alone puts an account."""
    standard = _STANDARD[type_]
    for prefix in _longest_first(number):
        if (code := standard.get(prefix)) is not None:
            return Placement(line_of(code), MappingLevel.STANDARD, prefix, ())
    return Placement(line_of(_UNMAPPED[type_]), MappingLevel.NONE, "", ())


def _longest_first(number: str) -> Iterable[str]:
    return (number[:length] for length in range(len(number), 0, -1))


def _by_prefix(
    overrides: Iterable[LineOverride], level: MappingLevel
) -> Mapping[str, LineOverride]:
    found: dict[str, LineOverride] = {}
    for override in overrides:
        known = found.setdefault(override.prefix, override)
        if known.line != override.line:
            raise ValueError(
                f"{level.value} overrides put {override.prefix} on both "
                f"{known.line} and {override.line}; keep one"
            )
    return found
