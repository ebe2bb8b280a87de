"""Payroll: a-melding, employer's tax, withheld tax before and after 2026, holiday pay.

Source: norwegian-accounting.md §11, §13 [S-28][S-29][S-30][S-43][S-51]. Withheld tax of wages paid
on 01.01.2026 or later is paid no later than the first working day after the pay day; before, it
followed employer's tax every second month, last on 15.01.2026 for term 6 of 2025.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from klientbro.domain.calendar import first_working_day_after
from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.deadlines.model import (
    Deadline,
    DeadlineKind,
    Duty,
    Term,
    fixed,
    month_term,
    moving,
    two_month_term,
)
from klientbro.domain.periods import Month

# The day from which withheld tax follows the pay day.
PAY_DAY_RULE_FROM = date(2026, 1, 1)
_PAY = (Duty.PAY,)
_A_MELDING_DAY = 5
_EMPLOYERS_TAX_DAY = 15


@lru_cache(maxsize=1024)
def a_melding(month: Month) -> Deadline:
    """The 5th of the next month: for March 2026, Easter Sunday, 07.04.2026."""
    due = month.next()
    return moving(
        DeadlineKind.A_MELDING,
        month_term(month),
        date(due.year, due.month, _A_MELDING_DAY),
        (Duty.FILE,),
        "a-opplysningsloven § 4; norwegian-accounting.md §11",
    )


@lru_cache(maxsize=1024)
def employers_tax(year: int, number: int) -> Deadline:
    """The 15th after two months: term 2 of 2027 is due 18.05.2027."""
    return _after_two_months(
        DeadlineKind.EMPLOYERS_TAX, year, number, "skattebetalingsloven § 10-10"
    )


@lru_cache(maxsize=1024)
def withheld_tax(pay_date: date) -> Deadline:
    """Tax withheld from wages paid on the day, by the rule that held then.

    12.06.2026 → 15.06.2026; 01.04.2026, before Easter, → 07.04.2026; 10.12.2025 → 15.01.2026.
    """
    if pay_date < PAY_DAY_RULE_FROM:
        return withheld_tax_of_term(pay_date.year, (pay_date.month + 1) // 2)
    due = first_working_day_after(pay_date)
    return fixed(
        DeadlineKind.WITHHELD_TAX,
        Term(pay_date, pay_date, pay_date.isoformat()),
        due,
        _PAY,
        "skattebetalingsloven § 10-10 from 2026",
    )


@lru_cache(maxsize=1024)
def withheld_tax_of_term(year: int, number: int) -> Deadline:
    """The rule before 2026: with employer's tax, two months at a time."""
    if year >= PAY_DAY_RULE_FROM.year:
        raise ValueError(f"withheld tax of {year} follows each pay day, not two-month terms")
    return _after_two_months(
        DeadlineKind.WITHHELD_TAX, year, number, "skattebetalingsloven § 10-10 until 2025"
    )


def holiday_pay(facts: ClientFacts, year: int) -> Deadline | None:
    """Paid on the pay day of the holiday month, for the year before; None without a pay day."""
    paid = facts.pay_date(Month(year, facts.holiday_pay_month))
    if paid is None:
        return None
    earned = Term(date(year - 1, 1, 1), date(year - 1, 12, 31), f"{year - 1:04}")
    return fixed(DeadlineKind.HOLIDAY_PAY, earned, paid, _PAY, "ferieloven § 11")


def payroll_deadlines(facts: ClientFacts, year: int) -> Iterator[Deadline]:
    """The deadlines of the year's wages; some are due in the next. None without payroll."""
    if not facts.has_payroll:
        return
    for number in range(1, 7):
        yield employers_tax(year, number)
        if year < PAY_DAY_RULE_FROM.year:
            yield withheld_tax_of_term(year, number)
    for number in range(1, 13):
        month = Month(year, number)
        yield a_melding(month)
        paid = facts.pay_date(month)
        if paid is not None and paid >= PAY_DAY_RULE_FROM:
            yield withheld_tax(paid)
    if (holiday := holiday_pay(facts, year)) is not None:
        yield holiday


def _after_two_months(kind: DeadlineKind, year: int, number: int, source: str) -> Deadline:
    term = two_month_term(year, number)
    due = Month.of(term.last_day).next()
    nominal = date(due.year, due.month, _EMPLOYERS_TAX_DAY)
    return moving(kind, term, nominal, _PAY, source)
