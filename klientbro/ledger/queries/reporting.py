"""What reports ask of the ledger: balances by account and month of whole books, in one statement.

Months before the first one wanted are summed into the month before it, so that ten years of history
cost no more to fetch than two.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from klientbro.domain.accounts import Account, AccountId, AccountType
from klientbro.domain.periods import FinancialYear, Month
from klientbro.domain.reporting.ageing import AgedItem
from klientbro.domain.reporting.books import MonthBooks
from klientbro.domain.trial_balance import Books
from klientbro.ledger.queries.books import years_through
from klientbro.ledger.queries.sql import STILL, fetch_all
from klientbro.ledger.rows import BooksState, MonthState
from klientbro.lib.errors import UnknownAccountError

# Where the source lets results accumulate until disposed there is no year to begin anew.
_NO_YEARS: tuple[FinancialYear, ...] = ()

_BOOKS = f"""
with wanted as (
  select * from unnest(%(connections)s::bigint[], %(since)s::date[], %(until)s::date[])
    as w(connection_id, since, until)
), moved as (
  select connection_id, account_id, array_agg(month order by month) as months,
         array_agg(amount order by month) as amounts
  from (
    select b.connection_id, b.account_id,
           case when b.month < w.since then (w.since - interval '1 month')::date
                else b.month end as month,
           sum(b.amount) as amount
    from wanted w join ledger_balance b on b.connection_id = w.connection_id
      and b.month <= w.until
    group by 1, 2, 3
  ) each_month
  group by 1, 2
)
select k.connection_id, k.account_id, a.number, a.name, a.type, a.control, k.opening, k.months,
       k.amounts
from (
  select connection_id, account_id, o.amount as opening, m.months, m.amounts
  from (
    select o.connection_id, o.account_id, o.amount from wanted w
    join ledger_opening o on o.connection_id = w.connection_id and o.known_to = {STILL}
  ) o
  full join moved m using (connection_id, account_id)
  union all
  select a.connection_id, a.source_id, null, null, null from wanted w
  join ledger_account a on a.connection_id = w.connection_id
    and a.source_id = any(%(also)s::text[])
) k
left join ledger_account a on a.connection_id = k.connection_id and a.source_id = k.account_id
"""  # noqa: S608 constants only

_PROOFS = """
select connection_id, month, state, differences from ledger_month
where connection_id = any(%(connections)s::bigint[]) and month between %(first)s and %(last)s
"""

_SNAPSHOTS = """
select distinct on (side, as_of) side, as_of, id, taken_at, items, total, control_total
from ledger_item_snapshot where connection_id = %(connection)s
order by side, as_of desc, id desc
"""

_ITEMS = """
select coalesce(party_no, ''), coalesce(party_name, ''), coalesce(invoice_no, ''), voucher_no,
       posting_date, due_date, balance
from ledger_item where snapshot_id = %(snapshot)s and balance <> 0
"""

# By dimension the postings themselves are read: balances are kept by account and month alone.
_BY_DIMENSION = """
select p.account_id, coalesce(p.{column}, ''), sum(p.amount)
from ledger_account a
cross join lateral (
  select account_id, department_code, project_code, amount from ledger_posting p
  where p.connection_id = a.connection_id and p.account_id = a.source_id
    and p.posting_date between %(first)s and %(last)s and p.known_to = {still}
  offset 0
) p
where a.connection_id = %(connection)s and a.type in ('income', 'expense')
group by 1, 2
"""
_DIMENSION_COLUMNS = {"department": "department_code", "project": "project_code"}
_DIMENSION_NAMES = """
select coalesce(code, source_id), name from ledger_dimension
where connection_id = %(connection)s and kind = %(kind)s
"""

# The VAT accounts month by month: what was posted, and what returns moved to the settlement.
_VAT = f"""
select date_trunc('month', p.posting_date)::date, left(a.number, 3),
       p.voucher_type = 'vat_return' or coalesce(p.reverses_voucher_no, -1) in (
         select r.voucher_no from ledger_posting r where r.connection_id = %(connection)s
           and r.known_to = {STILL} and r.voucher_type = 'vat_return'),
       sum(p.amount)
