"""What matching asks of the ledger: postings that nothing has met yet, what has changed behind a
match, and which bank account the source itself names."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.accounts import AccountId
from klientbro.domain.money import ZERO
from klientbro.ledger.queries.sql import STILL, Record, fetch_all, fetch_one

_COLUMNS = """
p.source_id, p.account_id, p.posting_date, p.amount, p.voucher_series || p.voucher_no::text,
p.voucher_no, coalesce(nullif(p.text, ''), p.voucher_text, ''),
coalesce(p.customer_no, p.supplier_no, '')
"""

_OPEN = f"""
select {_COLUMNS}
from ledger_posting p
where p.connection_id = %(connection)s and p.account_id = %(account)s and p.known_to = {STILL}
  and p.posting_date between %(first)s and %(last)s and p.amount <> 0
  and p.source_id <> all(%(taken)s::text[])
order by p.posting_date desc, p.source_id
limit %(most)s
"""  # noqa: S608 constants only

_SUM = f"""
select coalesce(sum(p.amount), 0), count(*)
from ledger_posting p
where p.connection_id = %(connection)s and p.account_id = %(account)s and p.known_to = {STILL}
  and p.posting_date between %(first)s and %(last)s
"""  # noqa: S608 constants only

# «>= STILL» lets the index of current ids answer, as the schema says
_NOW = f"""
select {_COLUMNS}
from ledger_posting p
where p.connection_id = %(connection)s and p.known_to >= {STILL}
  and p.source_id = any(%(ids)s::text[])
"""  # noqa: S608 constants only

_CHANGED = f"""
select distinct p.source_id
from ledger_posting p
where p.connection_id = %(connection)s and p.account_id = %(account)s
  and p.known_to < {STILL} and p.known_to > %(landing)s
limit %(most)s
"""  # noqa: S608 constants only

_BANK_ACCOUNTS = """
select number, coalesce(currency, '') from ledger_bank_account
where connection_id = %(connection)s and account_id = %(account)s and gone_landing is null
order by source_id
"""

MOST_CHANGED = 50_000


@dataclass(frozen=True, slots=True)
class OpenPosting:
    """A posting as matching sees it: debit positive."""

    id: str
    account_id: AccountId
    day: date
    amount: Decimal
    voucher: str
    voucher_no: int
    text: str
    party: str


def open_postings(
    connection_id: int,
    account: AccountId,
    first: date,
    last: date,
    taken: Collection[str],
    *,
    most: int,
) -> list[OpenPosting]:
    """The account's postings between two days that are not taken, the newest first."""
    return [
        OpenPosting(*row)
        for row in fetch_all(
            _OPEN,
            {
                "connection": connection_id,
                "account": account,
                "first": first,
                "last": last,
                "taken": list(taken),
                "most": most,
            },
        )
    ]


def postings_sum(
    connection_id: int, account: AccountId, first: date, last: date
) -> tuple[Decimal, int]:
    """What the account moved between two days, and by how many postings."""
    row = fetch_one(
        _SUM, {"connection": connection_id, "account": account, "first": first, "last": last}
    )
    return (row[0], row[1]) if row is not None else (ZERO, 0)


def postings_now(connection_id: int, ids: Collection[str]) -> Mapping[str, OpenPosting]:
    """The postings as they stand, by id, on whatever account they are; those gone are left out."""
    if not ids:
        return {}
    rows: list[Record] = fetch_all(_NOW, {"connection": connection_id, "ids": list(ids)})
    return {row[0]: OpenPosting(*row) for row in rows}


def changed_since(connection_id: int, account: AccountId, landing: int) -> set[str]:
    """Ids of postings on the account of which a version has ended after the landing."""
    return {
        row[0]
        for row in fetch_all(
            _CHANGED,
            {
                "connection": connection_id,
                "account": account,
                "landing": landing,
                "most": MOST_CHANGED,
            },
        )
    }


def bank_accounts(connection_id: int, account: AccountId) -> list[tuple[str, str]]:
    """Numbers and currencies of the bank accounts that the source ties to the ledger account."""
    return [
        (number, currency)
        for number, currency in fetch_all(
            _BANK_ACCOUNTS, {"connection": connection_id, "account": account}
        )
    ]
