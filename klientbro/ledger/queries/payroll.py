"""What wages and holiday pay have come to in the ledger, by calendar year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.money import ZERO
from klientbro.ledger.queries.sql import fetch_all

# Holiday pay is earned by the calendar year, whatever the financial year.
_MOVED = """
select date_trunc('year', b.month)::date,
       case when left(a.number, 3) = '294' then 'due'
            when left(a.number, 3) = '518' then 'cost' else 'wages' end,
       sum(b.amount)
from ledger_account a join ledger_balance b
  on b.connection_id = a.connection_id and b.account_id = a.source_id
where a.connection_id = %(connection)s
  and (left(a.number, 2) in ('50', '51') or left(a.number, 4) in ('2940', '2945'))
  and b.month between %(first)s and %(last)s
group by 1, 2
"""


@dataclass(frozen=True, slots=True)
class PayrollYear:
    """Movement of a calendar year, debit positive: wages, holiday pay cost, holiday pay due."""

    wages: Decimal = ZERO
    cost: Decimal = ZERO
    due: Decimal = ZERO


def payroll_years(connection_id: int, first: date, last: date) -> dict[int, PayrollYear]:
    """By year, months from first to last. Wages are accounts 50 and 51 but 518. One statement."""
    found: dict[int, dict[str, Decimal]] = {}
    for year, kind, amount in fetch_all(
        _MOVED, {"connection": connection_id, "first": first, "last": last}
    ):
        found.setdefault(year.year, {})[kind] = amount
    return {year: PayrollYear(**amounts) for year, amounts in found.items()}
