"""1500 and 2400 against their open items: what differs, item by item, each with its posting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from klientbro.domain.money import ZERO
from klientbro.domain.reconciliation.open_items import compare_open_items
from klientbro.domain.reconciliation.subledger import (
    DifferenceKind,
    ItemDifference,
    SubledgerEntry,
)
from klientbro.ledger.queries.reconciling import ItemSnapshot
from klientbro.ledger.queries.subledgers import (
    LATER_DAYS,
    Unlike,
    party_names,
    unlike_parties,
)

MOST_SHOWN = 100  # until all are asked for
MOST_CANDIDATES = 10


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """A differing item as the page shows it. came_later: posted here after the items were read."""

    kind: DifferenceKind
    party: str
    party_name: str
    voucher: str
    effect: Decimal
    ledger: SubledgerEntry | None
    subledger: SubledgerEntry | None
    candidates: tuple[SubledgerEntry, ...]
    account_id: str
    text: str
    came_later: bool


@dataclass(frozen=True, slots=True)
class SubledgerSheet:
    """The comparison of one side on a day.

    before: opening balance whose items nobody has told; then only what is certain is listed.
    """

    snapshot: ItemSnapshot
    differences: tuple[ShownDifference, ...]
    total_found: int
    explained: Decimal
    before: Decimal

    @property
    def has_more(self) -> bool:
        return self.total_found > len(self.differences)


def subledger_sheet(
    connection_id: int, snapshot: ItemSnapshot, *, most: int | None = None
) -> SubledgerSheet:
    """Everything that parts the control accounts and the open items. Three statements.

    most: how many of the differences are listed; what they come to is of them all.
    """
    later = snapshot.as_of + timedelta(days=LATER_DAYS)
    unlike = unlike_parties(connection_id, snapshot.side, snapshot.id, snapshot.as_of, later)
    found = compare_open_items(unlike.postings, unlike.items, snapshot.as_of).differences
    if unlike.before != ZERO:
        found = tuple(one for one in found if _is_certain(one, unlike, snapshot.side))
    shown = found[:most]
    names = party_names(connection_id, snapshot.side, sorted({one.party for one in shown}))
    return SubledgerSheet(
        snapshot=snapshot,
        differences=tuple(_shown(one, unlike, names, snapshot) for one in shown),
        total_found=len(found),
        explained=sum((one.effect for one in found), ZERO),
        before=unlike.before,
    )


def _is_certain(one: ItemDifference, unlike: Unlike, side: str) -> bool:
    """Whether it is a difference whatever invoices there were before the books.

    An item from before has no posting, and a payment of one looks like money without an invoice.
    """
    if one.kind is DifferenceKind.UNEXPLAINED:
        return False
    if one.kind is DifferenceKind.MISSING_IN_LEDGER and one.subledger is not None:
        return unlike.began is None or one.subledger.day > unlike.began
    if one.kind is DifferenceKind.MISSING_IN_SUBLEDGER:
        return (one.effect > ZERO) == (side == "customer")
    return True


def _shown(
    one: ItemDifference, unlike: Unlike, names: Mapping[str, str], snapshot: ItemSnapshot
) -> ShownDifference:
    id_ = one.ledger.id if one.ledger else ""
    return ShownDifference(
        kind=one.kind,
        party=one.party,
        party_name=names.get(one.party, ""),
        voucher=one.voucher,
        effect=one.effect,
        ledger=one.ledger,
        subledger=one.subledger,
        candidates=one.candidates[:MOST_CANDIDATES],
        account_id=unlike.accounts.get(id_, ""),
        text=unlike.texts.get(id_, ""),
        came_later=unlike.landings.get(id_, 0) > snapshot.landing,
    )
