"""The VAT terms of a calendar year: output, input, what they give to pay, and what was filed.

Payable = −(movement on 2700–2709 + movement on 2710–2719), returns apart
(norwegian-accounting.md §10). Example: −25 000 and +10 000 give 15 000.00 to pay; services from
abroad, −5 000 and +5 000, add nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month, Period, vat_term
from klientbro.domain.reporting.books import Gap

# output, input, moved by returns; ledger sign
VatMovement = tuple[Decimal, Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class VatTermSum:
    """A term; amounts None where its months are not held. filed: None while no return is made.

    output and input are shown as people know them: output owed and input to deduct, both positive.
    """

    period: Period
    output: Decimal | None
    input: Decimal | None
    filed: Decimal | None
    due: date | None
    gap: Gap | None = None

    @property
    def payable(self) -> Decimal | None:
        """What the term gives to pay, or to get back when negative."""
        if self.output is None or self.input is None:
            return None
        return self.output - self.input

    @property
    def difference(self) -> Decimal | None:
        """What the accounts say beyond the return; None while there is none."""
        if self.payable is None or self.filed is None:
            return None
        return self.payable - self.filed


def vat_year(
    year: int,
    vat_period: str | None,
    moved: Mapping[Month, VatMovement],
    gap_of: Callable[[Period], Gap | None],
    dues: Mapping[date, date],
) -> tuple[VatTermSum, ...]:
    """The year's terms in order. dues: the due date by a term's last day."""
    terms: list[Period] = []
    for number in range(1, 13):
        first, last = vat_term(date(year, number, 1), vat_period)
        period = Period(Month.of(first), Month.of(last))
        if period not in terms:
            terms.append(period)
    return tuple(_term(period, moved, gap_of(period), dues) for period in terms)


def _term(
    period: Period,
    moved: Mapping[Month, VatMovement],
    gap: Gap | None,
    dues: Mapping[date, date],
) -> VatTermSum:
    due = dues.get(period.last_day)
    if gap is not None:
        return VatTermSum(period, None, None, None, due, gap)
    held = [moved[month] for month in period.months() if month in moved]
    output = ZERO - sum((one[0] for one in held), ZERO)
    deducted = sum((one[1] for one in held), ZERO)
    returned = sum((one[2] for one in held), ZERO)
    is_filed = any(one[2] for one in held)
    return VatTermSum(period, output, deducted, returned if is_filed else None, due)
