"""«Endret etter låsing»: vouchers the source got after their month was locked or sealed."""

from __future__ import annotations

from klientbro.ledger.landing import BooksKey, Landed, Transaction, index_only

RESULT_ACCOUNTS = "('income', 'expense')"
# The lookup of what has landed is lateral, as in landing.py: one index, whatever statistics say.
_RECORD = f"""
    with came as (
      select p.voucher_id, p.voucher_no, date_trunc('month', p.posting_date)::date as month,
             min(p.source_created_at) as created_at, max(p.posting_date) as posting_date,
             sum(case when a.type in {RESULT_ACCOUNTS} then p.amount else 0 end) as effect
      from incoming s cross join lateral (
        select l.* from ledger_posting l
        where l.connection_id = %(connection)s and l.known_to >= 2147483647
          and l.source_id = s.source_id
        offset 0
      ) p
      left join ledger_account a
        on a.connection_id = p.connection_id and a.source_id = p.account_id
      where p.known_from = %(landing)s
        and p.source_id not in (select o.source_id from ledger_posting o
                                where o.connection_id = %(connection)s
                                  and o.known_to = %(landing)s)
      group by 1, 2, 3
    ), locked as (
      select came.*, 'lock' as reason, l.seen_at as late_after, l.lock_date,
             null::bigint as seal_id
      from came cross join lateral (
        select seen_at, lock_date from ledger_lock_date l
        where l.connection_id = %(connection)s and l.lock_date >= came.posting_date
          and l.seen_at < came.created_at order by seen_at limit 1
      ) l
    ), sealed as (
      select came.*, 'seal' as reason, s.sealed_at, null::date, s.id
      from came cross join lateral (
        select id, sealed_at from ledger_seal s
        where s.connection_id = %(connection)s and s.month = came.month
          and s.sealed_at < came.created_at
          and s.sealed_at >= (came.month + interval '1 month')
        order by id desc limit 1
      ) s
    ), written as (
      insert into ledger_late_change (firm_id, connection_id, landing, month, voucher_id,
        voucher_no, reason, source_created_at, late_after, lock_date, seal_id, result_effect)
      select %(firm)s, %(connection)s, %(landing)s, month, voucher_id, voucher_no, reason,
             created_at, late_after, lock_date, seal_id, effect
      from (select * from locked union all select * from sealed) x
      on conflict (connection_id, voucher_id, month, reason) do nothing
      returning month, reason
    ), marked as (
      update ledger_month m set changed_after_lock = true
      where m.connection_id = %(connection)s
        and m.month in (select month from written)
      returning 1
    )
    select (select count(*) from written), (select count(*) from marked)
"""  # noqa: S608 a constant of this module


def record_late_changes(transaction: Transaction, key: BooksKey, landed: Landed) -> int:
    """Records what this landing brought into locked or sealed months; returns how many vouchers.

    Locked: the posting date lies on or before the lock date we knew, and the source got the row
    after we had seen the lock. Sealed: the month had ended and was sealed before the source got it.
    """
    if not landed.new:  # a row that we held before came in time, whatever has changed in it since
        return 0
    with index_only(transaction):
        row = transaction.execute(
            _RECORD,
            {"connection": key.connection_id, "firm": key.firm_id, "landing": landed.number},
        ).fetchone()
    return int(str(row[0])) if row else 0
