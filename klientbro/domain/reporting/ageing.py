"""Open items by how long they are overdue on a day (aldersfordeling).

Due 10.10 and read on 31.10 is 21 days overdue: the band 1–30. Due on the day itself is not yet
overdue. Credits of customers, and debits of suppliers, are kept apart, never netted away
(norwegian-accounting.md §8). An item without a due date, or with one that cannot be right, has a
band of its own: no date is made up for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.money import ZERO, sum_amounts

# A due date further from the posting than this is a mistyped year, not an agreement.
MOST_CREDIT = timedelta(days=3 * 365)


class Side(StrEnum):
    """Whose items: what customers owe us, or what we owe suppliers."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"


class Band(StrEnum):
    """How long an item is overdue."""

    NOT_DUE = "not_due"
    TO_30 = "to_30"
    TO_60 = "to_60"
    TO_90 = "to_90"
    OVER_90 = "over_90"
    NO_DATE = "no_date"  # none, or one that cannot be right
    CREDIT = "credit"  # the other way round: a credit note, a payment too much


@dataclass(frozen=True, slots=True)
class AgedItem:
    """An open item, balance in the ledger's sign: customers debit, suppliers credit."""

    party_no: str
    party_name: str
    invoice_no: str
    voucher_no: int | None
    posted: date | None
    due: date | None
    balance: Decimal


@dataclass(frozen=True, slots=True)
class PartyAge:
    """What one customer owes, or one supplier is owed, by band; shown positive."""

    party_no: str
    party_name: str
    bands: dict[Band, Decimal]
    items: tuple[AgedItem, ...]
    oldest_days: int

    @property
    def total(self) -> Decimal:
        return sum_amounts(self.bands.values())

    @property
    def overdue(self) -> Decimal:
        return sum((self.bands[band] for band in _OVERDUE), ZERO)


@dataclass(frozen=True, slots=True)
class Ageing:
    """Everything open on one side on the day. odd: items whose due date cannot be right."""

    side: Side
    day: date
    parties: tuple[PartyAge, ...]
    bands: dict[Band, Decimal]
    odd: tuple[AgedItem, ...] = field(default=())

    @property
    def total(self) -> Decimal:
        return sum_amounts(self.bands.values())

    @property
    def overdue(self) -> Decimal:
        return sum((self.bands[band] for band in _OVERDUE), ZERO)


_OVERDUE = (Band.TO_30, Band.TO_60, Band.TO_90, Band.OVER_90)
_LIMITS = ((30, Band.TO_30), (60, Band.TO_60), (90, Band.TO_90))


def ageing(items: Iterable[AgedItem], side: Side, day: date) -> Ageing:
    """The items by party and band. Those who owe most that is overdue come first."""
    by_party: dict[str, list[AgedItem]] = {}
    for item in items:
        by_party.setdefault(item.party_no or item.party_name, []).append(item)
    parties = [_party(held, side, day) for held in by_party.values()]
    parties.sort(key=lambda one: (-one.overdue, -one.total, one.party_name, one.party_no))
    return Ageing(
        side,
        day,
        tuple(parties),
        {band: sum_amounts(party.bands[band] for party in parties) for band in Band},
        tuple(
            item
            for party in parties
            for item in party.items
            if item.due is not None and is_odd(item)
        ),
    )


def band_of(item: AgedItem, side: Side, day: date) -> Band:
    """Where the item stands on the day."""
    if _shown(item, side) < ZERO:
        return Band.CREDIT
    if item.due is None or is_odd(item):
        return Band.NO_DATE
    days = (day - item.due).days
    if days <= 0:
        return Band.NOT_DUE
    return next((band for limit, band in _LIMITS if days <= limit), Band.OVER_90)


def is_odd(item: AgedItem) -> bool:
    """Whether the due date cannot be right: years from the posting."""
    if item.due is None or item.posted is None:
        return False
    return abs(item.due - item.posted) > MOST_CREDIT


def _party(items: Sequence[AgedItem], side: Side, day: date) -> PartyAge:
    bands = dict.fromkeys(Band, ZERO)
    oldest = 0
    for item in items:
        band = band_of(item, side, day)
        bands[band] += _shown(item, side)
        if band in _OVERDUE and item.due is not None:
            oldest = max(oldest, (day - item.due).days)
    order = sorted(items, key=lambda one: (one.due or date.max, one.posted or date.max))
    first = items[0]
    return PartyAge(first.party_no, first.party_name, bands, tuple(order), oldest)


def _shown(item: AgedItem, side: Side) -> Decimal:
    return item.balance if side is Side.CUSTOMER else ZERO - item.balance
