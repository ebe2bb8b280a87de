"""Which books a client has, how far they reach and as of when."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from klientbro.domain.periods import FinancialYear, Month, extend_years
from klientbro.ledger.queries.sql import Record, fetch_all, fetch_one
from klientbro.ledger.rows import BooksState

CALENDAR_YEAR_END = 12

# The last month with postings is nearly always among the latest: the rest is looked through only
# where it is not.
_COLUMNS = """
select c.id, c.public_id, c.client_id, coalesce(nullif(i.retired_system, ''), i.system),
       c.is_active, c.deleted_at is not null,
       coalesce(c.deleted_at, c.deactivated_at), coalesce(b.stage, 'new'),
       coalesce(b.landing, 0), coalesce(b.complete_landing, 0), b.complete_at, b.conversion_date,
       b.year_end_month, coalesce(b.currency, 'NOK'), b.lock_date, b.covered_from, b.anchor_date,
       coalesce(b.is_anchored_at_conversion, false), coalesce(b.results_restart, true),
       coalesce(b.postings, 0),
       coalesce(
         (select max(month) from ledger_balance k where k.connection_id = c.id
            and k.postings <> 0 and k.month >= (current_date - interval '3 months')::date),
         (select max(month) from ledger_balance k where k.connection_id = c.id
            and k.postings <> 0)),
       array(select array[y.first_day, y.last_day] from ledger_financial_year y
             where y.connection_id = c.id order by y.first_day)
from clients_connection c
join clients_integration i on i.id = c.integration_id
left join ledger_books b on b.connection_id = c.id
"""

# The active connection supplies a client's books; without one, the last that had any. A removed
# integration takes its key away, never the client's figures. c: clients_connection, b:
# ledger_books. Whoever chooses a client's connection orders by this, so that all choose the same.
SUPPLIER_FIRST = """c.is_active desc, (b.anchor_date is not null) desc,
  (c.deleted_at is null) desc, c.activated_at desc nulls last, c.id desc"""

_OF_CLIENT = f"{_COLUMNS} where c.client_id = %(id)s order by {SUPPLIER_FIRST} limit 1"
_OF_CONNECTION = _COLUMNS + "where c.id = %(id)s"
_OF_CLIENTS = f"""{_COLUMNS.replace("select", "select distinct on (c.client_id)", 1)}
where c.client_id = any(%(ids)s::bigint[]) order by c.client_id, {SUPPLIER_FIRST}"""


def books_of(client_id: int) -> BooksState | None:
    """The client's books, None when no connection supplies any. One statement."""
    row = fetch_one(_OF_CLIENT, {"id": client_id})
    return _state(row) if row else None


def books_of_each(client_ids: Collection[int]) -> dict[int, BooksState]:
    """The books of each client that any connection supplies. One statement."""
    rows = fetch_all(_OF_CLIENTS, {"ids": list(client_ids)})
    return {state.client_id: state for state in map(_state, rows) if state.client_id is not None}


def books_of_connection(connection_id: int) -> BooksState | None:
    """One connection's books, None when it does not exist (or is another firm's)."""
    row = fetch_one(_OF_CONNECTION, {"id": connection_id})
    return _state(row) if row else None


def _state(row: Record) -> BooksState:
    years = tuple(
        FinancialYear.of_months(Month.of(first), Month.of(last)) for first, last in row[21] or ()
    )
    year_end_month = int(row[12] or (years[-1].end.month if years else CALENDAR_YEAR_END))
    last_month = Month.of(row[20]) if row[20] else None
    return BooksState(
        connection_id=row[0],
        connection_public_id=UUID(str(row[1])),
        client_id=row[2],
        system=row[3],
        is_active=row[4],
        is_deleted=row[5],
        deactivated_at=row[6],
        stage=row[7],
        landing=row[8],
        complete_landing=row[9],
        as_of=row[10],
        conversion_date=row[11],
        year_end_month=year_end_month,
        currency=row[13],
        lock_date=row[14],
        covered_from=row[15],
        anchor_date=row[16],
        is_anchored_at_conversion=row[17],
        results_restart=row[18],
        postings=row[19],
        last_month=last_month,
        years=_years_through(years, year_end_month, last_month),
    )


def _years_through(
    years: tuple[FinancialYear, ...], year_end_month: int, last_month: Month | None
) -> tuple[FinancialYear, ...]:
    """The known years, and those that vouchers dated ahead fall in."""
    if not years or last_month is None:
        return years
    return extend_years(years, year_end_month, last_month.last_day)


def years_through(state: BooksState, until: date) -> tuple[FinancialYear, ...]:
    """The books' years, through the one that holds `until`."""
    if not state.years:
        return ()
    return extend_years(state.years, state.year_end_month, until)
