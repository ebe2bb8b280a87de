"""A trial balance as it stood to our knowledge at a moment: same question, same answer, for ever.

A moment resolves to what the last complete run before it published. What the figures rest on is
append-only: changes and openings by landing number, account numbers and names with their history,
and with each publication the financial years and settings that ruled then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO
from klientbro.domain.periods import FinancialYear, Month, Period
from klientbro.domain.proof import trial_balance_hash
from klientbro.domain.trial_balance import TrialBalance
from klientbro.ledger.queries.snapshot import hold_landings
from klientbro.ledger.queries.sql import Record, fetch_one
from klientbro.ledger.queries.trial_balances import trial_balance_of
from klientbro.ledger.rows import BooksState

_PUBLICATION = """
select landing, published_at, conversion_date, year_end_month, results_restart, years
from ledger_publication
where connection_id = %(connection)s and published_at <= %(moment)s
order by published_at desc limit 1
"""
_OUTER = """
select min(published_at), max(published_at) from ledger_publication
where connection_id = %(connection)s
"""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a complete run published, and the rules the books had then."""

    landing: int
    published_at: datetime
    conversion_date: date | None
    year_end_month: int | None
    results_restart: bool
    years: tuple[FinancialYear, ...]


@dataclass(frozen=True, slots=True)
class AsKnown:
    """The answer: the sheet, which publication it is of, and its fingerprint.

    sheet is None where the period's history had not been fetched by then.
    """

    moment: datetime
    publication: Publication
    sheet: TrialBalance | None
    sheet_hash: str


def publication_at(connection_id: int, moment: datetime) -> Publication | None:
    """The last publication at or before the moment; None before the first.

    Two statements, three where the moment is later than the newest. Then a run may be about to
    publish with a time before it: it holds the books' row, so we wait until it has.
    """
    outer = fetch_one(_OUTER, {"connection": connection_id})
    if outer is None or outer[0] is None or moment < outer[0]:
        return None
    if moment > outer[1]:
        hold_landings(connection_id)
    row = fetch_one(_PUBLICATION, {"connection": connection_id, "moment": moment})
    return _publication(row) if row else None


def first_known_at(connection_id: int) -> datetime | None:
    """The earliest moment that can be asked about."""
    outer = fetch_one(_OUTER, {"connection": connection_id})
    return outer[0] if outer else None


def trial_balance_as_known(
    state: BooksState, period: Period, moment: datetime, now: datetime
) -> AsKnown | None:
    """The trial balance of the period as we knew it at the moment; None before we knew anything.

    ValueError for a moment that has not been yet: its answer could still become another.
    """
    if moment > now:
        raise ValueError("what will be known is not known yet")
    publication = publication_at(state.connection_id, moment)
    if publication is None:
        return None
    then = replace(
        state,
        conversion_date=publication.conversion_date,
        year_end_month=publication.year_end_month or state.year_end_month,
        results_restart=publication.results_restart,
        years=publication.years,
    )
    sheet = trial_balance_of(then, period, as_known_at=publication.landing)
    return AsKnown(moment, publication, sheet, trial_balance_hash(sheet) if sheet else "")


def differences_from(today: TrialBalance | None, then: TrialBalance) -> dict[AccountId, Decimal]:
    """How much every account has moved since, by id: closing today less closing then."""
    moved: dict[AccountId, Decimal] = {}
    for sheet, sign in ((today, 1), (then, -1)):
        for row in sheet.rows if sheet is not None else ():
            if row.account is not None:
                closing = row.figures.closing or ZERO
                moved[row.account.id] = moved.get(row.account.id, ZERO) + sign * closing
    return {id_: amount for id_, amount in moved.items() if amount}


def _publication(row: Record) -> Publication:
    landing, published_at, conversion_date, year_end_month, results_restart, days = row
    years = tuple(
        FinancialYear.of_months(Month.of(first), Month.of(last))
        for first, last in zip(days[::2], days[1::2], strict=True)
    )
    return Publication(
        landing, published_at, conversion_date, year_end_month, results_restart, years
    )
