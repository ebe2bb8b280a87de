"""The trial balance from kept balances, now or as known at a landing. Never scans postings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from klientbro.domain.accounts import Account, AccountId, AccountType
from klientbro.domain.periods import FinancialYear, Month, Period, year_containing
from klientbro.domain.trial_balance import Books, TrialBalance
from klientbro.domain.trial_balance import trial_balance as calculate
from klientbro.ledger.queries.books import books_of_connection, years_through
from klientbro.ledger.queries.snapshot import in_one_landing
from klientbro.ledger.queries.sql import STILL, Parameters, fetch_all, fetch_one
from klientbro.ledger.rows import BooksState

MONTHS_IN_YEAR = 12
# Where the source lets results accumulate until disposed, one long year says the same.
_WITHOUT_RESTART = FinancialYear(date(1900, 1, 1), date(2999, 12, 31), "")

_ACCOUNTS = """
select a.source_id, coalesce(h.number_before, a.number), coalesce(h.name_before, a.name),
       coalesce(h.type_before, a.type)
from ledger_account a
left join lateral (
  select (array_agg(number_before order by landing) filter (where number_before is not null))[1]
           as number_before,
         (array_agg(name_before order by landing) filter (where name_before is not null))[1]
           as name_before,
         (array_agg(type_before order by landing) filter (where type_before is not null))[1]
           as type_before
  from ledger_account_history h
  where %(landing)s::int is not null
    and h.connection_id = a.connection_id and h.source_id = a.source_id and h.landing > %(landing)s
) h on true
where a.connection_id = %(connection)s
  and (%(accounts)s::text[] is null or a.source_id = any(%(accounts)s::text[]))
"""

_OPENINGS = """
select account_id, amount from ledger_opening
where connection_id = %(connection)s
  and known_from <= coalesce(%(landing)s, %(still)s - 1)
  and known_to > coalesce(%(landing)s, %(still)s - 1)
  and (%(accounts)s::text[] is null or account_id = any(%(accounts)s::text[]))
"""

# Months are summed between the few that matter, so that a long history costs no more to fetch.
_SUMS = """
select account_id, width_bucket(month, %(bounds)s::date[]), sum(amount)
from ledger_balance
where connection_id = %(connection)s
  and (%(accounts)s::text[] is null or account_id = any(%(accounts)s::text[]))
group by 1, 2
"""
_SUMS_AS_KNOWN = """
select account_id, width_bucket(month, %(bounds)s::date[]), sum(delta)
from ledger_change
where connection_id = %(connection)s and landing <= %(landing)s
  and (%(accounts)s::text[] is null or account_id = any(%(accounts)s::text[]))
group by 1, 2
"""
_ANCHOR = """
select anchor_date from ledger_anchor
where connection_id = %(connection)s and landing <= %(landing)s
order by landing desc limit 1
"""


def trial_balance(
    connection_id: int,
    period: Period,
    *,
    as_known_at: int | None = None,
    include_unused: bool = False,
) -> TrialBalance | None:
    """The trial balance of the period, None before the books are usable.

    as_known_at: a landing number; the figures are then those known when it was published.
    Six statements now, seven as known.
    """

    def read() -> TrialBalance | None:
        state = books_of_connection(connection_id)
        if state is None or not state.is_usable:
            return None
        return trial_balance_of(
            state, period, as_known_at=as_known_at, include_unused=include_unused
        )

    return in_one_landing(connection_id, read)


def trial_balance_of(
    state: BooksState,
    period: Period,
    *,
    as_known_at: int | None = None,
    include_unused: bool = False,
    accounts: Sequence[AccountId] | None = None,
) -> TrialBalance | None:
    """The same for books already read; `accounts` narrows it, and the sums then mean nothing."""
    books = _load(state, period, as_known_at, accounts)
    if books is None:
        return None
    return calculate(books, period, include_unused=include_unused)


def closing_as_known(
    state: BooksState, month: Month, landing: int, accounts: Sequence[AccountId]
) -> dict[AccountId, Decimal] | None:
    """What some accounts stood at by the month's end, as known at a landing."""
    sheet = trial_balance_of(
        state, Period(month, month), as_known_at=landing, include_unused=True, accounts=accounts
    )
    if sheet is None:
        return None
    return {
        row.account.id: row.figures.closing
        for row in sheet.rows
        if row.account is not None and row.figures.closing is not None
    }


def _load(
    state: BooksState, period: Period, landing: int | None, only: Sequence[AccountId] | None
) -> Books | None:
    anchor = state.anchor_date if landing is None else _anchor_at(state.connection_id, landing)
    if anchor is None:
        return None
    years: Sequence[FinancialYear] = (_WITHOUT_RESTART,)
    if state.results_restart:
        years = years_through(state, period.last_day)
    bounds = _bounds(period, years, anchor)
    parameters: Parameters = {
        "connection": state.connection_id,
        "landing": landing,
        "still": STILL,
        "accounts": list(only) if only is not None else None,
        "bounds": [month.first_day for month in bounds],
    }
    accounts = {
        id_: Account(id_, number, name, AccountType(type_))
        for id_, number, name, type_ in fetch_all(_ACCOUNTS, parameters)
    }
    openings: dict[AccountId, Decimal] = dict(fetch_all(_OPENINGS, parameters))
    # bucket 0 lies before every bound, bucket n begins at bound n
    months = (bounds[0].previous(), *bounds)
    movements: dict[AccountId, dict[Month, Decimal]] = {}
    for account_id, bucket, amount in fetch_all(
        _SUMS if landing is None else _SUMS_AS_KNOWN, parameters
    ):
        movements.setdefault(account_id, {})[months[bucket]] = amount
    return Books(
        accounts=accounts,
        anchor=anchor,
        openings=openings,
        movements=movements,
        years=years,
        begins=state.conversion_date,
    )


def _anchor_at(connection_id: int, landing: int) -> date | None:
    row = fetch_one(_ANCHOR, {"connection": connection_id, "landing": landing})
    return row[0] if row else None


def _bounds(period: Period, years: Sequence[FinancialYear], anchor: date) -> list[Month]:
    """Months at whose beginning some column of the trial balance starts or has just ended."""
    last_year = period.last.plus(-MONTHS_IN_YEAR)
    bounds = {
        period.first,
        period.last.next(),
        last_year.next(),
        Month.of(anchor),
        Month.of(anchor).next(),
    }
    for month in (period.last, last_year, period.first.previous()):
        year = year_containing(years, month.last_day)
        if year is not None:
            bounds.add(year.first_month)
    return sorted(bounds)
