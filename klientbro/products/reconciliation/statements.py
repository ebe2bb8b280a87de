"""Bank statements that have been imported, and what they say an account held on a day.

A statement that ends on the day states it. One that spans the day is added up to it. One that ended
a little earlier states it too, when nothing can have moved since: only days the banks are closed
lie between, or the next statement begins with the same balance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from klientbro.domain.calendar import is_working_day
from klientbro.domain.money import ZERO
from klientbro.ledger.queries.sql import fetch_all

# A statement that ended longer ago says nothing of the day; one that begins soon after may.
DAYS_BACK, DAYS_AHEAD = 400, 40

_STATEMENTS = """
select account_id, id, public_id, first_day, last_day, opening, closing
from reconciliation_statement
where client_id = %(client)s and removed_at is null
  and last_day >= %(earliest)s and first_day <= %(latest)s
order by last_day, first_day, id
"""
_SUMS = """
select statement_id, coalesce(sum(amount) filter (where booked_on <= %(day)s), 0),
       coalesce(sum(amount) filter (where booked_on > %(day)s), 0)
from reconciliation_statementline where statement_id = any(%(ids)s::bigint[])
group by statement_id
"""


class _Stated(NamedTuple):
    """What a statement says of itself."""

    pk: int
    public_id: UUID
    first_day: date
    last_day: date
    opening: Decimal | None
    closing: Decimal | None


@dataclass(frozen=True, slots=True)
class StatementBalance:
    """What the bank says an account held at the end of a day.

    stated: the closing balance printed on a statement that ends on the day. calculated: from its
    opening balance and its lines. Where both are known they must agree.
    """

    last_day: date
    stated: Decimal | None
    calculated: Decimal | None
    mark: str

    @property
    def balance(self) -> Decimal | None:
        """None while the bank's own figures do not hold together: lines are missing or doubled."""
        if not self.agrees_with_itself:
            return None
        return self.stated if self.stated is not None else self.calculated

    @property
    def agrees_with_itself(self) -> bool:
        return self.stated is None or self.calculated is None or self.stated == self.calculated


def statement_balances(client_id: int, day: date) -> dict[str, StatementBalance]:
    """The bank's balance at the end of the day, by ledger account. Two statements."""
    held: dict[str, list[_Stated]] = defaultdict(list)
    asked = {
        "client": client_id,
        "earliest": day - timedelta(days=DAYS_BACK),
        "latest": day + timedelta(days=DAYS_AHEAD),
    }
    for account_id, *statement in fetch_all(_STATEMENTS, asked):
        held[account_id].append(_Stated._make(statement))
    speaking = {account: _that_speaks(each, day) for account, each in held.items()}
    sums = _sums([each.pk for each in speaking.values() if each is not None], day)
    found = {}
    for account, spoken in speaking.items():
        if spoken is not None:
            found[account] = _balance(spoken, *sums.get(spoken.pk, (ZERO, ZERO)), day=day)
        elif begun := [each for each in held[account] if each.first_day <= day]:
            last = max(each.last_day for each in begun)
            found[account] = StatementBalance(min(last, day), None, None, "")
    return found


def _that_speaks(statements: Sequence[_Stated], day: date) -> _Stated | None:
    """The statement that says what the account held on the day, the surest first."""
    ending = [each for each in statements if each.last_day == day]
    if stated := [each for each in ending if each.closing is not None]:
        return stated[-1]
    spanning = [
        each
        for each in statements
        if each.first_day <= day <= each.last_day
        and (each.opening is not None or each.closing is not None)
    ]
    if spanning:
        return spanning[0]
    earlier = [each for each in statements if each.last_day < day and each.closing is not None]
    if not earlier:
        return None
    nearest = earlier[-1]
    between = (
        nearest.last_day + timedelta(days=n) for n in range(1, (day - nearest.last_day).days + 1)
    )
    if not any(is_working_day(each) for each in between):
        return nearest
    later = [each for each in statements if each.first_day > day]
    following = min(later, key=lambda each: each.first_day, default=None)
    if following is not None and following.opening == nearest.closing:
        return nearest
    return None


def _sums(ids: Sequence[int], day: date) -> Mapping[int, tuple[Decimal, Decimal]]:
    """What the lines of each statement come to until the day, and after it. One statement."""
    if not ids:
        return {}
    rows = fetch_all(_SUMS, {"ids": list(ids), "day": day})
    return {id_: (until, after) for id_, until, after in rows}


def _balance(statement: _Stated, until: Decimal, after: Decimal, *, day: date) -> StatementBalance:
    calculated = statement.opening + until if statement.opening is not None else None
    stated = statement.closing if statement.last_day <= day else None
    if calculated is None and stated is None and statement.closing is not None:
        calculated = statement.closing - after
    balance = stated if stated is not None else calculated
    mark = f"{statement.public_id}:{balance}"
    return StatementBalance(min(statement.last_day, day), stated, calculated, mark)
