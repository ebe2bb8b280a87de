"""Books for tests, written as a small table an accountant could check."""

from __future__ import annotations

from decimal import Decimal

from klientbro.domain.accounts import Account, AccountType
from klientbro.domain.periods import Month
from klientbro.domain.trial_balance import Books

TYPES = {"1": "asset", "20": "equity", "2": "liability", "3": "income"}


def account(number):
    """An account whose id is its number, of the type its digits suggest."""
    kinds = (kind for digits, kind in TYPES.items() if number.startswith(digits))
    return Account(number, number, f"Konto {number}", AccountType(next(kinds, "expense")))


def books(table, *, anchor, years, begins=None):
    """Books from a table: a row per account, an opening, then a movement per named month."""
    header, *lines = (line.split() for line in table.strip().splitlines())
    accounts, openings, movements = {}, {}, {}
    for number, opening, *amounts in lines:
        accounts[number] = account(number)
        openings[number] = Decimal(opening)
        movements[number] = {
            Month.parse(key): Decimal(amount)
            for key, amount in zip(header[2:], amounts, strict=True)
            if amount != "."
        }
    return Books(accounts, anchor, openings, movements, years, begins)
