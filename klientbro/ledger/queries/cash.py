"""What a cash forecast asks of the ledger: the bank, what went through it, duties, open items.

Each is one statement. An opening is the source's balance at the anchor less what is held until
then, so opening and every movement held sum to a balance. Vouchers that touch a bank account are
read by their other lines: what the money was for. One between two bank accounts has none.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.accounts import AccountType
from klientbro.ledger.queries.sql import STILL, fetch_all

_BANK = f"""
select a.source_id, a.number, a.name, b.account_id is not null,
  coalesce((select sum(o.amount) from ledger_opening o where o.connection_id = a.connection_id
            and o.account_id = a.source_id and o.known_to = {STILL}), 0)
  + coalesce((select sum(k.amount) from ledger_balance k where k.connection_id = a.connection_id
              and k.account_id = a.source_id and k.month < date_trunc('month', %(day)s::date)), 0)
  + coalesce((select sum(p.amount) from ledger_posting p where p.connection_id = a.connection_id
              and p.account_id = a.source_id and p.known_to = {STILL}
              and p.posting_date between date_trunc('month', %(day)s::date) and %(day)s), 0)
from ledger_account a
left join (select distinct account_id from ledger_bank_account
           where connection_id = %(connection)s and gone_landing is null) b
  on b.account_id = a.source_id
where a.connection_id = %(connection)s and a.closed_at is null and a.type in ('asset', 'liability')
  and (b.account_id is not null or a.number ~ '^19[2-9]')
order by a.number_key, a.source_id
"""  # noqa: S608 constants only

_FLOWS = f"""
with through as materialized (
  select distinct p.voucher_no, p.voucher_id from ledger_posting p
  where p.connection_id = %(connection)s and p.account_id = any(%(bank)s::text[])
    and p.posting_date between %(first)s and %(last)s and p.known_to = {STILL}
)
select p.posting_date, -p.amount, a.number, a.type, a.control, p.voucher_no,
       coalesce(p.customer_no, p.supplier_no, ''), coalesce(nullif(p.text, ''), p.voucher_text, '')
from through t
join ledger_posting p on p.connection_id = %(connection)s and p.voucher_no = t.voucher_no
  and p.known_to = {STILL} and p.voucher_id = t.voucher_id
join ledger_account a on a.connection_id = p.connection_id and a.source_id = p.account_id
where p.account_id <> all(%(bank)s::text[])
order by p.posting_date, p.voucher_no, p.source_id
"""  # noqa: S608 constants only

_MOVES = f"""
select a.source_id, a.number, a.type, k.month, sum(k.amount)
from ledger_account a
join ledger_balance k on k.connection_id = a.connection_id and k.account_id = a.source_id
where a.connection_id = %(connection)s
  and (a.number like '2%%' or (a.number like '50%%' and a.type = 'expense'))
group by 1, 2, 3, 4
union all
select a.source_id, a.number, a.type, null, o.amount
from ledger_account a join ledger_opening o on o.connection_id = a.connection_id
  and o.account_id = a.source_id and o.known_to = {STILL}
where a.connection_id = %(connection)s and a.number like '2%%'
"""  # noqa: S608 constants only

_RETURNS = f"""
select a.number, p.posting_date, p.voucher_no, sum(p.amount)
from ledger_account a
cross join lateral (
  select * from ledger_posting p
  where p.connection_id = a.connection_id and p.account_id = a.source_id
    and p.posting_date >= %(first)s and p.known_to = {STILL} and p.voucher_type = 'vat_return'
  offset 0
) p
where a.connection_id = %(connection)s and a.number like '27%%'
group by 1, 2, 3
"""  # noqa: S608 constants only

_ITEMS = """
select s.side, s.as_of, s.landing, i.source_id, coalesce(i.party_no, ''),
       coalesce(i.party_name, ''), i.balance, i.due_date, i.posting_date, i.voucher_no,
       coalesce(i.invoice_no, '')
from (
  select distinct on (side) side, id, as_of, landing from ledger_item_snapshot
  where connection_id = %(connection)s and as_of <= %(day)s
  order by side, as_of desc, id desc
) s left join ledger_item i on i.snapshot_id = s.id
"""

_SINCE = f"""
select a.control, coalesce(p.customer_no, p.supplier_no, ''), p.posting_date, sum(p.amount),
       p.voucher_no, coalesce(max(r.name), '')
from unnest(%(sides)s::text[], %(landings)s::int[], %(days)s::date[]) as w(side, landing, as_of)
join ledger_account a on a.connection_id = %(connection)s and a.control = w.side
cross join lateral (
  select * from ledger_posting p
  where p.connection_id = a.connection_id and p.account_id = a.source_id
    and p.posting_date between w.as_of - 92 and %(day)s and p.known_to = {STILL}
    and p.known_from > w.landing
  offset 0
) p
left join ledger_party r on r.connection_id = a.connection_id and r.kind = a.control
  and r.number = coalesce(p.customer_no, p.supplier_no)
group by 1, 2, 3, 5
having sum(p.amount) <> 0
"""  # noqa: S608 constants only

_INVOICES = f"""
select coalesce(p.customer_no, ''), p.posting_date, p.amount, p.voucher_no
from ledger_account a
cross join lateral (
  select * from ledger_posting p
  where p.connection_id = a.connection_id and p.account_id = a.source_id
    and p.posting_date between %(first)s and %(last)s and p.known_to = {STILL}
  offset 0
) p
where a.connection_id = %(connection)s and a.control = 'customer' and p.customer_no is not null
"""  # noqa: S608 constants only

# One snapshot a week tells the due dates of nearly every invoice.
_DUE_DATES = """
select distinct coalesce(i.party_no, ''), i.voucher_no, i.posting_date, i.due_date
from (
  select distinct on (date_trunc('week', as_of)) id from ledger_item_snapshot
  where connection_id = %(connection)s and side = 'customer' and as_of >= %(first)s
  order by date_trunc('week', as_of), as_of desc, id desc
) s join ledger_item i on i.snapshot_id = s.id
where i.voucher_no is not null and i.due_date is not null
"""

_DAILY = f"""
select p.account_id, p.posting_date, sum(p.amount) from ledger_posting p
where p.connection_id = %(connection)s and p.account_id = any(%(bank)s::text[])
  and p.posting_date between %(first)s and %(last)s and p.known_to = {STILL}
