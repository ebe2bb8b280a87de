"""The snapshot a sign-off is bound to, its hash, and every change that has come since.

A sign-off says: this account stood so on this day, with these postings, against this truth. When a
sync, an import or a person moves any of it, the sign-off is suspended with the cause named
(issue 4; product-features.md §3, «balance changes after sign-off»). Texts and names are told, but
suspend nothing: the figures are still the ones that were signed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.accounts import AccountType
from klientbro.domain.periods import Month


class ChangeKind(StrEnum):
    """What has happened since the sign-off."""

    BALANCE_CHANGED = "balance_changed"
    OPENING_CHANGED = "opening_changed"
    POSTING_ADDED = "posting_added"
    POSTING_REMOVED = "posting_removed"
    POSTING_MOVED_ACCOUNT = "posting_moved_account"
    POSTING_MOVED_PERIOD = "posting_moved_period"
    AMOUNT_CHANGED = "amount_changed"
    DATE_CHANGED = "date_changed"
    VOUCHER_CHANGED = "voucher_changed"
    VAT_CODE_CHANGED = "vat_code_changed"
    PARTY_CHANGED = "party_changed"
    ACCOUNT_NUMBER_CHANGED = "account_number_changed"
    ACCOUNT_TYPE_CHANGED = "account_type_changed"
    SUBLEDGER_CHANGED = "subledger_changed"
    STATEMENT_CHANGED = "statement_changed"
    DOCUMENTATION_CHANGED = "documentation_changed"
    METHOD_CHANGED = "method_changed"
    PERIOD_REOPENED = "period_reopened"
    SOURCE_DIFFERS = "source_differs"  # the month is no longer proved equal to the source
    TEXT_CHANGED = "text_changed"
    DIMENSION_CHANGED = "dimension_changed"
    ACCOUNT_NAME_CHANGED = "account_name_changed"

    @property
    def suspends(self) -> bool:
        """Whether the sign-off no longer stands; the others are only told."""
        return self not in _ONLY_TOLD


_ONLY_TOLD = frozenset(
    {ChangeKind.TEXT_CHANGED, ChangeKind.DIMENSION_CHANGED, ChangeKind.ACCOUNT_NAME_CHANGED}
)


@dataclass(frozen=True, slots=True)
class SignedPosting:
    """A posting as it was when signed."""

    id: str
    day: date
    amount: Decimal
    voucher: str = ""
    text: str = ""
    vat_code: str = ""
    party: str = ""
    dimensions: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a sign-off of one account and period rests on.

    truth: what the balance was held against (sub-ledger total, statement balance, list), None when
    there was none. Marks are short texts that change when what they stand for does: documentation
    (hash of the attachments' hashes), method, statement (statement id and closing balance).
    """

    account_id: str
    number: str
    name: str
    type: AccountType
    first_day: date
    last_day: date
    opening: Decimal
    closing: Decimal
    postings: tuple[SignedPosting, ...]
    subledger_total: Decimal | None = None
    statement: str = ""
    documentation: str = ""
    method: str = ""
    is_locked: bool = False
    is_proved: bool = True

    def __post_init__(self) -> None:
        if len({posting.id for posting in self.postings}) < len(self.postings):
            raise ValueError(f"a snapshot of account {self.number} holds a posting twice")


@dataclass(frozen=True, slots=True)
class MovedTo:
    """Where a posting stands now. account_number None: on the same account, another day."""

    day: date
    account_number: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what it was, what it is, and the posting it concerns."""

    kind: ChangeKind
    before: str = ""
    after: str = ""
    posting_id: str = ""
    voucher: str = ""

    @property
    def suspends(self) -> bool:
        return self.kind.suspends


def snapshot_hash(snapshot: Snapshot) -> str:
    """sha256 over everything that suspends, the same in whatever order postings come.

    Equal hashes mean that the sign-off stands; texts, names and dimensions are left out, and so is
    what may only get better (a period locked or proved later).
    """
    fields = [
        snapshot.account_id,
        snapshot.number.strip(),
        snapshot.type.value,
        snapshot.first_day.isoformat(),
        snapshot.last_day.isoformat(),
        _amount(snapshot.opening),
        _amount(snapshot.closing),
        "-" if snapshot.subledger_total is None else _amount(snapshot.subledger_total),
        snapshot.statement,
        snapshot.documentation,
        snapshot.method,
    ]
    digest = hashlib.sha256(_line(fields))
    for posting in sorted(snapshot.postings, key=lambda one: one.id):
        digest.update(
            _line(
                [
                    posting.id,
                    posting.day.isoformat(),
                    _amount(posting.amount),
                    posting.voucher,
                    posting.vat_code,
                    posting.party,
                ]
            )
        )
    return digest.hexdigest()


def compare_snapshots(
    signed: Snapshot, now: Snapshot, elsewhere: Mapping[str, MovedTo] | None = None
) -> tuple[Change, ...]:
    """Every change since the sign-off, those that suspend first.

    elsewhere: where postings that are gone from this account and period now stand; without it they
    are simply removed. Accounts are known by the source's own id, since numbers may be edited.
    """
    if signed.account_id != now.account_id or signed.last_day != now.last_day:
        raise ValueError("snapshots of two accounts, or of two periods, cannot be compared")
    found = [
        *_account_changes(signed, now),
        *_posting_changes(signed, now, elsewhere or {}),
    ]
    order = {kind: at for at, kind in enumerate(ChangeKind)}
    return tuple(sorted(found, key=lambda one: (not one.suspends, order[one.kind], one.posting_id)))


def is_suspended(changes: Iterable[Change]) -> bool:
    """Whether any change takes the sign-off's ground away."""
    return any(change.suspends for change in changes)


