"""The vouchers that wait in the source, as of when they were last asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from klientbro.domain.accounts import AccountId
from klientbro.ledger.queries.sql import fetch_all

_DRAFTS = """
select r.read_at, r.refused_at, d.source_id, d.voucher_type, d.is_in_approval, d.registered_at,
       d.voucher_date, d.account_id, d.amount, d.text
from ledger_draft_reading r left join ledger_draft d on d.connection_id = r.connection_id
where r.connection_id = %(connection)s
order by coalesce(d.voucher_date, (d.registered_at at time zone 'Europe/Oslo')::date), d.source_id
"""


# What is told to be dated after the day is somebody else's; what tells no date may be dated before.
_WAITING = """
select d.connection_id, count(*)
from unnest(%(connections)s::bigint[], %(days)s::date[]) as w(connection_id, day)
join ledger_draft_reading r on r.connection_id = w.connection_id and r.read_at is not null
join ledger_draft d on d.connection_id = w.connection_id
  and (d.voucher_date is null or d.voucher_date <= w.day)
group by 1
"""


@dataclass(frozen=True, slots=True)
class Draft:
    """A voucher that is not posted. What the source does not tell is None."""

    source_id: str
    voucher_type: str
    is_in_approval: bool
    registered_at: datetime | None
    voucher_date: date | None
    account_id: AccountId | None
    amount: Decimal | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Drafts:
    """All that wait. read_at: as of when; None when the list was never read or may not be."""

    read_at: datetime | None
    refused_at: datetime | None
    waiting: tuple[Draft, ...]


def drafts_of(connection_id: int) -> Drafts:
    """What waits, the oldest first. One statement."""
    rows = fetch_all(_DRAFTS, {"connection": connection_id})
    if not rows:
        return Drafts(None, None, ())
    return Drafts(
        rows[0][0], rows[0][1], tuple(Draft(*row[2:]) for row in rows if row[2] is not None)
    )


def waiting_until(days: Mapping[int, date]) -> dict[int, int]:
    """How many vouchers wait that may be dated until a day, by connection; a connection whose list
    is not known, or empty, is not there. One statement."""
    asked = {"connections": list(days), "days": list(days.values())}
    return dict(fetch_all(_WAITING, asked))