group by 1, 2
"""  # noqa: S608 constants only

_NAMES = """
select kind, number, name from ledger_party
where connection_id = %(connection)s and number = any(%(numbers)s::text[])
"""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """A bank account of the books, with what it stands at when a day has ended."""

    id: str
    number: str
    name: str
    is_told: bool  # the source itself names it as a bank account
    balance: Decimal


@dataclass(frozen=True, slots=True)
class CashFlow:
    """A line on the other side of the bank: in is positive."""

    day: date
    amount: Decimal
    account: str
    type: AccountType
    control: str | None
    voucher_no: int
    party: str
    text: str


@dataclass(frozen=True, slots=True)
class AccountMove:
    """An account's movement in a month; month None: what it opened with."""

    account_id: str
    number: str
    type: AccountType
    month: date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ReturnLine:
    """What a VAT return's settlement voucher moved on one account."""

    number: str
    day: date
    voucher_no: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An open item of the newest snapshot of its side."""

    id: str
    party: str
    name: str
    balance: Decimal
    due: date | None
    posted: date | None
    voucher_no: int | None
    invoice_no: str


@dataclass(frozen=True, slots=True)
class ItemRows:
    """The newest items of one side, and when they were read."""

    as_of: date
    landing: int
    rows: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class SinceRow:
    """What a voucher has moved for a party on a control account after the items were read."""

    side: str
    party: str
    day: date
    amount: Decimal
    voucher_no: int
    name: str


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """A posting on the customers' control account."""

    party: str
    day: date
    amount: Decimal
    voucher_no: int


def bank_accounts(connection_id: int, day: date) -> list[BankAccount]:
    """Every account that may count as bank, with its balance when the day has ended."""
    rows = fetch_all(_BANK, {"connection": connection_id, "day": day})
    return [BankAccount(*row) for row in rows]


def cash_flows(
    connection_id: int, bank: Collection[str], first: date, last: date
) -> list[CashFlow]:
    """Everything through the bank between the days, by what it was for."""
    asked = {"connection": connection_id, "bank": list(bank), "first": first, "last": last}
    return [
        CashFlow(day, amount, number, AccountType(type_), control, voucher, party, text)
        for day, amount, number, type_, control, voucher, party, text in fetch_all(_FLOWS, asked)
    ]


def duty_moves(connection_id: int) -> list[AccountMove]:
    """Movements by month on debts, and on wages as expense, and what they opened with."""
    rows = fetch_all(_MOVES, {"connection": connection_id})
    return [AccountMove(row[0], row[1], AccountType(row[2]), row[3], row[4]) for row in rows]


def return_lines(connection_id: int, first: date) -> list[ReturnLine]:
    """What returns have moved on the VAT accounts since the day."""
    rows = fetch_all(_RETURNS, {"connection": connection_id, "first": first})
    return [ReturnLine(*row) for row in rows]


def newest_items(connection_id: int, day: date) -> dict[str, ItemRows]:
    """The newest open items on or before the day, by side; sides never read are left out."""
    held: dict[str, tuple[date, int, list[ItemRow]]] = {}
    for row in fetch_all(_ITEMS, {"connection": connection_id, "day": day}):
        _as_of, _landing, items = held.setdefault(row[0], (row[1], row[2], []))
        if row[3] is not None:
            items.append(ItemRow(*row[3:]))
    return {side: ItemRows(day_, at, tuple(items)) for side, (day_, at, items) in held.items()}


def posted_since(connection_id: int, items: dict[str, ItemRows], day: date) -> list[SinceRow]:
    """What has landed on the control accounts after each side's items were read, until the day."""
    asked = {
        "connection": connection_id,
        "sides": list(items),
        "landings": [one.landing for one in items.values()],
        "days": [one.as_of for one in items.values()],
        "day": day,
    }
    return [SinceRow(*row) for row in fetch_all(_SINCE, asked)]


def customer_postings(connection_id: int, first: date, last: date) -> list[InvoiceRow]:
    """Invoices and what settles them on the customers' control accounts."""
    asked = {"connection": connection_id, "first": first, "last": last}
    return [InvoiceRow(*row) for row in fetch_all(_INVOICES, asked)]


def known_due_dates(connection_id: int, first: date) -> list[tuple[str, int, date | None, date]]:
    """Party, voucher, posting date and due date of customers' items seen since the day."""
    rows = fetch_all(_DUE_DATES, {"connection": connection_id, "first": first})
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def bank_by_day(
    connection_id: int, bank: Collection[str], first: date, last: date
) -> dict[str, dict[date, Decimal]]:
    """What each of the bank accounts moved on each day that has postings, by the account's id."""
    asked = {"connection": connection_id, "bank": list(bank), "first": first, "last": last}
    found: dict[str, dict[date, Decimal]] = {}
    for account_id, day, amount in fetch_all(_DAILY, asked):
        found.setdefault(account_id, {})[day] = amount
    return found


def party_names(connection_id: int, numbers: Collection[str]) -> dict[str, str]:
    """Names of customers and suppliers by number."""
    asked = {"connection": connection_id, "numbers": list(numbers)}
    return {number: name for _kind, number, name in fetch_all(_NAMES, asked)}
