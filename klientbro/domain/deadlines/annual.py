"""Annual accounts and the shareholder register.

Adopted within six months of the financial year's end (regnskapsloven § 3-1, aksjeloven § 5-5) and
sent to the register within a month after (§ 8-2): 30 June and 31 July for a calendar year. No
rule moves these days in practice: the late fee runs from the day after (§ 8-3), so they stand.
The shareholder register statement is due 31 January and moves (skatteforvaltningsloven § 5-5).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from klientbro.domain.client_facts import ClientFacts
from klientbro.domain.deadlines.model import (
    Deadline,
    DeadlineKind,
    Duty,
    Term,
    fixed,
    moving,
    year_term,
)
from klientbro.domain.periods import MONTHS_IN_YEAR, FinancialYear, Month

_ADOPTION_MONTHS = 6
_FILING_MONTHS = 7


@lru_cache(maxsize=1024)
def accounts_adoption(year: FinancialYear) -> Deadline:
    """Six months after the year: 2026 by 30.06.2027, 2025/2026 (July–June) by 31.12.2026."""
    return fixed(
        DeadlineKind.ANNUAL_ACCOUNTS_ADOPTION,
        _term(year),
        year.last_month.plus(_ADOPTION_MONTHS).last_day,
        (Duty.ADOPT,),
        "regnskapsloven § 3-1; aksjeloven § 5-5",
    )


@lru_cache(maxsize=1024)
def accounts_filing(year: FinancialYear) -> Deadline:
    """A month after the latest adoption: 2026 by 31.07.2027."""
    return fixed(
        DeadlineKind.ANNUAL_ACCOUNTS_FILING,
        _term(year),
        year.last_month.plus(_FILING_MONTHS).last_day,
        (Duty.FILE,),
        "regnskapsloven § 8-2",
    )


@lru_cache(maxsize=1024)
def shareholder_register(income_year: int) -> Deadline:
    """31 January of the year after."""
    return moving(
        DeadlineKind.SHAREHOLDER_REGISTER,
        year_term(income_year),
        date(income_year + 1, 1, 31),
        (Duty.FILE,),
        "skatteforvaltningsforskriften § 7-7-4",
    )


def annual_deadlines(facts: ClientFacts, year: int) -> Iterator[Deadline]:
    """The deadlines of the financial year that ends in the calendar year."""
    if facts.company_form.has_shares:
        yield shareholder_register(year)
    if not facts.files_accounts:
        return
    last = Month(year, facts.year_end_month)
    financial_year = FinancialYear.of_months(last.plus(1 - MONTHS_IN_YEAR), last)
    yield accounts_adoption(financial_year)
    yield accounts_filing(financial_year)


def _term(year: FinancialYear) -> Term:
    return Term(year.start, year.end, year.label)
