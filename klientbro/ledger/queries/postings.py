"""An account's postings, page by page, with a running balance that is right on every page.

The balance a page begins with comes from kept balances up to the page's first month and from the
few rows skipped inside it, so that the last page of a million postings costs what the first does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from django.db import connection

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO
from klientbro.domain.periods import Month, Period
from klientbro.domain.vouchers import running_balance
from klientbro.ledger.queries.accounts import account as account_row
from klientbro.ledger.queries.sql import (
    Parameters,
    Record,
    containing,
    fetch_all,
    fetch_one,
    pages_of,
)
from klientbro.ledger.queries.trial_balances import trial_balance_of
from klientbro.ledger.rows import AccountRow, BooksState, PostingFilter, PostingPage, PostingRow

PAGE_SIZE = 100
CHUNK = 2000

_ROW = """
p.source_id, p.posting_date, p.voucher_id, p.voucher_no, p.voucher_type,
coalesce(nullif(p.text, ''), p.voucher_text, ''),
coalesce(p.customer_no, p.supplier_no, ''), coalesce(p.vat_code, ''),
coalesce(p.department_code, ''), coalesce(p.project_code, ''),
coalesce(p.currency, ''), p.currency_amount, p.amount,
case when p.customer_no is not null then 'customer'
     when p.supplier_no is not null then 'supplier' end
"""
_SOME = """
from ledger_posting p
where p.connection_id = %(connection)s and p.account_id = %(account)s
  and p.posting_date between %(first)s and %(last)s and p.known_to = 2147483647
"""
_ORDER = "order by p.posting_date, p.voucher_no, p.source_id"
_NARROWED = """
  and (%(voucher)s::bigint is null or p.voucher_no = %(voucher)s)
  and (%(smallest)s::numeric is null or abs(p.amount) >= %(smallest)s)
  and (%(largest)s::numeric is null or abs(p.amount) <= %(largest)s)
  and (%(department)s = '' or p.department_code = %(department)s)
  and (%(project)s = '' or p.project_code = %(project)s)
  and (%(text)s = '' or p.text ilike %(pattern)s or p.voucher_text ilike %(pattern)s
       or p.customer_no in (select number from ledger_party where connection_id = %(connection)s
                            and kind = 'customer' and name ilike %(pattern)s)
       or p.supplier_no in (select number from ledger_party where connection_id = %(connection)s
                            and kind = 'supplier' and name ilike %(pattern)s)
       or abs(p.amount) = %(number)s::numeric
       or (p.voucher_no = %(number)s::numeric))
"""
_MONTHS = """
select month, amount, postings from ledger_balance
where connection_id = %(connection)s and account_id = %(account)s
  and month between %(first)s and %(last)s
