"""Control account against a list of open items, where settled invoices are on one side only.

Source: norwegian-accounting.md §9: the balance equals the sum of open items at the date. A source
gives its open items with what they were and what is left of them. Postings of a party that no
open item stands for are settled invoices and payments: together they must be what was settled of
the open ones. What is over is traced to the posting it equals, or stated as unexplained.

Example: invoices 1 000 and 500, a payment −400; open items 600 (of 1 000). The rest, 500 − 400,
should be −400: 500 is over, and the invoice of 500 is missing in the sub-ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.reconciliation.subledger import (
    DifferenceKind,
    ItemDifference,
    SubledgerComparison,
    SubledgerEntry,
    compare_entries,
)
from klientbro.domain.reconciliation.subset_sums import smallest_subsets

_STEPS = 20_000
_LARGEST_GROUP = 3
_REST = frozenset({DifferenceKind.MISSING_IN_SUBLEDGER, DifferenceKind.NO_PARTY})


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An open item as the source lists it on the day: what it was, and what is left."""

    id: str
    party: str
    voucher: str
    day: date
    amount: Decimal
    balance: Decimal

    @property
    def settled(self) -> Decimal:
        return self.amount - self.balance


def compare_open_items(
    postings: Iterable[SubledgerEntry], items: Iterable[OpenItem], as_of: date
) -> SubledgerComparison:
    """Compare the control account's postings up to the day with the open items on it.

    Postings dated after the day may be given: an item whose posting lies there is then named as
    in the wrong period, and not as missing.
    """
    every_posting = list(postings)
    every_item = list(items)
    parties = sorted({*(one.party for one in every_posting), *(one.party for one in every_item)})
    by_party: dict[str, tuple[list[SubledgerEntry], list[OpenItem]]] = {
        party: ([], []) for party in parties
    }
    for posting in every_posting:
        by_party[posting.party][0].append(posting)
    for item in every_item:
        by_party[item.party][1].append(item)
    found = [
        difference
        for party in parties
        for difference in _party_differences(party, *by_party[party], as_of)
    ]
    return SubledgerComparison(
        as_of,
        sum_amounts(one.amount for one in every_posting if one.day <= as_of),
        sum_amounts(item.balance for item in every_item),
        tuple(sorted(found, key=lambda one: (-abs(one.effect), one.party, one.voucher, one.kind))),
    )


def _party_differences(
    party: str, postings: Sequence[SubledgerEntry], items: Sequence[OpenItem], as_of: date
) -> list[ItemDifference]:
    parted = sum_amounts(one.amount for one in postings if one.day <= as_of) - sum_amounts(
        item.balance for item in items
    )
    if parted == ZERO and _is_plain(postings, items):
        return []
    balances = {item.id: item.balance for item in items}
    listed = [
        SubledgerEntry(item.id, item.party, item.voucher, item.day, item.amount) for item in items
    ]
    compared = compare_entries(postings, listed, as_of)
    certain = [
        _of_what_is_left(one, balances) for one in compared.differences if one.kind not in _REST
    ]
    rest = [
        one.ledger
        for one in compared.differences
        if one.kind in _REST and one.ledger is not None and one.ledger.day <= as_of
    ]
    over = parted - sum_amounts(one.effect for one in certain)
    return [*certain, *_rest_differences(party, rest, over)]


def _of_what_is_left(one: ItemDifference, balances: Mapping[str, Decimal]) -> ItemDifference:
    """A doubled open item counts what is left of it, not what it was."""
    if one.kind is DifferenceKind.DOUBLED_IN_SUBLEDGER and one.subledger is not None:
        return replace(one, effect=ZERO - balances[one.subledger.id])
    return one


def _is_plain(postings: Sequence[SubledgerEntry], items: Sequence[OpenItem]) -> bool:
    """Whether every open item has a posting of its voucher, month and amount, once each."""
    known: dict[tuple[object, ...], int] = {}
    for one in postings:
        key = (one.voucher, one.amount, one.day.year, one.day.month)
        known[key] = known.get(key, 0) + 1
    for item in items:
        key = (item.voucher, item.amount, item.day.year, item.day.month)
        if not known.get(key):
            return False
        known[key] -= 1
    return True


def _rest_differences(
    party: str, rest: Sequence[SubledgerEntry], over: Decimal
) -> list[ItemDifference]:
    """What is over, traced to one posting, to a few, or stated without a posting."""
    if over == ZERO:
        return []
    equal = [one for one in rest if one.amount == over]
    settled = sum(1 for one in rest if one.amount == -over)
    if len(equal) > settled:
        if len(equal) == 1:
            return [_over(equal[0])]
        return [_one_of(equal, over)]
    if not party and sum_amounts(one.amount for one in rest) == over:
        return [_over(one) for one in rest]
    group = _group(_without_pairs(rest), over)
    alike = Counter(one.amount for one in rest)
    if group and all(alike[one.amount] == 1 for one in group):
        return [_over(one) for one in group]
    return [ItemDifference(DifferenceKind.UNEXPLAINED, party, "", over, candidates=tuple(rest))]


def _over(posting: SubledgerEntry) -> ItemDifference:
    kind = DifferenceKind.MISSING_IN_SUBLEDGER if posting.party else DifferenceKind.NO_PARTY
    return ItemDifference(kind, posting.party, posting.voucher, posting.amount, ledger=posting)


def _one_of(equal: Sequence[SubledgerEntry], over: Decimal) -> ItemDifference:
    """Several equal postings, fewer settlements: the same voucher twice, or nobody can tell."""
    first = equal[0]
    kind = DifferenceKind.MISSING_IN_SUBLEDGER if first.party else DifferenceKind.NO_PARTY
    if len({one.voucher for one in equal}) == 1 and first.voucher:
        last = equal[-1]
        doubled = DifferenceKind.DOUBLED_IN_LEDGER
        return ItemDifference(doubled, first.party, first.voucher, over, last, None, first)
    return ItemDifference(kind, first.party, "", over, candidates=tuple(equal))


def _without_pairs(rest: Sequence[SubledgerEntry]) -> list[SubledgerEntry]:
    """The postings that no other one of the opposite amount settles."""
    waiting: dict[Decimal, list[SubledgerEntry]] = {}
    for one in rest:
        opposite = waiting.get(-one.amount)
        if opposite:
            opposite.pop()
        else:
            waiting.setdefault(one.amount, []).append(one)
    return [one for group in waiting.values() for one in group]


def _group(rest: Sequence[SubledgerEntry], over: Decimal) -> tuple[SubledgerEntry, ...]:
    """The only small group of postings that sums to what is over; empty when there are several."""
    same_way = [one for one in rest if (one.amount > ZERO) == (over > ZERO)]
    amounts = [(abs(one.amount), one) for one in same_way]
    found = smallest_subsets(amounts, abs(over), ZERO, _LARGEST_GROUP, _STEPS)
    return found.subsets[0] if len(found.subsets) == 1 else ()