_ACCOUNT_FIELDS: tuple[tuple[ChangeKind, Callable[[Snapshot], str]], ...] = (
    (ChangeKind.BALANCE_CHANGED, lambda one: _amount(one.closing)),
    (ChangeKind.OPENING_CHANGED, lambda one: _amount(one.opening)),
    (ChangeKind.ACCOUNT_NUMBER_CHANGED, lambda one: one.number.strip()),
    (ChangeKind.ACCOUNT_TYPE_CHANGED, lambda one: one.type.value),
    (
        ChangeKind.SUBLEDGER_CHANGED,
        lambda one: "" if one.subledger_total is None else _amount(one.subledger_total),
    ),
    (ChangeKind.STATEMENT_CHANGED, lambda one: one.statement),
    (ChangeKind.DOCUMENTATION_CHANGED, lambda one: one.documentation),
    (ChangeKind.METHOD_CHANGED, lambda one: one.method),
    (ChangeKind.ACCOUNT_NAME_CHANGED, lambda one: one.name),
)
_POSTING_FIELDS: tuple[tuple[ChangeKind, Callable[[SignedPosting], str]], ...] = (
    (ChangeKind.AMOUNT_CHANGED, lambda one: _amount(one.amount)),
    (ChangeKind.DATE_CHANGED, lambda one: one.day.isoformat()),
    (ChangeKind.VOUCHER_CHANGED, lambda one: one.voucher),
    (ChangeKind.VAT_CODE_CHANGED, lambda one: one.vat_code),
    (ChangeKind.PARTY_CHANGED, lambda one: one.party),
    (ChangeKind.TEXT_CHANGED, lambda one: one.text),
    (ChangeKind.DIMENSION_CHANGED, lambda one: one.dimensions),
)


def _account_changes(signed: Snapshot, now: Snapshot) -> list[Change]:
    found = [
        Change(kind, value(signed), value(now))
        for kind, value in _ACCOUNT_FIELDS
        if value(signed) != value(now)
    ]
    if signed.is_locked and not now.is_locked:
        found.append(Change(ChangeKind.PERIOD_REOPENED, "locked", "open"))
    if signed.is_proved and not now.is_proved:
        found.append(Change(ChangeKind.SOURCE_DIFFERS, "proved", "differs"))
    return found


def _posting_changes(
    signed: Snapshot, now: Snapshot, elsewhere: Mapping[str, MovedTo]
) -> list[Change]:
    before = {posting.id: posting for posting in signed.postings}
    after = {posting.id: posting for posting in now.postings}
    found = []
    for id_, posting in before.items():
        if id_ not in after:
            found.append(_gone(posting, elsewhere.get(id_)))
            continue
        found += [
            Change(_date_kind(kind, posting, after[id_]), was, is_now, id_, posting.voucher)
            for kind, value in _POSTING_FIELDS
            if (was := value(posting)) != (is_now := value(after[id_]))
        ]
    found += [
        Change(ChangeKind.POSTING_ADDED, "", _amount(posting.amount), id_, posting.voucher)
        for id_, posting in after.items()
        if id_ not in before
    ]
    return found


def _date_kind(kind: ChangeKind, before: SignedPosting, after: SignedPosting) -> ChangeKind:
    is_other_month = Month.of(before.day) != Month.of(after.day)
    if kind is ChangeKind.DATE_CHANGED and is_other_month:
        return ChangeKind.POSTING_MOVED_PERIOD
    return kind


def _gone(posting: SignedPosting, now_at: MovedTo | None) -> Change:
    if now_at is None:
        was = _amount(posting.amount)
        return Change(ChangeKind.POSTING_REMOVED, was, "", posting.id, posting.voucher)
    if now_at.account_number is not None:
        kind, was, is_now = ChangeKind.POSTING_MOVED_ACCOUNT, "", now_at.account_number
    else:
        kind = ChangeKind.POSTING_MOVED_PERIOD
        was, is_now = posting.day.isoformat(), now_at.day.isoformat()
    return Change(kind, was, is_now, posting.id, posting.voucher)


def _amount(amount: Decimal) -> str:
    """One text for one amount: 5, 5.0 and 5.00 are the same, −0.00 is zero."""
    return format(amount.normalize() if amount else Decimal(0), "f")


def _line(fields: Iterable[str]) -> bytes:
    """Fields with their lengths, so that no two different lists give the same bytes."""
    return "".join(f"{len(field)}:{field};" for field in fields).encode() + b"\n"