order by month
"""
_PAGE = f"select {_ROW} {_SOME} {_ORDER} limit %(size)s offset %(skip)s"
_SKIPPED = f"""
select coalesce(sum(amount), 0) from (select p.amount {_SOME} {_ORDER} limit %(skip)s) skipped
"""  # noqa: S608 constants only
_FOUND = f"select {_ROW} {_SOME} {_NARROWED} {_ORDER} limit %(size)s offset %(skip)s"
_FOUND_TOTALS = f"select count(*), coalesce(sum(p.amount), 0) {_SOME} {_NARROWED}"
_EVERY = f"select {_ROW} {_SOME} {_NARROWED} {_ORDER}"
_PARTIES = """
select kind, number, name from ledger_party
where connection_id = %(connection)s and number = any(%(numbers)s::text[])
"""


def account_postings(
    state: BooksState,
    account_id: AccountId,
    period: Period,
    narrowed: PostingFilter | None = None,
    page: int = 1,
    page_size: int = PAGE_SIZE,
) -> PostingPage | None:
    """A page of the account's postings in the period; None when there is no such account.

    Ordered by date, voucher number and source id. Narrowed, it has a sum and no running balance.
    Nine statements whole, ten narrowed at the most, whatever the number of postings.
    """
    account = account_row(state.connection_id, account_id)
    if account is None:
        return None
    period = within_books(state, account, period)
    opening, closing = _around(state, account_id, period)
    parameters = _parameters(state, account_id, period, narrowed)
    if narrowed is not None and not narrowed.is_empty:
        return _found_page(state, account, period, opening, closing, parameters, page, page_size)

    months = fetch_all(_MONTHS, parameters)
    total_rows = sum(postings for _, _, postings in months)
    pages = pages_of(total_rows, page_size)
    page = min(max(page, 1), pages)
    skip = (page - 1) * page_size
    first_month, before, skip = _month_at(months, skip)
    parameters |= {"skip": skip, "size": page_size}
    if first_month is not None:
        parameters["first"] = max(first_month.first_day, period.first_day)
    skipped = fetch_one(_SKIPPED, parameters)
    brought_forward = (
        None if opening is None else opening + before + (skipped[0] if skipped else ZERO)
    )
    rows = _with_parties(state.connection_id, fetch_all(_PAGE, parameters))
    if brought_forward is not None:
        balances = running_balance(brought_forward, (row.amount for row in rows))
        rows = [replace(row, balance=balance) for row, balance in zip(rows, balances, strict=True)]
    return PostingPage(
        account=account,
        period=period,
        opening=opening,
        closing=closing,
        rows=tuple(rows),
        page=page,
        pages=pages,
        total_rows=total_rows,
        total_amount=sum((amount for _, amount, _ in months), ZERO),
        brought_forward=brought_forward,
        is_filtered=False,
        is_whole=state.is_covered(period.first),
    )


def every_posting(
    state: BooksState, account_id: AccountId, period: Period, narrowed: PostingFilter | None = None
) -> Iterator[PostingRow]:
    """All of them through a server-side cursor, for an export. Needs an open transaction."""
    account = account_row(state.connection_id, account_id)
    if account is None:
        return
    period = within_books(state, account, period)
    is_whole = narrowed is None or narrowed.is_empty
    opening = _around(state, account_id, period)[0] if is_whole else None
    parameters = _parameters(state, account_id, period, narrowed)
    balance = opening
    with connection.chunked_cursor() as cursor:
        cursor.execute(_EVERY, parameters)
        while records := cursor.fetchmany(CHUNK):
            for row in _with_parties(state.connection_id, records):
                if balance is not None:
                    balance += row.amount
                yield replace(row, balance=balance)


def within_books(state: BooksState, account: AccountRow, period: Period) -> Period:
    """The period as the account can show it.

    A result account begins every financial year at zero, so its running balance has no meaning
    across a year end: the list then begins with the year its period ends in.
    """
    if account.type.is_balance_sheet or not state.results_restart:
        return period
    year = state.year_of(period.last)
    if year is None or period.first >= year.first_month:
        return period
    return Period(year.first_month, period.last)


def _found_page(
    state: BooksState,
    account: AccountRow,
    period: Period,
    opening: Decimal | None,
    closing: Decimal | None,
    parameters: Parameters,
    page: int,
    page_size: int,
) -> PostingPage:
    totals = fetch_one(_FOUND_TOTALS, parameters) or (0, ZERO)
    pages = pages_of(totals[0], page_size)
    page = min(max(page, 1), pages)
    parameters |= {"skip": (page - 1) * page_size, "size": page_size}
    return PostingPage(
        account=account,
        period=period,
        opening=opening,
        closing=closing,
        rows=tuple(_with_parties(state.connection_id, fetch_all(_FOUND, parameters))),
        page=page,
        pages=pages,
        total_rows=totals[0],
        total_amount=totals[1],
        brought_forward=None,
        is_filtered=True,
        is_whole=state.is_covered(period.first),
    )


def _around(
    state: BooksState, account_id: AccountId, period: Period
) -> tuple[Decimal | None, Decimal | None]:
    """The account's balances around the period, by the trial balance's own rule."""
    sheet = trial_balance_of(state, period, include_unused=True, accounts=[account_id])
    if sheet is None:
        return None, None
    for row in sheet.rows:
        if row.account is not None:
            return row.figures.opening, row.figures.closing
    return None, None


def _month_at(months: list[Record], skip: int) -> tuple[Month | None, Decimal, int]:
    """The month the page begins in, the movement of the months before, and rows left to skip."""
    before = ZERO
    for month, amount, postings in months:
        if skip < postings:
            return Month.of(month), before, skip
        before += amount
        skip -= postings
    return None, ZERO, 0


def _parameters(
    state: BooksState, account_id: AccountId, period: Period, narrowed: PostingFilter | None
) -> Parameters:
    narrowed = narrowed or PostingFilter()
    return {
        "connection": state.connection_id,
        "account": account_id,
        "first": period.first_day,
        "last": period.last_day,
        "voucher": narrowed.voucher_no,
        "smallest": narrowed.smallest,
        "largest": narrowed.largest,
        "department": narrowed.department,
        "project": narrowed.project,
        "text": narrowed.text,
        "pattern": containing(narrowed.text),
        "number": narrowed.number,
    }


def _with_parties(connection_id: int, records: list[Record]) -> list[PostingRow]:
    """The rows with the names of customers and suppliers for their numbers."""
    names = party_names(connection_id, {record[6] for record in records if record[6]})
    return [_posting(record, names) for record in records]


def _posting(record: Record, names: Mapping[tuple[str, str], str]) -> PostingRow:
    party = names.get((record[13], record[6]), record[6])
    values = [*record[:6], party, *record[7:13]]
    return PostingRow(*values)


def party_names(connection_id: int, numbers: set[str]) -> dict[tuple[str, str], str]:
    """Names by (customer or supplier, number)."""
    parameters: Parameters = {"connection": connection_id, "numbers": sorted(numbers)}
    return {(kind, number): name for kind, number, name in fetch_all(_PARTIES, parameters)}
