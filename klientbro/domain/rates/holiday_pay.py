"""Holiday pay (feriepenger): rates by weeks and age, and the basic amount G behind the ceiling.

Source: norwegian-accounting.md §11 [S-51][S-52][S-53]: 10.2 % for four weeks and a day, 12 % with
a fifth week by agreement, 2.3 points more from 60 on basis up to 6 G. Accrued from the year the
employee turns 59, since what is earned then is paid out at 60. The rates stand in the Holiday
Act itself; G is set every May (Nav).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum

from klientbro.domain.money import ZERO, round_to_ore
from klientbro.domain.rates.tables import DatedTable

# The year an employee turns this age is the first one the addition is earned in.
AGE_OF_ADDITION = 59


class HolidayWeeks(IntEnum):
    """How long the holiday is: the Act's four weeks and a day, or five by agreement."""

    FOUR_AND_A_DAY = 4
    FIVE = 5


@dataclass(frozen=True, slots=True)
class HolidayPayRates:
    """Rates as fractions; the addition for those over 60 counts on basis up to so many G."""

    four_weeks: Decimal
    five_weeks: Decimal
    addition_over_60: Decimal
    ceiling_in_g: int

    def of(self, weeks: HolidayWeeks) -> Decimal:
        return self.five_weeks if weeks is HolidayWeeks.FIVE else self.four_weeks


HOLIDAY_PAY: DatedTable[HolidayPayRates] = DatedTable(
    "holiday pay rate",
    (
        (
            date(2009, 1, 1),
            HolidayPayRates(Decimal("0.102"), Decimal("0.12"), Decimal("0.023"), 6),
        ),
    ),
    checked_until=None,
    source="norwegian-accounting.md §11; ferieloven § 10",
)
BASIC_AMOUNT: DatedTable[Decimal] = DatedTable(
    "basic amount (G)",
    (
        (date(2023, 5, 1), Decimal(118_620)),
        (date(2024, 5, 1), Decimal(124_028)),
        (date(2025, 5, 1), Decimal(130_160)),
    ),
    checked_until=date(2026, 4, 30),
    source="Nav, grunnbeløpet i folketrygden",
)


def earns_addition(birth_year: int, earned_in: int) -> bool:
    """Whether pay earned in the year gives the addition: born 1967, from 2026."""
    return earned_in - birth_year >= AGE_OF_ADDITION


def holiday_pay(
    basis: Decimal,
    weeks: HolidayWeeks,
    rates: HolidayPayRates,
    *,
    basic_amount: Decimal | None = None,
) -> Decimal:
    """Holiday pay of one employee's basis: 1 000 000.00 with five weeks is 120 000.00.

    With `basic_amount` (G) the employee has the addition: at G 130 160 the basis is over 6 G =
    780 960, so 17 962.08 comes on top.
    """
    pay = basis * rates.of(weeks)
    if basic_amount is not None:
        ceiling = basic_amount * rates.ceiling_in_g
        pay += max(min(basis, ceiling), ZERO) * rates.addition_over_60
    return round_to_ore(pay)
