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
  select b.connection_id, b.account_id,
         sum(b.amount) filter (where b.month < w.since) as earlier,
         array_agg(b.month) filter (where b.month >= w.since) as months,
         array_agg(b.amount) filter (where b.month >= w.since) as amounts
  from wanted w join ledger_balance b on b.connection_id = w.connection_id
    and b.month <= w.until
  group by 1, 2
)
select k.connection_id, k.account_id, a.number, a.name, a.type, a.control, k.opening, k.earlier,
       k.months, k.amounts
from (
  select connection_id, account_id, o.amount as opening, m.earlier, m.months, m.amounts
  from (
    select o.connection_id, o.account_id, o.amount from wanted w
    join ledger_opening o on o.connection_id = w.connection_id and o.known_to = {STILL}
  ) o
  full join moved m using (connection_id, account_id)
  union all
  select a.connection_id, a.source_id, null, null, null, null from wanted w
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
  select w.*, array(
    select a.source_id from ledger_account a
    where a.connection_id = w.connection_id and a.type in ('income', 'expense')
      and left(a.number, 2) not in ('88', '89')) as accounts
  from unnest(%(connections)s::bigint[], %(starts)s::date[], %(anchors)s::date[])
    as w(connection_id, year_start, anchor_date)
)
select w.connection_id, m.this_year + coalesce(o.amount, 0), m.last_year
from wanted w cross join lateral (
  select count(*) as months,
         coalesce(sum(b.amount) filter (where b.month >= w.year_start), 0) as this_year,
         coalesce(sum(b.amount) filter (where b.month < w.year_start
           and b.month <= (%(month)s::date - interval '1 year')::date), 0) as last_year
  from ledger_balance b
  where b.connection_id = w.connection_id and b.account_id = any(w.accounts)
    and b.month between (w.year_start - interval '1 year')::date and %(month)s::date
) m left join lateral (  -- books taken over in mid-year: what the year held before
  select o.amount from (
    select sum(o.amount) as amount from ledger_opening o
    where o.connection_id = w.connection_id and o.account_id = any(w.accounts)
      and o.known_to = {STILL}
  ) o where w.anchor_date >= w.year_start
) o on true
where m.months > 0 or o.amount is not null
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

    since is moved back to the start of the financial year it lies in; what moved before it counts
    in the month before. also: accounts wanted though
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
    befores = {
        state.connection_id: start.previous() for state, start in zip(usable, starts, strict=True)
    }
    known_months = _KnownMonths()
    for connection, id_, number, name, type_, control, opening, earlier, days, amounts in fetch_all(
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
        if earlier is not None or days is not None:
            months = moved[connection][id_] = {}
            if earlier is not None:
                months[befores[connection]] = earlier
            months.update(
                zip(map(known_months.__getitem__, days or ()), amounts or (), strict=True)
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


class _KnownMonths(dict[date, Month]):
    """The month of each day asked for: thousands of accounts have moved in the same few."""

    def __missing__(self, day: date) -> Month:
        month = self[day] = Month.of(day)
        return month


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
