"""Exact kroner and øre: parsing without floats, rounding half up once, exact sums.

Debit is positive, credit negative. An amount read here has two decimals and fits the ledger.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation
from enum import StrEnum

from klientbro.lib.errors import KlientbroError

ORE = Decimal("0.01")
ZERO = Decimal("0.00")
# numeric(18, 2) in the database; and Decimal's 28 digits then sum ten thousand million of them
# without rounding.
LARGEST_AMOUNT = Decimal("9999999999999999.99")

# Decimal itself also takes 1_000, spaces, other scripts' digits, NaN and Infinity.
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_ROUNDING = Context(prec=60, rounding=ROUND_HALF_UP)
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation])


class MoneyProblem(StrEnum):
    """Why a value is no amount."""

    FLOAT = "float"  # 0.1 + 0.2 is not 0.3 there
    NOT_A_NUMBER = "not_a_number"
    PARTS_OF_ORE = "parts_of_ore"  # a finding: no voucher can be paid in parts of an øre
    TOO_LARGE = "too_large"


class MoneyError(KlientbroError):
    """A value is not exact kroner and øre; `problem` says why, `value` shows it."""

    def __init__(self, problem: MoneyProblem, value: str) -> None:
        super().__init__(f"{value} is not an amount ({problem.value})")
        self.problem = problem
        self.value = value

    def __reduce__(self) -> tuple[type[MoneyError], tuple[MoneyProblem, str]]:
        return type(self), (self.problem, self.value)


def parse_amount(value: str | int | Decimal) -> Decimal:
    """Read an amount exactly, with two decimals: `-1250.5` → −1250.50. MoneyError otherwise.

    1.500 is 1.50; 1.505 is refused, never rounded: the caller makes it a finding.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise MoneyError(MoneyProblem.FLOAT, repr(value))
    if isinstance(value, str) and not _PLAIN_NUMBER.fullmatch(value):
        raise MoneyError(MoneyProblem.NOT_A_NUMBER, repr(value))
    number = Decimal(value)
    if not number.is_finite():
        raise MoneyError(MoneyProblem.NOT_A_NUMBER, str(value))
    if number.copy_abs() > LARGEST_AMOUNT:
        raise MoneyError(MoneyProblem.TOO_LARGE, str(value))
    try:
        amount = number.quantize(ORE, None, _EXACT)
    except Inexact as error:
        raise MoneyError(MoneyProblem.PARTS_OF_ORE, str(value)) from error
    return amount if amount else ZERO


def has_parts_of_ore(amount: Decimal) -> bool:
    """Whether the amount is finer than an øre."""
    return amount != round_to_ore(amount)


def round_to_ore(amount: Decimal) -> Decimal:
    """Round half up, away from zero: 0.005 → 0.01, −0.005 → −0.01. Once, at the end."""
    rounded = amount.quantize(ORE, None, _ROUNDING)
    return rounded if rounded else ZERO


def sum_amounts(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum; 0.00 of nothing."""
    return sum(amounts, ZERO)
