"""Proves the kept deltas: an as-known answer is a sum of them, so a wrong one would last for ever.

The truth is in the postings' own versions: what a landing opened, less what it closed.
"""

from __future__ import annotations

from collections.abc import Sequence

from klientbro.ledger.findings import note
from klientbro.ledger.landing import BooksKey, Transaction, check_fence
from klientbro.ledger.sums import Place

_REPAIR = """
    with wrong as (
      select * from unnest(%(accounts)s::text[], %(months)s::date[]) as w(account_id, month)
    ), version as (
      select p.known_from, p.known_to, w.account_id, w.month, p.amount
      from wrong w join ledger_posting p on p.connection_id = %(connection)s
        and p.account_id = w.account_id and p.posting_date >= w.month
        and p.posting_date < (w.month + interval '1 month')::date
    ), moved as (
      select known_from as landing, account_id, month, amount, 1 as postings from version
      union all
      select known_to, account_id, month, -amount, -1 from version where known_to < 2147483647
    ), summed as (
      select landing, account_id, month, sum(amount) as delta, sum(postings)::int as postings
      from moved group by landing, account_id, month
    ), written as (
      insert into ledger_change as c (firm_id, connection_id, landing, account_id, month, delta,
                                      before, after, postings)
      select %(firm)s, %(connection)s, landing, account_id, month, delta,
             sum(delta) over earlier - delta, sum(delta) over earlier, postings
      from summed window earlier as (partition by account_id, month order by landing)
      on conflict (connection_id, landing, account_id, month) do update
        set delta = excluded.delta, before = excluded.before, after = excluded.after,
            postings = excluded.postings
      returning c.landing, c.account_id, c.month
    )
    delete from ledger_change c using wrong w
    where c.connection_id = %(connection)s and c.account_id = w.account_id and c.month = w.month
      and not exists (select from summed s where s.landing = c.landing
                      and s.account_id = c.account_id and s.month = c.month)
"""


def repair_changes(transaction: Transaction, key: BooksKey, places: Sequence[Place]) -> None:
    """Writes the deltas of these places anew from the postings' versions. Each is a finding."""
    landing = check_fence(transaction, key)
    transaction.execute(
        _REPAIR,
        {
            "firm": key.firm_id,
            "connection": key.connection_id,
            "accounts": [account for account, _month in places],
            "months": [month for _account, month in places],
        },
    )
    for account, month in places:
        note(transaction, key, "change_repaired", f"{account}|{month}", {}, landing)