from ledger_account a
cross join lateral (
  select * from ledger_posting p
  where p.connection_id = a.connection_id and p.account_id = a.source_id
    and p.posting_date between %(first)s and %(last)s and p.known_to = {STILL}
  offset 0
) p
where a.connection_id = %(connection)s and (a.number like '270%%' or a.number like '271%%')
group by 1, 2, 3
"""  # noqa: S608 constants only

# Income and expense of many clients. 88 and 89 are what the result is used for, not part of it.
_YEAR_RESULTS = f"""
with wanted as (
  select * from unnest(%(connections)s::bigint[], %(starts)s::date[], %(anchors)s::date[])
    as w(connection_id, year_start, anchor_date)
), moved as (
  select w.connection_id, w.year_start, a.source_id, b.month, b.amount
  from wanted w
  join ledger_account a on a.connection_id = w.connection_id and a.type in ('income', 'expense')
    and left(a.number, 2) not in ('88', '89')
  join ledger_balance b on b.connection_id = a.connection_id and b.account_id = a.source_id
    and b.month between w.year_start - interval '1 year' and %(month)s
  union all  -- books taken over in mid-year: what the year held before
  select w.connection_id, w.year_start, a.source_id, w.year_start, o.amount
  from wanted w
  join ledger_account a on a.connection_id = w.connection_id and a.type in ('income', 'expense')
    and left(a.number, 2) not in ('88', '89')
  join ledger_opening o on o.connection_id = a.connection_id and o.account_id = a.source_id
    and o.known_to = {STILL}
  where w.anchor_date >= w.year_start
)
select connection_id, coalesce(sum(amount) filter (where month >= year_start), 0),
       coalesce(sum(amount) filter (where month < year_start
         and month <= %(month)s::date - interval '1 year'), 0)
from moved group by 1
"""  # noqa: S608 constants only

# Whether any balance through a month has moved since a landing: what came and went again has not.
_MOVED = """
select w.key from unnest(%(keys)s::bigint[], %(landings)s::int[], %(months)s::date[])
  as w(key, landing, month)
where exists (
  select from ledger_change c
  where c.connection_id = %(connection)s and c.landing > w.landing and c.month <= w.month
  group by c.account_id, c.month having sum(c.delta) <> 0
)
"""


@dataclass(frozen=True, slots=True)
class ReportBooks:
    """A client's books for reports, with the accounts the source itself calls control accounts."""

    state: BooksState
    books: MonthBooks
    controls: Mapping[AccountId, str]


