"""Vouchers that wait in the source, beside an account, a month or a VAT term they may belong to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from klientbro.domain.accounts import AccountId
from klientbro.domain.vouchers import VoucherType
from klientbro.ledger.queries.drafts import Draft, drafts_of
from klientbro.lib.dates import oslo_date


class Telling(StrEnum):
    """Whether the source's list is known, and if not, why."""

    READ = "read"
    REFUSED = "refused"  # the key may not read it
    UNREAD = "unread"  # not fetched yet
    NEVER = "never"  # the source has no such list


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A voucher that waits, as it is shown."""

    draft: Draft
    type: str  # English source of the voucher type's name
    day: date | None
    is_day_told: bool

    @property
    def is_in_approval(self) -> bool:
        return self.draft.is_in_approval


@dataclass(frozen=True, slots=True)
class DraftList:
    """What waits for a period. later: registered after it, and may belong to it all the same."""

    telling: Telling
    read_at: datetime | None
    until: date
    rows: tuple[DraftRow, ...] = ()
    later: tuple[DraftRow, ...] = ()
    tells_accounts: bool = False

    @property
    def count(self) -> int:
        return len(self.rows) + len(self.later)

    @property
    def in_approval(self) -> int:
        return sum(1 for row in (*self.rows, *self.later) if row.is_in_approval)


def drafts_until(
    connection_id: int,
    until: date,
    *,
    since: date | None = None,
    lists_drafts: bool,
    account_ids: Collection[AccountId] | None = None,
) -> DraftList:
    """What waits for a period that ends on the day; one statement.

    By the voucher's own date where the source tells it: a later one is not the period's. Else by
    the day it was registered: one registered on 5 March may be dated in February, so it is listed
    as later and not left out. since: what is told to be dated before it belongs to another term.
    account_ids: only what is told to be for these, and what is not told.
    """
    if not lists_drafts:
        return DraftList(Telling.NEVER, None, until)
    found = drafts_of(connection_id)
    if found.read_at is None:
        telling = Telling.UNREAD if found.refused_at is None else Telling.REFUSED
        return DraftList(telling, found.refused_at, until)
    rows: list[DraftRow] = []
    later: list[DraftRow] = []
    for each in found.waiting:
        is_elsewhere = each.account_id is not None and each.account_id not in (account_ids or ())
        if account_ids is not None and is_elsewhere:
            continue
        row = _row(each)
        if since is not None and row.is_day_told and row.day is not None and row.day < since:
            continue
        if row.day is None or row.day <= until:
            rows.append(row)
        elif not row.is_day_told:
            later.append(row)
    tells = any(each.account_id is not None for each in found.waiting)
    return DraftList(Telling.READ, found.read_at, until, tuple(rows), tuple(later), tells)


def _row(draft: Draft) -> DraftRow:
    registered = oslo_date(draft.registered_at) if draft.registered_at else None
    return DraftRow(
        draft,
        VoucherType(draft.voucher_type).label,
        draft.voucher_date or registered,
        draft.voucher_date is not None,
    )
