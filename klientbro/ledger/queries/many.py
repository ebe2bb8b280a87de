"""What the products ask of many clients at once: one statement each, whatever the number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from klientbro.domain.periods import Month, month_range
from klientbro.ledger.queries.books import SUPPLIER_FIRST
from klientbro.ledger.queries.sql import fetch_all
from klientbro.ledger.rows import MonthState

_BOOKS = f"""
select distinct on (c.client_id) c.client_id, c.id, c.is_active,
       coalesce(c.deleted_at, c.deactivated_at), coalesce(b.stage, 'new'), b.complete_at,
       coalesce(b.landing, 0), b.lock_date, b.covered_from, b.anchor_date,
       coalesce(b.is_anchored_at_conversion, false), b.conversion_date,
       coalesce(c.year_start_month, b.year_end_month %% 12 + 1, 1)
from clients_connection c
left join ledger_books b on b.connection_id = c.id
where c.client_id = any(%(clients)s::bigint[])
order by c.client_id, {SUPPLIER_FIRST}
"""  # noqa: S608 constants only

_MONTHS = """
select connection_id, month, state from ledger_month
where connection_id = any(%(connections)s::bigint[]) and month between %(first)s and %(last)s
"""

# What every account stands at now, summed by the account's leading digits: the opening and every
# movement held, those of the anchor's own day too: the opening is the source's balance less them.
# Result accounts: this financial year and the same months last year.
_GROUPS = """
with wanted as (
  select * from unnest(%(connections)s::bigint[], %(anchors)s::date[], %(years)s::date[])
    as w(connection_id, anchor_date, year_start)
), balances as (
  select w.connection_id, b.account_id, b.amount
  from wanted w join ledger_opening b on b.connection_id = w.connection_id
    and b.known_to = 2147483647
  union all
  select w.connection_id, b.account_id, b.amount
  from wanted w join ledger_balance b on b.connection_id = w.connection_id
    and b.month <= %(month)s
), moves as (
  select w.connection_id, w.year_start, b.account_id, b.month, b.amount
  from wanted w join ledger_balance b on b.connection_id = w.connection_id
    and b.month >= w.year_start - interval '1 year' and b.month <= %(month)s
  union all  -- books taken over in mid-year: what the year held before
  select w.connection_id, w.year_start, b.account_id, date_trunc('month', w.anchor_date)::date,
         b.amount
  from wanted w join ledger_opening b on b.connection_id = w.connection_id
    and b.known_to = 2147483647 and w.anchor_date >= w.year_start
), results as (
  select m.connection_id,
         coalesce(sum(m.amount) filter (where m.month >= m.year_start), 0) as this_year,
         coalesce(sum(m.amount) filter (where m.month < m.year_start
           and m.month <= (%(month)s::date - interval '1 year')), 0) as last_year
  from moves m
  join ledger_account a on a.connection_id = m.connection_id and a.source_id = m.account_id
    and a.type in ('income', 'expense')
  group by 1
)
select b.connection_id, left(a.number, 2), a.type, sum(b.amount), r.this_year, r.last_year
from balances b
join ledger_account a on a.connection_id = b.connection_id and a.source_id = b.account_id
left join results r on r.connection_id = b.connection_id
where a.type not in ('income', 'expense')
group by b.connection_id, left(a.number, 2), a.type, r.this_year, r.last_year
"""

_OVERDUE = """
select s.connection_id, s.side, s.as_of,
       coalesce(sum(i.balance) filter (where i.due_date < s.as_of), 0)
from (
  select distinct on (connection_id, side) connection_id, side, id, as_of
  from ledger_item_snapshot where connection_id = any(%(connections)s::bigint[])
  order by connection_id, side, as_of desc, id desc
) s left join ledger_item i on i.snapshot_id = s.id
group by 1, 2, 3
"""


def year_start(month: Month, first_month: int = 1) -> Month:
    """The first month of the financial year that holds the month, for years begun in first_month.

    July years: the year of March 2026 began in July 2025.
    """
    year = month.year if month.month >= first_month else month.year - 1
    return Month(year, first_month)


@dataclass(frozen=True, slots=True)
class ClientBooks:
    """Which connection supplies a client's books, and how far they reach."""

    client_id: int
    connection_id: int
    is_active: bool
    stopped_at: datetime | None
    stage: str
    as_of: datetime | None
    landing: int
    lock_date: date | None
    covered_from: date | None
    anchor_date: date | None
    is_anchored_at_conversion: bool
    conversion_date: date | None
    year_start_month: int

    @property
    def is_usable(self) -> bool:
        return self.stage != "new" and self.anchor_date is not None

    def year_start(self, month: Month) -> Month:
        """The first month of the financial year that holds the month."""
        return year_start(month, self.year_start_month)


@dataclass(frozen=True, slots=True)
class GroupBalance:
    """The accounts of one type whose numbers share two leading digits; ledger sign."""

    digits: str
    type: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """Balance groups at a month's end and the result so far, ledger sign (income negative)."""

    groups: tuple[GroupBalance, ...]
    result_this_year: Decimal | None
    result_last_year: Decimal | None


def books_of_clients(client_ids: Collection[int]) -> dict[int, ClientBooks]:
    """The books of each client that has any connection."""
    rows = fetch_all(_BOOKS, {"clients": list(client_ids)})
    return {row[0]: ClientBooks(*row) for row in rows}


def month_states(
    connection_ids: Collection[int], first: Month, last: Month
) -> dict[int, dict[Month, MonthState]]:
    """What the last proof of each month said, by connection; months never proved are left out."""
    found: dict[int, dict[Month, MonthState]] = defaultdict(dict)
    months = {month.first_day: month for month in month_range(first, last)}
    states = {state.value: state for state in MonthState}
    for connection_id, day, state in fetch_all(
        _MONTHS,
        {"connections": list(connection_ids), "first": first.first_day, "last": last.first_day},
    ):
        found[connection_id][months[day]] = states[state]
    return found


def standings(books: Collection[ClientBooks], month: Month) -> dict[int, Standing]:
    """How each of the books stands at the month's end, by connection."""
    usable = [each for each in books if each.is_usable and each.anchor_date is not None]
    groups: dict[int, list[GroupBalance]] = defaultdict(list)
    results: dict[int, tuple[Decimal | None, Decimal | None]] = {}
    for connection_id, digits, kind, amount, this_year, last_year in fetch_all(
        _GROUPS,
        {
            "connections": [each.connection_id for each in usable],
            "anchors": [each.anchor_date for each in usable],
            "years": [each.year_start(month).first_day for each in usable],
            "month": month.first_day,
        },
    ):
        groups[connection_id].append(GroupBalance(digits, kind, amount))
        results[connection_id] = (this_year, last_year)
    return {
        connection_id: Standing(tuple(held), *results[connection_id])
        for connection_id, held in groups.items()
    }


def overdue_items(
    connection_ids: Collection[int],
) -> Mapping[tuple[int, str], tuple[date, Decimal]]:
    """What was overdue when the newest open items were read, by connection and side."""
    return {
        (connection_id, side): (as_of, amount)
        for connection_id, side, as_of, amount in fetch_all(
            _OVERDUE, {"connections": list(connection_ids)}
        )
    }
