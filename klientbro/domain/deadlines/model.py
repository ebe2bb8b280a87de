"""A deadline: what is to be done, for which term, by when, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from klientbro.domain.calendar import DayOff, MovedDay, move_to_working_day
from klientbro.domain.periods import Month


class DeadlineKind(StrEnum):
    """What falls due. The order is the order of those due on one day."""

    WITHHELD_TAX = "withheld_tax"
    EMPLOYERS_TAX = "employers_tax"
    VAT_RETURN = "vat_return"
    VAT_REVERSE_CHARGE = "vat_reverse_charge"
    A_MELDING = "a_melding"
    HOLIDAY_PAY = "holiday_pay"
    ADVANCE_TAX_COMPANY = "advance_tax_company"
    ADVANCE_TAX_PERSON = "advance_tax_person"
    ADDITIONAL_ADVANCE_TAX = "additional_advance_tax"
    TAX_RETURN = "tax_return"
    SHAREHOLDER_REGISTER = "shareholder_register"
    ANNUAL_ACCOUNTS_ADOPTION = "annual_accounts_adoption"
    ANNUAL_ACCOUNTS_FILING = "annual_accounts_filing"
    REMAINING_TAX = "remaining_tax"


class Duty(StrEnum):
    """What somebody must have done by then."""

    FILE = "file"
    PAY = "pay"
    ADOPT = "adopt"
    OFFER = "offer"  # voluntary, to save interest


@dataclass(frozen=True, slots=True, order=True)
class Term:
    """What a deadline is for: days, and a key that never changes for the same term.

    Keys: `2026-T3` two months, `2026-06` a month, `2026-Q1` a quarter, `2026` a year,
    `2026-P2` the second instalment, `2026-06-12` a pay day.
    """

    first_day: date
    last_day: date
    key: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A due date. `due` is the day it counts as; `nominal` the day the rule names."""

    kind: DeadlineKind
    term: Term
    nominal: date
    due: date
    duties: tuple[Duty, ...]
    source: str
    passed: tuple[DayOff, ...] = ()

    @property
    def key(self) -> str:
        """The same for the same duty however often it is worked out: `vat_return:2026-T3`."""
        return f"{self.kind.value}:{self.term.key}"

    @property
    def is_moved(self) -> bool:
        return self.due != self.nominal


FILE_AND_PAY = (Duty.FILE, Duty.PAY)


def moving(
    kind: DeadlineKind, term: Term, nominal: date, duties: tuple[Duty, ...], source: str
) -> Deadline:
    """A deadline that moves to the next working day (domstolloven § 149)."""
    moved = move_to_working_day(nominal)
    return _placed(kind, term, moved, duties, source)


def fixed(
    kind: DeadlineKind, term: Term, day: date, duties: tuple[Duty, ...], source: str
) -> Deadline:
    """A deadline that stands on its day, also on a Sunday."""
    return _placed(kind, term, MovedDay(day, day), duties, source)


def month_term(month: Month) -> Term:
    return Term(month.first_day, month.last_day, month.key, month.month)


def two_month_term(year: int, number: int) -> Term:
    """Terms 1 January–February … 6 November–December."""
    first = Month(year, 2 * number - 1)
    return Term(first.first_day, first.next().last_day, f"{year:04}-T{number}", number)


def year_term(year: int) -> Term:
    return Term(date(year, 1, 1), date(year, 12, 31), f"{year:04}")


def _placed(
    kind: DeadlineKind, term: Term, moved: MovedDay, duties: tuple[Duty, ...], source: str
) -> Deadline:
    return Deadline(kind, term, moved.nominal, moved.due, duties, source, moved.passed)
