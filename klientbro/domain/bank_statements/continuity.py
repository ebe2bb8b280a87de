"""The same statement twice, overlapping, or with a gap before or after it.

A statement is placed beside those already imported for the account by its balances first: where
the new one opens with what the earlier one closed with, nothing lies between. Days and the bank's
own numbering decide where balances are lacking.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from klientbro.domain.bank_statements.model import BankStatement, StatementHead, StatementLine
from klientbro.domain.money import ZERO

_DAY = timedelta(days=1)


class Continuity(StrEnum):
    """How a statement fits those beside it."""

    DUPLICATE = "duplicate"  # this very statement is imported: refuse
    CHANGED = "changed"  # its id is imported with other content: ask
    OVERLAP = "overlap"  # some of its days are covered: only new lines are taken
    GAP = "gap"  # money moved between the two: a statement is missing
    POSSIBLE_GAP = "possible_gap"  # days between, and no balances to tell
    BALANCE_BREAK = "balance_break"  # adjoining days, but balances that do not meet
    OTHER_ACCOUNT = "other_account"
    OTHER_CURRENCY = "other_currency"
    DOES_NOT_ADD_UP = "does_not_add_up"

    @property
    def refuses(self) -> bool:
        """Whether the import must stop; the others warn."""
        return self in {Continuity.DUPLICATE, Continuity.OTHER_ACCOUNT, Continuity.OTHER_CURRENCY}


@dataclass(frozen=True, slots=True)
class ContinuityFinding:
    """One finding; amount: by how much balances miss each other. beside: the other statement."""

    finding: Continuity
    beside: StatementHead | None = None
    amount: Decimal | None = None


def check_continuity(
    new: BankStatement,
    known: Iterable[StatementHead],
    *,
    account: str = "",
    currency: str = "",
) -> tuple[ContinuityFinding, ...]:
    """What is odd about the new statement beside those known for the bank account.

    account, currency: what the ledger's bank account has, empty when it is not known. A duplicate
    or another account is told alone: nothing else matters then.
    """
    head = new.head
    if account and head.account and not _is_same_account(account, head.account):
        return (ContinuityFinding(Continuity.OTHER_ACCOUNT),)
    if currency and head.currency and currency != head.currency:
        return (ContinuityFinding(Continuity.OTHER_CURRENCY),)
    beside = sorted(
        (one for one in known if _is_same_account(one.account, head.account)),
        key=lambda one: (one.first_day, one.last_day, one.sequence or 0, one.id),
    )
    for one in beside:
        if one.fingerprint == head.fingerprint:
            return (ContinuityFinding(Continuity.DUPLICATE, one),)
    found = []
    if new.adds_up is False and new.calculated is not None and new.closing is not None:
        parted = new.calculated - new.closing
        found.append(ContinuityFinding(Continuity.DOES_NOT_ADD_UP, None, parted))
    found += [
        ContinuityFinding(Continuity.CHANGED, one)
        for one in beside
        if head.id and one.id == head.id
    ]
    overlapping = [one for one in beside if _overlap(one, head)]
    found += [ContinuityFinding(Continuity.OVERLAP, one) for one in overlapping]
    if not overlapping:
        found += _gaps(head, beside)
    return tuple(found)


def lines_not_known(
    lines: Sequence[StatementLine], known: Iterable[StatementLine]
) -> tuple[StatementLine, ...]:
    """The lines that are not imported yet: two equal ones with one known leave one."""
    counts = Counter(line.key for line in known)
    new = []
    for line in lines:
        if counts[line.key]:
            counts[line.key] -= 1
        else:
            new.append(line)
    return tuple(new)


def _is_same_account(one: str, other: str) -> bool:
    """1234.56.78903, 12345678903 and NO9312345678903 are one account; empty is any."""
    if not one or not other:
        return True
    first, second = (
        "".join(sign for sign in number.upper() if sign.isalnum()) for number in (one, other)
    )
    return first == second or _domestic(first) == _domestic(second)


def _domestic(number: str) -> str:
    return number[4:] if number.startswith("NO") else number


def _overlap(one: StatementHead, other: StatementHead) -> bool:
    """Days in common, except that one may end on the day the other begins and hand over."""
    earlier, later = sorted((one, other), key=lambda head: (head.first_day, head.last_day))
    if later.first_day > earlier.last_day:
        return False
    return not (later.first_day == earlier.last_day and _meet(earlier, later))


def _meet(earlier: StatementHead, later: StatementHead) -> bool:
    return earlier.closing is not None and earlier.closing == later.opening


def _gaps(head: StatementHead, beside: Sequence[StatementHead]) -> list[ContinuityFinding]:
    before = [one for one in beside if one.last_day <= head.first_day]
    after = [one for one in beside if one.first_day >= head.last_day and one not in before]
    found = []
    if before:
        nearest = max(before, key=lambda one: (one.last_day, one.first_day))
        found += _gap_between(nearest, head, nearest)
    if after:
        nearest = min(after, key=lambda one: (one.first_day, one.last_day))
        found += _gap_between(head, nearest, nearest)
    return found


def _gap_between(
    earlier: StatementHead, later: StatementHead, beside: StatementHead
) -> list[ContinuityFinding]:
    """Equal balances: nothing moved between, whatever days lie there."""
    adjoins = later.first_day - earlier.last_day <= _DAY
    if earlier.closing is not None and later.opening is not None:
        parted = later.opening - earlier.closing
        if parted == ZERO and not _skips_number(earlier, later):
            return []
        finding = Continuity.BALANCE_BREAK if adjoins and parted else Continuity.GAP
        return [ContinuityFinding(finding, beside, parted)]
    return [] if adjoins else [ContinuityFinding(Continuity.POSSIBLE_GAP, beside)]


def _skips_number(earlier: StatementHead, later: StatementHead) -> bool:
    """Whether the bank numbered a statement between them; numbers may begin anew each year."""
    if earlier.sequence is None or later.sequence is None:
        return False
    return earlier.last_day.year == later.last_day.year and later.sequence - earlier.sequence > 1
