"""Employer's tax (arbeidsgiveravgift): zones, the allowance of zone Ia, and finance tax, by date.

Source: norwegian-accounting.md §11 [S-50]. The allowance is how much less tax zone Ia may give
than zone I would, at group level; after that every krone is taxed as in zone I. Parliament
decides the rates each year; 2025 had the same ones and no extra tax on high pay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from klientbro.domain.money import ZERO, round_to_ore
from klientbro.domain.rates.tables import DatedTable


class AgaZone(StrEnum):
    """The zone of the municipality where the business is registered."""

    I = "I"  # noqa: E741 the zones' own names
    IA = "Ia"
    II = "II"
    III = "III"
    IV = "IV"
    IVA = "IVa"
    V = "V"


@dataclass(frozen=True, slots=True)
class EmployersTaxRates:
    """The rates of a year, as fractions."""

    by_zone: Mapping[AgaZone, Decimal]
    full_rate: Decimal
    allowance: Decimal
    finance_tax: Decimal


@dataclass(frozen=True, slots=True)
class EmployersTax:
    """The tax of an amount of pay, and how much of the allowance it took."""

    amount: Decimal
    allowance_used: Decimal


EMPLOYERS_TAX: DatedTable[EmployersTaxRates] = DatedTable(
    "employer's tax rate",
    (
        (
            date(2025, 1, 1),
            EmployersTaxRates(
                by_zone=MappingProxyType(
                    {
                        AgaZone.I: Decimal("0.141"),
                        AgaZone.IA: Decimal("0.106"),
                        AgaZone.II: Decimal("0.106"),
                        AgaZone.III: Decimal("0.064"),
                        AgaZone.IV: Decimal("0.051"),
                        AgaZone.IVA: Decimal("0.079"),
                        AgaZone.V: Decimal(0),
                    }
                ),
                full_rate=Decimal("0.141"),
                allowance=Decimal(850_000),
                finance_tax=Decimal("0.05"),
            ),
        ),
    ),
    checked_until=date(2026, 12, 31),
    source="norwegian-accounting.md §11",
)


def employers_tax(
    basis: Decimal,
    zone: AgaZone,
    rates: EmployersTaxRates,
    *,
    allowance_used: Decimal = ZERO,
    is_finance: bool = False,
) -> EmployersTax:
    """The tax of pay: 120 000.00 in zone I is 16 920.00.

    In zone Ia 1 000 000.00 is 106 000.00 and takes 35 000.00 of the allowance; with the allowance
    used up it is 141 000.00. Finance tax is added on the whole basis.
    """
    tax = basis * rates.by_zone[zone]
    used = ZERO
    if zone is AgaZone.IA:
        relief = basis * (rates.full_rate - rates.by_zone[zone])
        used = min(relief, max(rates.allowance - allowance_used, ZERO))
        tax = basis * rates.full_rate - used
    if is_finance:
        tax += basis * rates.finance_tax
    return EmployersTax(round_to_ore(tax), round_to_ore(used))
