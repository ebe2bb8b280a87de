"""Numbers as Norwegians write them: 1 234 567,89 with no-break spaces and a true minus sign."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SMALLEST_DECIMALS = 2

# Ordinary Decimal arithmetic, abs() and minus included, rounds to 28 digits; display never may.
_ROOMY = Context(prec=60, rounding=ROUND_HALF_UP)
_TYPED_NUMBER = re.compile(r"(?P<sign>[-+−]?)(?P<whole>[0-9]+)(?:[.,](?P<part>[0-9]+))?", re.ASCII)
_SPACES = re.compile(r"\s")


def format_nok(amount: Decimal, *, decimals: int | None = None, signed: bool = False) -> str:
    """Write an amount: 1234567.89 → `1 234 567,89`, -0.5 → `−0,50`.

    Without `decimals` there are two, or as many as the amount has: a difference of 0.004 must not
    read as 0,00. With `decimals` it is rounded half up, once. `signed` puts + before what is
    above zero, for changes.
    """
    exact = (
        amount if decimals is None else amount.quantize(Decimal(1).scaleb(-decimals), None, _ROOMY)
    )
    digits = format(exact.copy_abs(), "f")
    whole, _, part = digits.partition(".")
    if decimals is None:
        part = part.rstrip("0").ljust(SMALLEST_DECIMALS, "0")
    grouped = f"{int(whole):,}".replace(",", NO_BREAK_SPACE)
    text = f"{grouped},{part}" if part else grouped
    if exact < 0:
        return MINUS + text
    return "+" + text if signed and exact > 0 else text


def format_count(count: int) -> str:
    """Write a whole number: 41206 → `41 206`."""
    return format_nok(Decimal(count), decimals=0)


def parse_typed_number(text: str) -> Decimal | None:
    """Read what a person typed (`1 234,50`, `−12.5`); None when it is not one number.

    One separator is a decimal sign, comma or point; thousands may be parted by spaces only,
    since 1.234 could mean either.
    """
    found = _TYPED_NUMBER.fullmatch(_SPACES.sub("", text))
    if found is None:
        return None
    number = Decimal(f"{found['whole']}.{found['part'] or '0'}")
    return number.copy_negate() if found["sign"] in ("-", MINUS) else number
