"""The worked example of norwegian-accounting.md §15, as accounts with balances."""

from __future__ import annotations

from decimal import Decimal

from klientbro.domain.accounts import Account, AccountType
from klientbro.domain.tests.books import account

WORKED_EXAMPLE = """
1200    300000.00
1460    150000.00
1500    250000.00
1700     20000.00
1920    280000.00
2000   -100000.00
2050   -180000.00
2220   -200000.00
2400   -162480.00
2500    -35200.00
2740    -45000.00
2770    -15600.00
2781    -16920.00
2940   -120000.00
3000  -2000000.00
4300    800000.00
5000    600000.00
6000     50000.00
6300    380000.00
8050     -5000.00
8150     15000.00
8300     35200.00
"""


def of_type(number, kind):
    """An account whose type is not what its digits suggest."""
    return Account(number, number, f"Konto {number}", AccountType(kind))


def parse_sheet(table):
    """Account and balance from each row; the type as the digits suggest, 80 as income."""
    rows = (line.split() for line in table.strip().splitlines())
    return [(_usual(number), Decimal(amount)) for number, amount in rows]


def _usual(number):
    return of_type(number, "income") if number.startswith("80") else account(number)