@dataclass(frozen=True, slots=True)
class ProvedMonth:
    """What the last proof of a month said: account, ours and the source's where they part."""

    state: MonthState
    differences: tuple[tuple[AccountId, Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class OpenSnapshot:
    """Open items of a side as they were on a day."""

    side: str
    as_of: date
    id: int
    taken_at: datetime
    items: int
    total: Decimal
    control_total: Decimal | None

    @property
    def difference(self) -> Decimal | None:
        """Control accounts less the items; None when nobody knows the accounts."""
        return None if self.control_total is None else self.control_total - self.total


@dataclass(frozen=True, slots=True)
class VatMonth:
    """Movement on the VAT accounts in a month, ledger sign, returns apart."""

    month: Month
    output: Decimal
    input: Decimal
    returned: Decimal


def report_books(
    states: Collection[BooksState], since: Month, until: Month, also: Collection[AccountId] = ()
) -> dict[int, ReportBooks]:
    """Whole books by connection, months from `since` to `until` apart. One statement for them all.

    since is moved back to the start of the financial year it lies in. also: accounts wanted though
    nothing has moved on them, as those of a budget.
    """
    usable = [state for state in states if state.is_usable and state.anchor_date is not None]
    starts = [_since(state, since) for state in usable]
    accounts: dict[int, dict[AccountId, Account]] = {each.connection_id: {} for each in usable}
    openings: dict[int, dict[AccountId, Decimal]] = {each.connection_id: {} for each in usable}
    moved: dict[int, dict[AccountId, dict[Month, Decimal]]] = {
        each.connection_id: {} for each in usable
    }
    controls: dict[int, dict[AccountId, str]] = {each.connection_id: {} for each in usable}
    for connection, id_, number, name, type_, control, opening, months, amounts in fetch_all(
        _BOOKS,
        {
            "connections": [each.connection_id for each in usable],
            "since": [start.first_day for start in starts],
            "until": [until.first_day] * len(usable),
            "also": list(also),
        },
    ):
        if type_ is None:
            # a posting came before the account it is on: the next sync brings it
            raise UnknownAccountError((id_,))
        accounts[connection][id_] = Account(id_, number, name, AccountType(type_))
        if control:
            controls[connection][id_] = control
        if opening is not None:
            openings[connection][id_] = opening
        if months is not None:
            moved[connection][id_] = dict(
                zip((Month(day.year, day.month) for day in months), amounts, strict=True)
            )
    return {
        state.connection_id: ReportBooks(
            state,
            MonthBooks.of(
                Books(
                    accounts[state.connection_id],
                    state.anchor_date or date.min,
                    openings[state.connection_id],
                    moved[state.connection_id],
                    years_through(state, until.last_day) or _NO_YEARS,
                    state.conversion_date,
                ),
                restarts=state.results_restart,
            ),
            controls[state.connection_id],
        )
        for state in usable
    }


def _since(state: BooksState, since: Month) -> Month:
    """The start of the financial year that holds the month: years are asked for whole."""
    year = state.year_of(since)
    return min(since, year.first_month) if year is not None else since


def proved_months(
    connection_ids: Collection[int], first: Month, last: Month
) -> dict[int, dict[Month, ProvedMonth]]:
    """What the last proof of each month said, with where it differed. One statement."""
    found: dict[int, dict[Month, ProvedMonth]] = {id_: {} for id_ in connection_ids}
    for connection, month, state, differences in fetch_all(
        _PROOFS,
        {
            "connections": list(connection_ids),
            "first": first.first_day,
            "last": last.first_day,
        },
    ):
        found[connection][Month.of(month)] = ProvedMonth(
            MonthState(state),
            tuple(
                (str(one["account_id"]), Decimal(one["ours"]), Decimal(one["source"]))
                for one in json.loads(differences)
            ),
        )
    return found


def item_snapshots(connection_id: int) -> tuple[OpenSnapshot, ...]:
    """The newest snapshot of open items of each side and day, newest days first."""
    rows = fetch_all(_SNAPSHOTS, {"connection": connection_id})
    return tuple(OpenSnapshot(*row) for row in rows)


def aged_items(snapshot_id: int) -> tuple[AgedItem, ...]:
    """The open items of a snapshot."""
    return tuple(AgedItem(*row) for row in fetch_all(_ITEMS, {"snapshot": snapshot_id}))


def result_by_dimension(
    connection_id: int, kind: str, first: date, last: date
) -> dict[tuple[AccountId, str], Decimal]:
    """What result accounts moved between the days, by account and the dimension's code."""
    statement = _BY_DIMENSION.format(column=_DIMENSION_COLUMNS[kind], still=STILL)
    asked = {"connection": connection_id, "first": first, "last": last}
    return {(account, code): amount for account, code, amount in fetch_all(statement, asked)}


def dimension_names(connection_id: int, kind: str) -> dict[str, str]:
    """The name of each department or project, by code."""
    return dict(fetch_all(_DIMENSION_NAMES, {"connection": connection_id, "kind": kind}))


def vat_months(connection_id: int, first: date, last: date) -> dict[Month, VatMonth]:
    """What moved on the VAT accounts, month by month. One statement."""
    sums: dict[Month, list[Decimal]] = {}
    for day, digits, is_return, amount in fetch_all(
        _VAT, {"connection": connection_id, "first": first, "last": last}
    ):
        held = sums.setdefault(Month.of(day), [Decimal("0.00")] * 3)
        held[2 if is_return else int(digits == "271")] += amount
    return {month: VatMonth(month, *held) for month, held in sums.items()}


def moved_since(connection_id: int, asked: Collection[tuple[int, int, Month]]) -> frozenset[int]:
    """Of (key, landing, month): the keys for which a balance through the month has moved since."""
    rows = fetch_all(
        _MOVED,
        {
            "connection": connection_id,
            "keys": [key for key, _landing, _month in asked],
            "landings": [landing for _key, landing, _month in asked],
            "months": [month.first_day for _key, _landing, month in asked],
        },
    )
    return frozenset(row[0] for row in rows)


def year_results(
    wanted: Collection[tuple[int, date, date]], month: Month
) -> dict[int, tuple[Decimal, Decimal]]:
    """The result of the year through the month, and of the same months last year, by connection.

    wanted: connection, first day of its financial year, its anchor. Ledger sign, so that a profit
    is negative; appropriations are no part of it. One statement, whatever the number. What is not
    held counts nought here: the caller knows how far the books reach.
    """
    rows = fetch_all(
        _YEAR_RESULTS,
        {
            "connections": [connection for connection, _start, _anchor in wanted],
            "starts": [start for _connection, start, _anchor in wanted],
            "anchors": [anchor for _connection, _start, anchor in wanted],
            "month": month.first_day,
        },
    )
    return {connection: (this_year, last_year) for connection, this_year, last_year in rows}
