"""VAT: when returns are filed and paid, for every frequency.

Source: norwegian-accounting.md §10, §13; skatteforvaltningsforskriften §§ 8-3-1, 8-3-2, 8-3-7 and
8-3-10: one month and ten days after the term, but 31 August for the third two-month term (May and
June); primary industries three months and ten days after the year; yearly returns 10 March.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from klientbro.domain.client_facts import VatFrequency
from klientbro.domain.deadlines.model import (
    FILE_AND_PAY,
    Deadline,
    DeadlineKind,
    Term,
    month_term,
    moving,
    two_month_term,
    year_term,
)
from klientbro.domain.periods import Month

_SOURCE = "skatteforvaltningsforskriften § 8-3-10; skattebetalingsloven § 10-30"
_SUMMER_TERM = 3
_TERMS = 6
_QUARTERS = 4
_DAY = 10


def vat_deadlines(frequency: VatFrequency, year: int) -> Iterator[Deadline]:
    """The deadlines of the terms that lie in the year; some are due in the next."""
    match frequency:
        case VatFrequency.TWO_MONTHLY:
            yield from (two_monthly(year, number) for number in range(1, _TERMS + 1))
        case VatFrequency.MONTHLY:
            yield from (monthly(Month(year, number)) for number in range(1, 13))
        case VatFrequency.YEARLY:
            yield _return(year_term(year), date(year + 1, 3, _DAY))
        case VatFrequency.YEARLY_PRIMARY:
            yield _return(year_term(year), date(year + 1, 4, _DAY))
        case VatFrequency.QUARTERLY_REVERSE_CHARGE:
            yield from (reverse_charge(year, number) for number in range(1, _QUARTERS + 1))
        case VatFrequency.NOT_REGISTERED:
            return


@lru_cache(maxsize=1024)
def two_monthly(year: int, number: int) -> Deadline:
    """Term 3 of 2026 is due 31.08.2026; of 2025, a Sunday, 01.09.2025."""
    term = two_month_term(year, number)
    if number == _SUMMER_TERM:
        return _return(term, date(year, 8, 31))
    return _return(term, _month_and_ten_days_after(Month.of(term.last_day)))


@lru_cache(maxsize=1024)
def monthly(month: Month) -> Deadline:
    """One month and ten days after; the summer exception names the two-month term only."""
    return _return(month_term(month), _month_and_ten_days_after(month))


@lru_cache(maxsize=1024)
def reverse_charge(year: int, quarter: int) -> Deadline:
    """For those not registered: 10 May, 10 August, 10 November, 10 February [S-43]."""
    last = Month(year, 3 * quarter)
    term = Term(last.plus(-2).first_day, last.last_day, f"{year:04}-Q{quarter}", quarter)
    return moving(
        DeadlineKind.VAT_REVERSE_CHARGE,
        term,
        _month_and_ten_days_after(last),
        FILE_AND_PAY,
        _SOURCE,
    )


def vat_term_of(frequency: VatFrequency, day: date) -> Term | None:
    """The term a posting of the day is reported in; None when nothing is."""
    return next(
        (
            deadline.term
            for deadline in vat_deadlines(frequency, day.year)
            if deadline.term.first_day <= day <= deadline.term.last_day
        ),
        None,
    )


def _month_and_ten_days_after(last: Month) -> date:
    due = last.plus(2)
    return date(due.year, due.month, _DAY)


def _return(term: Term, nominal: date) -> Deadline:
    return moving(DeadlineKind.VAT_RETURN, term, nominal, FILE_AND_PAY, _SOURCE)
