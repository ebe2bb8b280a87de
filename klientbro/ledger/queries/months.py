"""Where each month stands against the source: the strip, the seals, and what differs."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from klientbro.domain.periods import FinancialYear, Month, month_range
from klientbro.ledger.queries.sql import Record, fetch_all, fetch_one
from klientbro.ledger.rows import (
    AccountDifference,
    BooksState,
    MonthMark,
    MonthState,
    ProofDetails,
    Seal,
)

_SEAL = """
s.id, s.month, s.kind, s.landing, s.sealed_at, s.accounts, s.postings, s.undisposed, s.sheet_hash
"""
SEAL_COLUMNS = 9

_MARKS = f"""
select m.month, m.state, m.proved_at, m.changed_after_lock, jsonb_array_length(m.differences),
       {_SEAL}
from ledger_month m
left join lateral (
  select * from ledger_seal s
  where s.connection_id = m.connection_id and s.month = m.month
  order by s.id desc limit 1
) s on true
where m.connection_id = %(connection)s and m.month between %(first)s and %(last)s
"""  # noqa: S608 constants only

_PROOF = """
select state, proved_at, changed_after_lock, differences
from ledger_month where connection_id = %(connection)s and month = %(month)s
"""

_SEALS = f"""
select {_SEAL} from ledger_seal s
where s.connection_id = %(connection)s and s.month = any(%(months)s::date[])
order by s.id desc
"""  # noqa: S608 constants only

_LAST_SEAL = f"""
select {_SEAL} from ledger_seal s
where s.connection_id = %(connection)s and s.month <= %(month)s
order by s.month desc, s.id desc limit 1
"""  # noqa: S608 constants only

_NAMES = """
select source_id, number, name from ledger_account
where connection_id = %(connection)s and source_id = any(%(accounts)s::text[])
"""


def month_strip(state: BooksState, year: FinancialYear, today: date) -> tuple[MonthMark, ...]:
    """A mark for every month of the financial year. One statement."""
    return month_marks(state, year.first_month, year.last_month, today)


def month_marks(state: BooksState, first: Month, last: Month, today: date) -> tuple[MonthMark, ...]:
    """A mark for every month from first to last, both included. One statement."""
    proved = {
        Month.of(row[0]): row
        for row in fetch_all(
            _MARKS,
            {
                "connection": state.connection_id,
                "first": first.first_day,
                "last": last.last_day,
            },
        )
    }
    return tuple(
        _mark(state, month, proved.get(month), today) for month in month_range(first, last)
    )


def seals_of(connection_id: int, months: list[Month]) -> tuple[Seal, ...]:
    """Every seal the months ever had, newest first."""
    days = [month.first_day for month in months]
    rows = fetch_all(_SEALS, {"connection": connection_id, "months": days})
    return tuple(seal_from(row) for row in rows)


def last_seal(connection_id: int, month: Month) -> Seal | None:
    """The newest seal of the month, or of the last sealed month before it."""
    row = fetch_one(_LAST_SEAL, {"connection": connection_id, "month": month.first_day})
    return seal_from(row) if row else None


def proof_details(state: BooksState, month: Month, today: date) -> ProofDetails:
    """What the last proof of the month said, account by account. Three statements."""
    parameters = {"connection": state.connection_id, "month": month.first_day}
    row = fetch_one(_PROOF, parameters)
    seals = seals_of(state.connection_id, [month])
    stated = _differences(row[3]) if row else []
    named = {
        id_: (number, name)
        for id_, number, name in fetch_all(
            _NAMES,
            {
                "connection": state.connection_id,
                "accounts": [account_id for account_id, _, _ in stated],
            },
        )
    }
    differences = [
        AccountDifference(account_id, *named.get(account_id, ("", "")), ours, source)
        for account_id, ours, source in stated
    ]
    return ProofDetails(
        month=month,
        state=state_of(state, month, row[0] if row else None, today),
        proved_at=row[1] if row else None,
        changed_after_lock=bool(row[2]) if row else False,
        differences=tuple(sorted(differences, key=lambda d: (d.number, d.account_id))),
        seal=seals[0] if seals else None,
    )


def state_of(state: BooksState, month: Month, proved: str | None, today: date) -> MonthState:
    """How the month is shown: what the proof said, or why there is no proof yet."""
    if proved in (MonthState.SEALED, MonthState.DIFFERS, MonthState.MOVING):
        return MonthState(proved)
    if state.first_month is not None and month < state.first_month:
        return MonthState.BEFORE
    if not state.is_usable or not state.is_covered(month):
        return MonthState.MISSING
    if month.first_day > today:
        return MonthState.AHEAD
    return MonthState.UNPROVED if month.last_day < today else MonthState.OPEN


def seal_from(row: Record) -> Seal:
    """A seal from its columns."""
    id_, month, kind, landing, sealed_at, accounts, postings, undisposed, sheet_hash = row
    return Seal(
        id_, Month.of(month), kind, landing, sealed_at, accounts, postings, undisposed, sheet_hash
    )


def _mark(state: BooksState, month: Month, row: Record | None, today: date) -> MonthMark:
    if row is None:
        return MonthMark(month, state_of(state, month, None, today))
    return MonthMark(
        month=month,
        state=state_of(state, month, row[1], today),
        proved_at=row[2],
        seal=seal_from(row[5 : 5 + SEAL_COLUMNS]) if row[5] is not None else None,
        changed_after_lock=row[3],
        difference_count=row[4],
    )


def _differences(stored: str) -> list[tuple[str, Decimal, Decimal]]:
    """Django hands jsonb over as text; amounts stand there as decimal strings."""
    return [
        (str(one["account_id"]), Decimal(one["ours"]), Decimal(one["source"]))
        for one in json.loads(stored)
    ]
