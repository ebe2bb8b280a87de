"""What reconciliation asks of the ledger: the chart with its marks, what has moved since a landing,
and the sub-ledger at a day."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from klientbro.domain.accounts import Account, AccountId, AccountType
from klientbro.domain.periods import Month
from klientbro.domain.reconciliation.sign_offs import MovedTo, SignedPosting
from klientbro.ledger.queries.sql import STILL, fetch_all, fetch_one

_CHART = """
select a.source_id, a.number, a.name, a.type, a.control,
       exists (select from ledger_bank_account b where b.connection_id = a.connection_id
               and b.account_id = a.source_id),
       exists (select from ledger_balance b where b.connection_id = a.connection_id
               and b.account_id = a.source_id and b.month = %(month)s and b.postings <> 0),
       a.closed_at is not null
from ledger_account a
where a.connection_id = %(connection)s
order by a.number_key, a.source_id
"""

_POSTING = """
p.account_id, p.source_id, p.posting_date, p.amount, p.voucher_series || p.voucher_no::text,
coalesce(p.text, ''), coalesce(p.vat_code, ''),
coalesce(p.customer_no, '') || '/' || coalesce(p.supplier_no, ''),
coalesce(p.department_code, '') || '/' || coalesce(p.project_code, '')
"""

# Only versions that came or went after each account's landing: the others are the same on both
# sides, however many they are.
_TOUCHED = f"""
select {_POSTING}, p.known_from, p.known_to, w.landing, l.landed_at
from unnest(%(accounts)s::text[], %(landings)s::int[]) as w(account_id, landing)
join ledger_posting p on p.connection_id = %(connection)s and p.account_id = w.account_id
  and p.posting_date between %(first)s and %(last)s
  and (p.known_from > w.landing or (p.known_to > w.landing and p.known_to < {STILL}))
left join ledger_landing l on l.connection_id = p.connection_id
  and l.number = case when p.known_to = {STILL} then p.known_from else p.known_to end
"""  # noqa: S608 constants only

_NOW_AT = """
select p.source_id, p.posting_date, p.account_id, a.number
from ledger_posting p
left join ledger_account a on a.connection_id = p.connection_id and a.source_id = p.account_id
where p.connection_id = %(connection)s and p.known_to >= 2147483647
  and p.source_id = any(%(ids)s::text[])
"""

_OF_MONTH = f"""
select p.posting_date, p.voucher_series || p.voucher_no::text, p.voucher_no, p.voucher_id,
       coalesce(p.text, ''), p.amount
from ledger_posting p
where p.connection_id = %(connection)s and p.account_id = %(account)s and p.known_to = {STILL}
  and p.posting_date between %(first)s and %(last)s
order by p.posting_date, p.source_id
limit %(most)s
"""  # noqa: S608 constants only

_ITEMS_AT = """
select distinct on (side) side, id, as_of, taken_at, landing, items, total, control_total
from ledger_item_snapshot
where connection_id = %(connection)s and as_of = %(as_of)s
order by side, id desc
"""

_CREDITED = f"""
select a.number, p.posting_date, -sum(p.amount)
from ledger_account a
cross join lateral (
  select * from ledger_posting p
  where p.connection_id = %(connection)s and p.account_id = a.source_id
    and p.posting_date between %(first)s and %(last)s and p.known_to = {STILL} and p.amount < 0
  offset 0
) p
where a.connection_id = %(connection)s and left(a.number, 4) = any(%(numbers)s)
group by 1, 2
"""  # noqa: S608 constants only

_PROVED = """
select state from ledger_month where connection_id = %(connection)s and month = %(month)s
"""


@dataclass(frozen=True, slots=True)
class ChartAccount:
    """An account with what the source itself says of its use."""

    account: Account
    control: str | None
    is_bank_account: bool
    has_postings: bool = False  # in the month asked about
    is_closed: bool = False  # gone from the source and taken away by «Slett gamle kontoer»


@dataclass(frozen=True, slots=True)
class Touched:
    """What came and went on some accounts in a month after a landing.

    before, after: by account, only the versions that differ. elsewhere: where postings that left
    now stand. at: when the newest of it landed, by account.
    """

    before: dict[AccountId, tuple[SignedPosting, ...]]
    after: dict[AccountId, tuple[SignedPosting, ...]]
    elsewhere: dict[str, MovedTo]
    at: dict[AccountId, datetime]


@dataclass(frozen=True, slots=True)
class MonthPosting:
    """A posting of an account's month, and the voucher it opens to."""

    day: date
    voucher: str
    voucher_no: int
    voucher_id: str
    text: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ItemSnapshot:
    """The open items of one side at a day."""

    id: int
    side: str
    as_of: date
    taken_at: datetime
    landing: int
    items: int
    total: Decimal
    control_total: Decimal | None


