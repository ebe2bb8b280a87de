"""VAT rates by date, and the standard tax codes (SAF-T) with what each one means.

Source: norwegian-accounting.md §10 [S-36][S-37][S-38][S-45]. The low rate was 6 % from 01.04.2020
to 30.09.2021 (Ministry of Finance, revised budget 2021). Parliament decides the rates each year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from klientbro.domain.money import round_to_ore
from klientbro.domain.rates.tables import DatedTable


class VatRate(StrEnum):
    """Which of the rates; the figure behind it depends on the day."""

    GENERAL = "general"
    MIDDLE = "middle"  # food; since 01.05.2025 also water and sewage
    LOW = "low"  # transport, accommodation, cinema and the like
    RAW_FISH = "raw_fish"
    ZERO = "zero"  # exempt: reported, taxed at nothing
    NONE = "none"  # outside the Act, or no VAT treatment


def _rates(low: str) -> Mapping[VatRate, Decimal]:
    return MappingProxyType(
        {
            VatRate.GENERAL: Decimal("0.25"),
            VatRate.MIDDLE: Decimal("0.15"),
            VatRate.LOW: Decimal(low),
            VatRate.RAW_FISH: Decimal("0.1111"),
            VatRate.ZERO: Decimal(0),
            VatRate.NONE: Decimal(0),
        }
    )


VAT_RATES: DatedTable[Mapping[VatRate, Decimal]] = DatedTable(
    "VAT rate",
    (
        (date(2018, 1, 1), _rates("0.12")),
        (date(2020, 4, 1), _rates("0.06")),
        (date(2021, 10, 1), _rates("0.12")),
    ),
    checked_until=date(2026, 12, 31),
    source="norwegian-accounting.md §10",
)
# Taxable sales in twelve months that bring the duty to register [S-36].
REGISTRATION_LIMIT = Decimal(50_000)


class VatSide(StrEnum):
    """Where a code stands in the return."""

    OUTPUT = "output"
    INPUT = "input"  # deductible
    REVERSE_CHARGE = "reverse_charge"  # output and, where deductible, input on the same line
    BASIS_ONLY = "basis_only"  # a basis to report or to calculate from, no VAT on the line
    OUTSIDE = "outside"  # not in the return


@dataclass(frozen=True, slots=True)
class VatCode:
    """A standard tax code. `is_deductible` is None where deduction is no question."""

    code: str
    side: VatSide
    rate: VatRate
    is_deductible: bool | None = None
    is_import: bool = False

    def rate_on(self, day: date) -> Decimal:
        """The code's rate as a fraction on the day."""
        return VAT_RATES.at(day)[self.rate]


def _code(
    code: str, side: VatSide, rate: VatRate, deductible: bool | None = None, abroad: bool = False
) -> tuple[str, VatCode]:
    return code, VatCode(code, side, rate, deductible, abroad)


_IN, _OUT, _REVERSE = VatSide.INPUT, VatSide.OUTPUT, VatSide.REVERSE_CHARGE
_BASIS, _OUTSIDE = VatSide.BASIS_ONLY, VatSide.OUTSIDE

STANDARD_CODES: Mapping[str, VatCode] = MappingProxyType(
    dict(
        (
            _code("0", _OUTSIDE, VatRate.NONE),
            _code("1", _IN, VatRate.GENERAL, True),
            _code("11", _IN, VatRate.MIDDLE, True),
            _code("12", _IN, VatRate.RAW_FISH, True),
            _code("13", _IN, VatRate.LOW, True),
            _code("14", _IN, VatRate.GENERAL, True, True),
            _code("15", _IN, VatRate.MIDDLE, True, True),
            _code("20", _BASIS, VatRate.NONE, None, True),
            _code("21", _BASIS, VatRate.GENERAL, None, True),
            _code("22", _BASIS, VatRate.MIDDLE, None, True),
            _code("3", _OUT, VatRate.GENERAL),
            _code("31", _OUT, VatRate.MIDDLE),
            _code("32", _OUT, VatRate.RAW_FISH),
            _code("33", _OUT, VatRate.LOW),
            _code("5", _BASIS, VatRate.ZERO),
            _code("51", _BASIS, VatRate.ZERO),
            _code("52", _BASIS, VatRate.ZERO),
            _code("6", _BASIS, VatRate.NONE),
            _code("7", _OUTSIDE, VatRate.NONE),
            _code("81", _REVERSE, VatRate.GENERAL, True, True),
            _code("82", _REVERSE, VatRate.GENERAL, False, True),
            _code("83", _REVERSE, VatRate.MIDDLE, True, True),
            # 84, 85, 87, 88, 89, 91 and 92 are marked assumed in the reference.
            _code("84", _REVERSE, VatRate.MIDDLE, False, True),
            _code("85", _BASIS, VatRate.ZERO, None, True),
            _code("86", _REVERSE, VatRate.GENERAL, True, True),
            _code("87", _REVERSE, VatRate.GENERAL, False, True),
            _code("88", _REVERSE, VatRate.LOW, True, True),
            _code("89", _REVERSE, VatRate.LOW, False, True),
            _code("91", _REVERSE, VatRate.GENERAL, True),
            _code("92", _REVERSE, VatRate.GENERAL, False),
        )
    )
)


def standard_code(code: str | None) -> VatCode | None:
    """The standard code, None for a firm's own code that is not among them."""
    return STANDARD_CODES.get((code or "").strip())


def vat_of(base: Decimal, rate: VatRate, day: date) -> Decimal:
    """The VAT of an amount without VAT: 100 000.00 at the general rate is 25 000.00."""
    return round_to_ore(base * VAT_RATES.at(day)[rate])
