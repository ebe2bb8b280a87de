"""Control account against sub-ledger: every differing item found, and its kind named.

Source: norwegian-accounting.md §9 (1500 and 2400) and product-features.md §3. Both sides hold the
same entries, known by party and voucher; what pairs exactly is set aside, and each one left is
explained once. The effects of the differences sum to the difference between the two balances.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.money import ZERO, sum_amounts
from klientbro.domain.periods import Month

Key = tuple[object, ...]


class DifferenceKind(StrEnum):
    """What is wrong with an item."""

    MISSING_IN_SUBLEDGER = "missing_in_subledger"
    MISSING_IN_LEDGER = "missing_in_ledger"
    DOUBLED_IN_LEDGER = "doubled_in_ledger"
    DOUBLED_IN_SUBLEDGER = "doubled_in_subledger"
    SWAPPED_DIGITS = "swapped_digits"
    WRONG_SIGN = "wrong_sign"
    WRONG_AMOUNT = "wrong_amount"
    WRONG_PERIOD = "wrong_period"
    WRONG_PARTY = "wrong_party"
    NO_PARTY = "no_party"  # on the control account without customer or supplier
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class SubledgerEntry:
    """A line of either side. Debit positive, credit negative; party and voucher may be empty."""

    id: str
    party: str
    voucher: str
    day: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One differing item: the entries it concerns, and what it does to the balances.

    effect: ledger less sub-ledger at the day compared. twin: the entry a doubled one repeats.
    candidates: entries of which one is wrong but the figures cannot tell which.
    """

    kind: DifferenceKind
    party: str
    voucher: str
    effect: Decimal
    ledger: SubledgerEntry | None = None
    subledger: SubledgerEntry | None = None
    twin: SubledgerEntry | None = None
    candidates: tuple[SubledgerEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class SubledgerComparison:
    """The two balances on a day and everything that parts them."""

    as_of: date
    ledger_balance: Decimal
    subledger_balance: Decimal
    differences: tuple[ItemDifference, ...]

    @property
    def difference(self) -> Decimal:
        """Ledger less sub-ledger."""
        return self.ledger_balance - self.subledger_balance

    @property
    def agrees(self) -> bool:
        """Equal balances and no differing item: two errors that cancel do not agree."""
        return self.difference == ZERO and not self.differences

    @property
    def explained(self) -> Decimal:
        return sum_amounts(one.effect for one in self.differences)


def compare_entries(
    ledger: Iterable[SubledgerEntry], subledger: Iterable[SubledgerEntry], as_of: date
) -> SubledgerComparison:
    """Compare the two entry by entry, up to and including the day.

    Entries dated after the day count as nothing in the balances, but still pair: an invoice that
    the sub-ledger has in June and the control account in July is in the wrong period.
    """
    left = sorted(ledger, key=_order)
    right = sorted(subledger, key=_order)
    open_left, open_right, paired = _pair(left, right, _exactly)
    found: list[ItemDifference] = []
    for key, kind in _STEPS:
        open_left, open_right, pairs = _pair(open_left, open_right, key)
        for one, other in pairs:
            if kind is not None or Month.of(one.day) != Month.of(other.day):
                found.append(_pair_difference(kind, one, other, as_of))
        paired += pairs
    for one, other in _pair_amounts(open_left, open_right):
        open_left.remove(one)
        open_right.remove(other)
        paired.append((one, other))
        found.append(_pair_difference(_amount_kind(one, other), one, other, as_of))
    found += [_alone(one, [pair[0] for pair in paired], as_of, is_ledger=True) for one in open_left]
    found += [
        _alone(one, [pair[1] for pair in paired], as_of, is_ledger=False) for one in open_right
    ]
    return SubledgerComparison(
        as_of,
        _balance(left, as_of),
        _balance(right, as_of),
        tuple(sorted(found, key=_shown_order)),
    )


def are_digits_swapped(one: Decimal, other: Decimal) -> bool:
    """Whether two neighbouring digits have changed places: 1 540.00 and 1 450.00."""
    if one == other or (one < ZERO) != (other < ZERO):
        return False
    first, second = (str(int(abs(amount).scaleb(2))) for amount in (one, other))
    width = max(len(first), len(second))
    first, second = first.zfill(width), second.zfill(width)
    unlike = [at for at in range(width) if first[at] != second[at]]
    return (
        len(unlike) == 2
        and unlike[1] == unlike[0] + 1
        and first[unlike[0]] == second[unlike[1]]
        and first[unlike[1]] == second[unlike[0]]
    )


def _exactly(entry: SubledgerEntry) -> Key:
    return (entry.party, entry.voucher, entry.amount, entry.day)


def _same_voucher_and_amount(entry: SubledgerEntry) -> Key:
    return (entry.party, entry.voucher, entry.amount)


def _other_party(entry: SubledgerEntry) -> Key | None:
    return (entry.voucher, entry.amount, Month.of(entry.day)) if entry.voucher else None


def _turned(entry: SubledgerEntry) -> Key | None:
    return (entry.party, entry.voucher, abs(entry.amount)) if entry.voucher else None


# Pairs are sought in this order; None: a pair is a difference only when the months differ.
_STEPS: tuple[tuple[Callable[[SubledgerEntry], Key | None], DifferenceKind | None], ...] = (
    (_same_voucher_and_amount, None),
    (_turned, DifferenceKind.WRONG_SIGN),
    (_other_party, DifferenceKind.WRONG_PARTY),
)
Pairs = list[tuple[SubledgerEntry, SubledgerEntry]]


def _pair(
    left: Sequence[SubledgerEntry],
    right: Sequence[SubledgerEntry],
    key: Callable[[SubledgerEntry], Key | None],
) -> tuple[list[SubledgerEntry], list[SubledgerEntry], Pairs]:
    """Pair entries with equal keys in order; what is left on both sides, and the pairs."""
    waiting: dict[Key, list[SubledgerEntry]] = {}
    without_key = []
    for entry in right:
        place = key(entry)
        if place is None:
            without_key.append(entry)
        else:
            waiting.setdefault(place, []).append(entry)
    pairs: Pairs = []
    alone = []
    for entry in left:
        place = key(entry)
        partners = waiting.get(place) if place is not None else None
        if partners:
            pairs.append((entry, partners.pop(0)))
        else:
            alone.append(entry)
    still_waiting = [entry for partners in waiting.values() for entry in partners]
    return alone, sorted([*without_key, *still_waiting], key=_order), pairs


def _pair_amounts(left: Sequence[SubledgerEntry], right: Sequence[SubledgerEntry]) -> Pairs:
    """Same party and voucher, another amount: swapped digits first, then the nearest amounts."""
    ranked = sorted(
        (
            (
                not are_digits_swapped(one.amount, other.amount),
                abs(one.amount - other.amount),
                _order(one),
                _order(other),
            ),
            one,
            other,
        )
        for one in left
        for other in right
        if one.voucher and (one.party, one.voucher) == (other.party, other.voucher)
    )
    pairs: Pairs = []
    used: set[tuple[str, str]] = set()
    for _, one, other in ranked:
        if ("ledger", one.id) not in used and ("subledger", other.id) not in used:
            used |= {("ledger", one.id), ("subledger", other.id)}
            pairs.append((one, other))
    return pairs


def _amount_kind(one: SubledgerEntry, other: SubledgerEntry) -> DifferenceKind:
    if are_digits_swapped(one.amount, other.amount):
        return DifferenceKind.SWAPPED_DIGITS
    return DifferenceKind.WRONG_AMOUNT


def _pair_difference(
    kind: DifferenceKind | None, one: SubledgerEntry, other: SubledgerEntry, as_of: date
) -> ItemDifference:
    effect = _counted(one, as_of) - _counted(other, as_of)
    return ItemDifference(
        kind or DifferenceKind.WRONG_PERIOD, one.party, one.voucher, effect, one, other
    )


def _alone(
    entry: SubledgerEntry, known: Sequence[SubledgerEntry], as_of: date, *, is_ledger: bool
) -> ItemDifference:
    """An entry nobody has on the other side: a repeat of one that paired, or missing there."""
    twin = next(
        (one for one in known if _same_voucher_and_amount(one) == _same_voucher_and_amount(entry)),
        None,
    )
    if is_ledger:
        kind = DifferenceKind.DOUBLED_IN_LEDGER if twin else DifferenceKind.MISSING_IN_SUBLEDGER
        if twin is None and not entry.party:
            kind = DifferenceKind.NO_PARTY
        effect = _counted(entry, as_of)
        return ItemDifference(kind, entry.party, entry.voucher, effect, entry, None, twin)
    kind = DifferenceKind.DOUBLED_IN_SUBLEDGER if twin else DifferenceKind.MISSING_IN_LEDGER
    effect = ZERO - _counted(entry, as_of)
    return ItemDifference(kind, entry.party, entry.voucher, effect, None, entry, twin)


def _counted(entry: SubledgerEntry, as_of: date) -> Decimal:
    return entry.amount if entry.day <= as_of else ZERO


def _balance(entries: Iterable[SubledgerEntry], as_of: date) -> Decimal:
    return sum_amounts(_counted(entry, as_of) for entry in entries)


def _order(entry: SubledgerEntry) -> tuple[object, ...]:
    return (entry.party, entry.voucher, entry.day, entry.amount, entry.id)


def _shown_order(one: ItemDifference) -> tuple[object, ...]:
    entry = one.ledger or one.subledger
    return (-abs(one.effect), one.party, one.voucher, one.kind.value, entry.id if entry else "")