def chart(connection_id: int, month: Month) -> list[ChartAccount]:
    """Every account the chart has had, by number, and whether the month has postings. One
    statement."""
    return [
        ChartAccount(Account(id_, number, name, AccountType(type_)), *marks)
        for id_, number, name, type_, *marks in fetch_all(
            _CHART, {"connection": connection_id, "month": month.first_day}
        )
    ]


def touched_since(connection_id: int, landings: Mapping[AccountId, int], month: Month) -> Touched:
    """What has come and gone on each account in the month since its landing. Two statements."""
    if not landings:
        return Touched({}, {}, {}, {})
    before: dict[AccountId, list[SignedPosting]] = {}
    after: dict[AccountId, list[SignedPosting]] = {}
    newest: dict[AccountId, datetime] = {}
    for row in fetch_all(
        _TOUCHED,
        {
            "connection": connection_id,
            "accounts": list(landings),
            "landings": list(landings.values()),
            "first": month.first_day,
            "last": month.last_day,
        },
    ):
        known_from, known_to, landing, landed_at = row[9:]
        if known_from <= landing:
            before.setdefault(row[0], []).append(SignedPosting(*row[1:9]))
        elif known_to == STILL:
            after.setdefault(row[0], []).append(SignedPosting(*row[1:9]))
        else:
            continue  # came and went again between the two looks
        if landed_at is not None:
            newest[row[0]] = max(landed_at, newest.get(row[0], landed_at))
    gone = {posting.id for held in before.values() for posting in held}
    return Touched(
        before={account: tuple(held) for account, held in before.items()},
        after={account: tuple(held) for account, held in after.items()},
        elsewhere=_elsewhere(connection_id, gone, before) if gone else {},
        at=newest,
    )


def _elsewhere(
    connection_id: int, ids: Collection[str], before: dict[AccountId, list[SignedPosting]]
) -> dict[str, MovedTo]:
    was = {posting.id: account for account, held in before.items() for posting in held}
    return {
        source_id: MovedTo(day, number if account_id != was[source_id] else None)
        for source_id, day, account_id, number in fetch_all(
            _NOW_AT, {"connection": connection_id, "ids": list(ids)}
        )
    }


def postings_of_month(
    connection_id: int, account: AccountId, first: date, last: date, *, most: int
) -> list[MonthPosting]:
    """The account's postings between two days, as they stand."""
    return [
        MonthPosting(*row)
        for row in fetch_all(
            _OF_MONTH,
            {
                "connection": connection_id,
                "account": account,
                "first": first,
                "last": last,
                "most": most,
            },
        )
    ]


def items_at(connection_id: int, as_of: date) -> dict[str, ItemSnapshot]:
    """The newest snapshot of each side at the day, by side. One statement."""
    return {
        side: ItemSnapshot(id_, side, day, taken_at, landing, items, total, control_total)
        for side, id_, day, taken_at, landing, items, total, control_total in fetch_all(
            _ITEMS_AT, {"connection": connection_id, "as_of": as_of}
        )
    }


def credited_by_day(
    connection_id: int, numbers: Collection[str], first: date, last: date
) -> list[tuple[str, date, Decimal]]:
    """What has been credited accounts that begin so, by number and day, positive. One statement."""
    asked = {
        "connection": connection_id,
        "numbers": list(numbers),
        "first": first,
        "last": last,
    }
    return [(number, day, amount) for number, day, amount in fetch_all(_CREDITED, asked)]


def is_proved(connection_id: int, month: Month) -> bool:
    """Whether the month stands proved equal to the source now."""
    row = fetch_one(_PROVED, {"connection": connection_id, "month": month.first_day})
    return row is not None and row[0] == "sealed"


_MOVED_BY_MONTH = """
select account_id, month, amount, postings from ledger_balance
where connection_id = %(connection)s and account_id = any(%(accounts)s::text[])
  and month between %(first)s and %(last)s
"""


def moved_by_month(
    connection_id: int, accounts: Collection[AccountId], first: Month, last: Month
) -> dict[AccountId, dict[Month, tuple[Decimal, int]]]:
    """Movement and postings of each account, month by month; months without are not there. One
    statement."""
    found: dict[AccountId, dict[Month, tuple[Decimal, int]]] = {}
    for account, month, amount, postings in fetch_all(
        _MOVED_BY_MONTH,
        {
            "connection": connection_id,
            "accounts": list(accounts),
            "first": first.first_day,
            "last": last.first_day,
        },
    ):
        found.setdefault(account, {})[Month.of(month)] = (amount, postings)
    return found
