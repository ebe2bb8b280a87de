"""What the books say of wages and public duties: movements by month, and balances now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.accounts import AccountType
from klientbro.domain.liquidity.lines import (
    CashLine,
    Certainty,
    Facts,
    Kind,
    LeftOut,
    LeftOutReason,
    Reason,
    Source,
    SourceKind,
)
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month

# A duty whose day has passed is taken for not yet posted as paid this long; later it is shown only.
LATE_DAYS = 45
SMALLEST_REST = Decimal("1.00")


class Duty(StrEnum):
    """Groups of accounts by NS 4102 (norwegian-accounting.md §7, §11)."""

    GROSS = "gross"  # 50: wages as expense
    WAGES = "wages"  # 2930: net wages owed
    WITHHELD = "withheld"  # 26
    AGA = "aga"  # 277 and 2780
    AGA_HOLIDAY = "aga_holiday"  # 2781–2789
    HOLIDAY = "holiday"  # 294
    VAT_OUT = "vat_out"  # 270
    VAT_IN = "vat_in"  # 271
    VAT_SETTLED = "vat_settled"  # 274
    TAX = "tax"  # 250, 251


_PREFIXES = (
    ("2781", Duty.AGA_HOLIDAY),
    ("2782", Duty.AGA_HOLIDAY),
    ("2785", Duty.AGA_HOLIDAY),
    ("2930", Duty.WAGES),
    ("250", Duty.TAX),
    ("251", Duty.TAX),
    ("270", Duty.VAT_OUT),
    ("271", Duty.VAT_IN),
    ("274", Duty.VAT_SETTLED),
    ("277", Duty.AGA),
    ("278", Duty.AGA),
    ("294", Duty.HOLIDAY),
    ("26", Duty.WITHHELD),
    ("50", Duty.GROSS),
)


def duty_of(number: str, type_: AccountType) -> Duty | None:
    """The group an account belongs to, None for all others."""
    for prefix, duty in _PREFIXES:
        if number.startswith(prefix):
            is_expense = type_ is AccountType.EXPENSE
            return duty if (duty is Duty.GROSS) == is_expense else None
    return None


@dataclass(frozen=True, slots=True)
class Duties:
    """accrued: movement without the bank, by group and month. paid: movement through the bank.

    balance: at the forecast's first day, with everything already posted as paid. Ledger sign.
    since: the first whole month that is held; earlier ones are missing, not zero.
    """

    since: Month
    accrued: Mapping[tuple[Duty, Month], Decimal] = field(default_factory=dict)
    paid: Mapping[tuple[Duty, Month], Decimal] = field(default_factory=dict)
    balance: Mapping[Duty, Decimal] = field(default_factory=dict)
    account_of: Mapping[Duty, str] = field(default_factory=dict)

    def moved(self, duty: Duty, month: Month) -> Decimal:
        """What was accrued in the month, ledger sign."""
        return self.accrued.get((duty, month), ZERO)

    def through_bank(self, duty: Duty, month: Month) -> Decimal:
        return self.paid.get((duty, month), ZERO)

    def owed(self, duty: Duty) -> Decimal:
        """What is owed now: a credit balance as a positive amount."""
        return ZERO - self.balance.get(duty, ZERO)

    def line(
        self,
        duty: Duty | None,
        key: str,
        day: date,
        amount: Decimal,
        kind: Kind,
        reason: Reason,
        *,
        certainty: Certainty,
        nominal: date | None = None,
        facts: Facts = (),
        vouchers: tuple[int, ...] = (),
        revenue_part: Decimal = ZERO,
    ) -> CashLine:
        """A line of a duty, leading to its account."""
        is_posted = certainty is Certainty.POSTED
        source = Source(
            SourceKind.POSTING if is_posted else SourceKind.RULE,
            reason,
            vouchers,
            self.account_of.get(duty, "") if duty else "",
        )
        return CashLine(
            key,
            day,
            amount,
            kind,
            certainty,
            source,
            nominal=nominal,
            revenue_part=revenue_part,
            facts=facts,
        )

    def unexplained(self, duty: Duty, amount: Decimal) -> LeftOut:
        """What stands on the group's accounts and belongs to no coming term."""
        return LeftOut(
            f"rest:{duty.value}",
            LeftOutReason.UNEXPLAINED,
            ZERO - amount,
            account=self.account_of.get(duty, ""),
            facts=(("duty", duty.value),),
        )
