"""Lists of vouchers. Grouped from the period's postings, reached account by account."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from klientbro.domain.periods import Month, Period
from klientbro.ledger.queries.sql import (
    Parameters,
    Record,
    containing,
    fetch_all,
    fetch_one,
    pages_of,
)
from klientbro.ledger.rows import (
    BooksState,
    LateChange,
    LateChangePage,
    VoucherFilter,
    VoucherPage,
    VoucherRow,
)

PAGE_SIZE = 100
CHUNK = 2000

_GROUPED = """
select p.voucher_id, p.voucher_no, min(p.voucher_series), min(p.voucher_type),
       min(p.posting_date) as day, coalesce(min(p.voucher_text), min(p.text), ''), count(*),
       coalesce(sum(p.amount) filter (where p.amount > 0), 0), bool_or(p.is_reversed),
       bool_or(p.reverses_voucher_no is not null)
"""
_MATCHING = """
group by p.voucher_id, p.voucher_no
having (%(type)s = '' or min(p.voucher_type) = %(type)s)
   and (%(text)s = '' or bool_or(p.text ilike %(pattern)s)
        or bool_or(p.voucher_text ilike %(pattern)s))
"""
# There is no index on the date alone (a million rows would pay for it at every landing): the
# accounts that moved in the period are few, and each has its postings by date.
_IN_PERIOD = f"""
{_GROUPED}
from (select distinct account_id from ledger_balance
      where connection_id = %(connection)s and month between %(first)s and %(last)s) a
cross join lateral (
  select * from ledger_posting p
  where p.connection_id = %(connection)s and p.account_id = a.account_id
    and p.posting_date between %(first)s and %(last)s and p.known_to = 2147483647
) p
{_MATCHING}
"""  # noqa: S608 constants only
_NUMBERED = f"""
{_GROUPED}
from ledger_posting p
where p.connection_id = %(connection)s and p.voucher_no = %(number)s
  and p.known_to = 2147483647
{_MATCHING}
"""
_PAGED = """
select *, count(*) over () from found
order by day desc, voucher_no desc, voucher_id
limit %(size)s offset %(skip)s
"""
_LATE = """
select distinct voucher_id from ledger_late_change
where connection_id = %(connection)s and voucher_id = any(%(vouchers)s::text[])
"""
LATE_COLUMNS = """
select id, landing, month, voucher_id, voucher_no, reason, source_created_at, late_after,
       lock_date, result_effect, found_at, term_first, term_last, vat_return_no, vat_return_id,
       lock_opening
from ledger_late_change
"""
_LATE_SOME = """
where connection_id = %(connection)s
  and (%(month)s::date is null or month = %(month)s)
  and (%(voucher)s::text is null or voucher_id = %(voucher)s)
"""
_LATE_PAGE = f"""
{LATE_COLUMNS} {_LATE_SOME} order by found_at desc, id desc limit %(size)s offset %(skip)s
"""
_LATE_COUNT = f"select count(*) from ledger_late_change {_LATE_SOME}"  # noqa: S608 constants


def vouchers(
    state: BooksState,
    period: Period,
    narrowed: VoucherFilter | None = None,
    page: int = 1,
    page_size: int = PAGE_SIZE,
) -> VoucherPage:
    """A page of the period's vouchers, newest first. A number is looked for in every period.

    Two statements.
    """
    narrowed = narrowed or VoucherFilter()
    statement, parameters = _list(state, period, narrowed)
    # One statement gives rows and count; a page beyond the last comes back empty, without a count.
    page = max(page, 1)
    records = _page(statement, parameters, page, page_size)
    if not records and page > 1:
        first = _page(statement, parameters, 1, page_size)
        page = pages_of(first[0][-1] if first else 0, page_size)
        records = first if page == 1 else _page(statement, parameters, page, page_size)
    total_rows = records[0][-1] if records else 0
    late = _late_vouchers(state, records)
    return VoucherPage(
        rows=tuple(_voucher_row(record, late) for record in records),
        page=page,
        pages=pages_of(total_rows, page_size),
        total_rows=total_rows,
    )


def _page(statement: str, parameters: Parameters, page: int, size: int) -> list[Record]:
    return fetch_all(statement, parameters | {"size": size, "skip": (page - 1) * size})


def every_voucher(
    state: BooksState, period: Period, narrowed: VoucherFilter | None = None
) -> Iterator[VoucherRow]:
    """All of them through a server-side cursor, for an export. Needs an open transaction."""
    statement, parameters = _list(state, period, narrowed or VoucherFilter())
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, parameters | {"size": None, "skip": 0})
        while records := cursor.fetchmany(CHUNK):
            late = _late_vouchers(state, records)
            yield from (_voucher_row(record, late) for record in records)


def late_changes(
    connection_id: int, month: Month | None = None, page: int = 1, page_size: int = PAGE_SIZE
) -> LateChangePage:
    """What changed after locking, newest first. Two statements."""
    parameters: Parameters = {
        "connection": connection_id,
        "month": month.first_day if month else None,
        "voucher": None,
    }
    counted = fetch_one(_LATE_COUNT, parameters)
    total_rows = counted[0] if counted else 0
    pages = pages_of(total_rows, page_size)
    page = min(max(page, 1), pages)
    records = fetch_all(
        _LATE_PAGE, parameters | {"size": page_size, "skip": (page - 1) * page_size}
    )
    return LateChangePage(tuple(late_change_from(r) for r in records), page, pages, total_rows)


def late_changes_of_voucher(connection_id: int, voucher_id: str) -> tuple[LateChange, ...]:
    """Every note on one voucher, newest first. One statement."""
    records = fetch_all(
        _LATE_PAGE,
        {
            "connection": connection_id,
            "month": None,
            "voucher": voucher_id,
            "size": None,
            "skip": 0,
        },
    )
    return tuple(late_change_from(record) for record in records)


def _list(state: BooksState, period: Period, narrowed: VoucherFilter) -> tuple[str, Parameters]:
    chosen = _IN_PERIOD if narrowed.number is None else _NUMBERED
    statement = f"with found as ({chosen}) {_PAGED}"
    return statement, {
        "connection": state.connection_id,
        "first": period.first_day,
        "last": period.last_day,
        "number": narrowed.number,
        "type": narrowed.type,
        "text": narrowed.text,
        "pattern": containing(narrowed.text),
    }


def _late_vouchers(state: BooksState, records: list[Record]) -> set[str]:
    found = fetch_all(
        _LATE,
        {"connection": state.connection_id, "vouchers": [record[0] for record in records]},
    )
    return {voucher_id for (voucher_id,) in found}


def _voucher_row(record: Record, late: set[str]) -> VoucherRow:
    values = [*record[:10], record[0] in late]
    return VoucherRow(*values)


def late_change_from(record: Record) -> LateChange:
    """A late change from its columns."""
    id_, landing, month, *rest = record
    return LateChange(id_, landing, Month.of(month), *rest)
