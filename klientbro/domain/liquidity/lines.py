"""A dated cash line: day, amount, kind, how sure it is, and the reason behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.calendar import last_working_day_by, move_to_working_day
from klientbro.domain.money import ZERO


class Kind(StrEnum):
    """What moves the money. The order is the order of several lines on one day."""

    CUSTOMERS = "customers"
    OTHER_IN = "other_in"
    SUPPLIERS = "suppliers"
    WAGES = "wages"
    HOLIDAY_PAY = "holiday_pay"
    WITHHELD_TAX = "withheld_tax"
    EMPLOYERS_TAX = "employers_tax"
    VAT = "vat"
    ADVANCE_TAX = "advance_tax"
    LOAN = "loan"
    OTHER_OUT = "other_out"


class Certainty(StrEnum):
    """How much is known of a line, the surest first."""

    POSTED = "posted"  # a posting, or an amount that stands on an account of public duties
    DUE = "due"  # an open item
    PLANNED = "planned"  # a person has said so: manual line, loan, recurring line taken
    RULE = "rule"  # reckoned by the law's days from the books' own figures
    ESTIMATED = "estimated"  # what history lets one expect


class SourceKind(StrEnum):
    """What a line comes from."""

    POSTING = "posting"
    OPEN_ITEM = "open_item"
    RULE = "rule"
    MANUAL = "manual"
    SCENARIO = "scenario"


class Reason(StrEnum):
    """Why a line is there; pages put it into words with the line's facts."""

    BANK_AHEAD = "bank_ahead"
    ITEM_DUE = "item_due"
    ITEM_HABIT = "item_habit"
    ITEM_OVERDUE_FIRST_DAY = "item_overdue_first_day"
    ITEM_OVERDUE_SPREAD = "item_overdue_spread"
    ITEM_EXPECTED = "item_expected"
    VAT_FILED = "vat_filed"
    VAT_COMPUTED = "vat_computed"
    VAT_ESTIMATED = "vat_estimated"
    VAT_PLANNED = "vat_planned"
    WAGES_POSTED = "wages_posted"
    WAGES_EXPECTED = "wages_expected"
    WITHHELD_POSTED = "withheld_posted"
    WITHHELD_EXPECTED = "withheld_expected"
    AGA_TERM = "aga_term"
    HOLIDAY_PAY = "holiday_pay"
    ADVANCE_TAX_TYPED = "advance_tax_typed"
    ADVANCE_TAX_OWED = "advance_tax_owed"
    ADVANCE_TAX_LAST = "advance_tax_last"
    LATE_DUTY = "late_duty"
    RECURRING = "recurring"
    MANUAL = "manual"
    LOAN = "loan"
    ESTIMATE = "estimate"
    ONE_OFF = "one_off"


class LeftOutReason(StrEnum):
    """Why something that is owed, or looked for, is no line."""

    DOUBTFUL = "doubtful"  # overdue for so long that nobody should count on it
    CREDIT = "credit"  # a credit note beyond what the party owes
    UNEXPLAINED = "unexplained"  # stands on an account of duties, and no coming term explains it
    BEYOND = "beyond"  # expected after the last day of the forecast
    GAVE_WAY = "gave_way"  # the actual has come


Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Source:
    """What stands behind a line: its vouchers, an account of the books, or the rule's own id."""

    kind: SourceKind
    reason: Reason
    vouchers: tuple[int, ...] = ()
    account: str = ""
    rule_id: str = ""


@dataclass(frozen=True, slots=True)
class CashLine:
    """Money in (positive) or out (negative) on a day.

    key: the same for the same thing however often it is worked out.
    nominal: the day the rule or the invoice names, before habits and days off moved it.
    revenue_part: how much of the amount follows sales not made yet (a scenario scales it).
    facts: what the reason's words are filled with, as text.
    """

    key: str
    day: date
    amount: Decimal
    kind: Kind
    certainty: Certainty
    source: Source
    title: str = ""
    party: str = ""
    account: str = ""
    nominal: date | None = None
    revenue_part: Decimal = ZERO
    facts: Facts = ()

    def fact(self, name: str) -> str:
        """One of the facts, empty when it is not among them."""
        return dict(self.facts).get(name, "")

    def moved_to(self, day: date) -> CashLine:
        return replace(self, day=day)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that is not counted, shown with why."""

    key: str
    reason: LeftOutReason
    amount: Decimal
    title: str = ""
    party: str = ""
    day: date | None = None
    vouchers: tuple[int, ...] = ()
    account: str = ""
    facts: Facts = ()


class Notice(StrEnum):
    """What the reader must know of a forecast before believing it."""

    NO_CUSTOMER_ITEMS = "no_customer_items"
    NO_SUPPLIER_ITEMS = "no_supplier_items"
    OLD_ITEMS = "old_items"
    DUE_MISSING = "due_missing"
    DUE_ABSURD = "due_absurd"
    SHORT_HISTORY = "short_history"
    NO_PAYROLL_HISTORY = "no_payroll_history"
    NO_PAY_DAY = "no_pay_day"
    NO_VAT_FREQUENCY = "no_vat_frequency"
    RATE_ASSUMED = "rate_assumed"
    NO_PERSONAL_TAX = "no_personal_tax"
    HISTORY_MISSING = "history_missing"


@dataclass(slots=True)
class Found:
    """What a source of lines answers with: lines, what it leaves out, and what is to be said."""

    lines: list[CashLine] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notices: dict[Notice, str] = field(default_factory=dict)

    def take(self, other: Found) -> None:
        """Adds what another source found."""
        self.lines += other.lines
        self.left_out += other.left_out
        self.notices.update(other.notices)


# Begins the key of the VAT that a planned line holds.
VAT_OF = "vat-of:"
ORDER = {kind: at for at, kind in enumerate(Kind)}


def in_order(lines: list[CashLine] | tuple[CashLine, ...]) -> tuple[CashLine, ...]:
    """By day, money in before money out, then by kind, size and key: always the same order."""
    return tuple(
        sorted(lines, key=lambda one: (one.day, ORDER[one.kind], -abs(one.amount), one.key))
    )


def bank_day(day: date, start: date) -> date:
    """The working day on which money due that day moves, never before the forecast begins."""
    return move_to_working_day(max(day, start)).due


def bank_day_by(day: date, start: date) -> date:
    """The last working day up to the day; on the forecast's first days the first one there is."""
    found = last_working_day_by(day)
    return found if found >= start else move_to_working_day(start).due
