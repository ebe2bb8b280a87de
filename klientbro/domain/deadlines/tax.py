"""Income tax: instalments of advance tax, the additional payment, the return, remaining tax.

Source: norwegian-accounting.md §12, §13 [S-55][S-56][S-57]; skatteforvaltningsloven § 5-5 lets
every one of these days move (tax returns of 2024 were due Monday 02.06.2025).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache

from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.deadlines.model import (
    Deadline,
    DeadlineKind,
    Duty,
    Term,
    moving,
    year_term,
)
from klientbro.domain.rates.income_tax import COMPANY_INSTALMENTS, PERSON_INSTALMENTS, MonthDay

_PAY = (Duty.PAY,)
_REMAINING_TAX_WEEKS = 3


@lru_cache(maxsize=64)
def advance_tax_company(income_year: int) -> tuple[Deadline, ...]:
    """Two parts in the year after: for 2027, 15.02.2028 and (Easter) 18.04.2028."""
    days = COMPANY_INSTALMENTS.at(date(income_year, 1, 1))
    source = "skattebetalingsloven § 10-20 (3)"
    kind = DeadlineKind.ADVANCE_TAX_COMPANY
    return _instalments(kind, income_year, income_year + 1, days, source)


@lru_cache(maxsize=64)
def advance_tax_person(income_year: int) -> tuple[Deadline, ...]:
    """Four parts in the income year itself."""
    days = PERSON_INSTALMENTS.at(date(income_year, 1, 1))
    source = "skattebetalingsloven § 10-20 (1)"
    kind = DeadlineKind.ADVANCE_TAX_PERSON
    return _instalments(kind, income_year, income_year, days, source)


@lru_cache(maxsize=1024)
def additional_advance_tax(income_year: int) -> Deadline:
    """What is paid by 31 May of the year after carries no interest."""
    return moving(
        DeadlineKind.ADDITIONAL_ADVANCE_TAX,
        year_term(income_year),
        date(income_year + 1, 5, 31),
        (Duty.OFFER, Duty.PAY),
        "skattebetalingsloven § 4-7",
    )


@lru_cache(maxsize=1024)
def tax_return(income_year: int) -> Deadline:
    """Companies, partnerships and sole proprietors: 31 May of the year after.

    A broken financial year belongs to the income year it ends in (skatteloven § 14-1).
    """
    return moving(
        DeadlineKind.TAX_RETURN,
        year_term(income_year),
        date(income_year + 1, 5, 31),
        (Duty.FILE,),
        "skatteforvaltningsforskriften § 8-2-3; skatteforvaltningsloven § 5-5",
    )


def remaining_tax(assessed_on: date) -> Deadline:
    """Remaining tax (restskatt) of a company: three weeks after the assessment."""
    return moving(
        DeadlineKind.REMAINING_TAX,
        Term(assessed_on, assessed_on, assessed_on.isoformat()),
        assessed_on + timedelta(weeks=_REMAINING_TAX_WEEKS),
        _PAY,
        "skattebetalingsloven § 10-21",
    )


def tax_deadlines(facts: ClientFacts, income_year: int) -> Iterator[Deadline]:
    """The deadlines of the income year, due in it or in the year after."""
    form = facts.company_form
    if facts.has_advance_tax and form.is_person:
        yield from advance_tax_person(income_year)
        yield additional_advance_tax(income_year)
    elif facts.has_advance_tax and not form.is_partnership:
        yield from advance_tax_company(income_year)
        yield additional_advance_tax(income_year)
    if form.is_person or form.is_partnership or form.is_taxed_itself or facts.has_advance_tax:
        yield tax_return(income_year)


def _instalments(
    kind: DeadlineKind, income_year: int, due_year: int, days: tuple[MonthDay, ...], source: str
) -> tuple[Deadline, ...]:
    whole = year_term(income_year)
    return tuple(
        moving(
            kind,
            Term(whole.first_day, whole.last_day, f"{whole.key}-P{number}", number),
            date(due_year, month, day),
            _PAY,
            source,
        )
        for number, (month, day) in enumerate(days, start=1)
    )
