"""Ledger accounts: their type as the source states it, their group on a trial balance, order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from klientbro.lib.i18n import gettext_noop

AccountId = str  # the source's own id: it stays when the number is edited


class AccountType(StrEnum):
    """What an account is, by the source's own word, never by its leading digit."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"

    @property
    def is_balance_sheet(self) -> bool:
        """Carried over from year to year; income and expense begin every year at zero."""
        return self in _BALANCE_SHEET


_BALANCE_SHEET = frozenset({AccountType.ASSET, AccountType.LIABILITY, AccountType.EQUITY})


class AccountGroup(StrEnum):
    """The parts of a trial balance, in the order they are shown."""

    ASSETS = "assets"
    EQUITY_AND_LIABILITIES = "equity_and_liabilities"
    INCOME = "income"
    EXPENSES = "expenses"
    FINANCE = "finance"
    TAX_AND_APPROPRIATIONS = "tax_and_appropriations"

    @property
    def heading(self) -> str:
        """English source of the heading."""
        return _HEADINGS[self][0]

    @property
    def total_heading(self) -> str:
        """English source of the group's sum line."""
        return _HEADINGS[self][1]


_HEADINGS = {
    AccountGroup.ASSETS: (gettext_noop("Assets"), gettext_noop("Total assets")),
    AccountGroup.EQUITY_AND_LIABILITIES: (
        gettext_noop("Equity and liabilities"),
        gettext_noop("Total equity and liabilities"),
    ),
    AccountGroup.INCOME: (gettext_noop("Income"), gettext_noop("Total income")),
    AccountGroup.EXPENSES: (gettext_noop("Expenses"), gettext_noop("Total expenses")),
    AccountGroup.FINANCE: (gettext_noop("Finance"), gettext_noop("Total finance")),
    AccountGroup.TAX_AND_APPROPRIATIONS: (
        gettext_noop("Tax and appropriations"),
        gettext_noop("Total tax and appropriations"),
    ),
}

UNDISPOSED_HEADING = gettext_noop("Undisposed result of earlier years")

# Within income and expense NS 4102 sets these apart by the two leading digits, four-digit numbers
# or longer. 84 and 85 (extraordinary items) are history and stay with income and expenses.
_FINANCE_DIGITS = ("80", "81")
_TAX_AND_APPROPRIATION_DIGITS = ("83", "86", "88", "89")


@dataclass(frozen=True, slots=True)
class Account:
    """A ledger account. Its number is text of any length (1920, 43100) and may be edited."""

    id: AccountId
    number: str
    name: str
    type: AccountType

    @property
    def group(self) -> AccountGroup:
        return group_of(self.type, self.number)


def group_of(account_type: AccountType, number: str) -> AccountGroup:
    """The group an account is shown in: type first, leading digits only among result accounts.

    An 8960 that the source calls equity stands under equity and liabilities.
    """
    if account_type is AccountType.ASSET:
        return AccountGroup.ASSETS
    if account_type.is_balance_sheet:
        return AccountGroup.EQUITY_AND_LIABILITIES
    if number.startswith(_FINANCE_DIGITS):
        return AccountGroup.FINANCE
    if number.startswith(_TAX_AND_APPROPRIATION_DIGITS):
        return AccountGroup.TAX_AND_APPROPRIATIONS
    return AccountGroup.INCOME if account_type is AccountType.INCOME else AccountGroup.EXPENSES


def account_sort_key(number: str) -> str:
    """Order as a chart of accounts is read, digit by digit: 1500, 15000, 1501, 1920, 43100, 5000.

    The same order as `COLLATE "C"` gives in the database.
    """
    return number.strip()
