"""The chart of accounts, and the quick search among accounts and vouchers."""

from __future__ import annotations

import re

from klientbro.domain.accounts import AccountId, AccountType
from klientbro.ledger.queries.sql import Record, containing, fetch_all, fetch_one
from klientbro.ledger.rows import AccountRow, Findings, ItemTotal, VoucherReference

MOST_ACCOUNTS = 8
MOST_VOUCHERS = 5
_DIGITS = re.compile(r"[0-9]{1,18}", re.ASCII)

_ACCOUNT = """
select source_id, number, name, type, is_active, agriculture_department, control
from ledger_account
"""
_ONE = _ACCOUNT + "where connection_id = %(connection)s and source_id = %(account)s"
_FOUND = (
    _ACCOUNT
    + """
where connection_id = %(connection)s and closed_at is null
  and (number like %(prefix)s or name ilike %(text)s)
order by (number = %(exact)s) desc, (number like %(prefix)s) desc, number_key, source_id
limit %(most)s
"""
)
_VOUCHERS = """
select voucher_id, voucher_no, min(posting_date) from ledger_posting
where connection_id = %(connection)s and voucher_no = %(number)s and known_to = 2147483647
group by voucher_id, voucher_no order by min(posting_date) desc, voucher_id
limit %(most)s
"""
_ITEMS = """
select distinct on (side) side, as_of, taken_at, items, total, control_total
from ledger_item_snapshot where connection_id = %(connection)s
order by side, as_of desc, id desc
"""


def account(connection_id: int, account_id: AccountId) -> AccountRow | None:
    """One account of the chart, also when it was closed."""
    row = fetch_one(_ONE, {"connection": connection_id, "account": account_id})
    return account_from(row) if row else None


def find(connection_id: int, text: str) -> Findings:
    """Accounts by number or name and vouchers by number, for the finder. Two statements."""
    wanted = " ".join(text.split())
    if not wanted:
        return Findings((), ())
    pattern = containing(wanted)
    accounts = fetch_all(
        _FOUND,
        {
            "connection": connection_id,
            "exact": wanted,
            "prefix": pattern.removeprefix("%"),
            "text": pattern,
            "most": MOST_ACCOUNTS,
        },
    )
    vouchers: list[Record] = []
    if _DIGITS.fullmatch(wanted):
        vouchers = fetch_all(
            _VOUCHERS, {"connection": connection_id, "number": int(wanted), "most": MOST_VOUCHERS}
        )
    return Findings(
        tuple(account_from(row) for row in accounts),
        tuple(VoucherReference(*row) for row in vouchers),
    )


def open_item_totals(connection_id: int) -> tuple[ItemTotal, ...]:
    """The newest snapshot of each sub-ledger beside its control accounts. One statement."""
    rows = fetch_all(_ITEMS, {"connection": connection_id})
    return tuple(ItemTotal(*row) for row in rows)


def account_from(row: Record) -> AccountRow:
    """An account from its columns."""
    id_, number, name, type_, is_active, department, control = row
    return AccountRow(id_, number, name, AccountType(type_), is_active, department, control)
