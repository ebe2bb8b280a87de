"""«Endret etter låsing»: vouchers the source got after their month was locked or sealed, or after
the VAT return of their term was filed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from klientbro.domain.periods import vat_term
from klientbro.ledger.books import Books
from klientbro.ledger.findings import note
from klientbro.ledger.landing import BooksKey, Landed, Transaction, index_only

RESULT_ACCOUNTS = "('income', 'expense')"
LOCK_OPENED = "lock_opened"  # the kind of finding
# Codes without VAT treatment: such a line has no place in the return.
NO_VAT_CODES = ("0", "6", "7")

# The lookup of what has landed is lateral, as in landing.py: one index, whatever statistics say.
_CAME = f"""
    with came as (
      select p.voucher_id, p.voucher_no, date_trunc('month', p.posting_date)::date as month,
             min(p.source_created_at) as created_at, max(p.posting_date) as posting_date,
             sum(case when a.type in {RESULT_ACCOUNTS} then p.amount else 0 end) as effect,
             bool_or(p.vat_code <> '' and not p.vat_code = any(%(no_vat)s)
                     or coalesce(p.vat_amount, 0) <> 0) as bears_on_vat
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
    )
"""  # noqa: S608 a constant of this module
# An opening that we have seen lies between the lock and the voucher; else nobody told us of it.
_LOCKED = """
    select came.voucher_id, came.voucher_no, came.month, came.created_at, came.effect,
           'lock' as reason, l.seen_at as late_after, l.lock_date, null::bigint as seal_id,
           null::date as term_first, null::date as term_last, null::text as vat_return_id,
           null::bigint as vat_return_no,
           case when n.lock_date >= came.posting_date then 'unseen' else 'seen' end as lock_opening
    from came cross join lateral (
      select seen_at, lock_date from ledger_lock_date l
      where l.connection_id = %(connection)s and l.lock_date >= came.posting_date
        and l.seen_at < came.created_at order by seen_at limit 1
    ) l cross join lateral (
      select lock_date from ledger_lock_date n
      where n.connection_id = %(connection)s and n.seen_at < came.created_at
      order by seen_at desc limit 1
    ) n
"""
_SEALED = """
    select came.voucher_id, came.voucher_no, came.month, came.created_at, came.effect,
           'seal', s.sealed_at, null::date, s.id, null::date, null::date, null::text, null::bigint,
           null::text
    from came cross join lateral (
      select id, sealed_at from ledger_seal s
      where s.connection_id = %(connection)s and s.month = came.month
        and s.sealed_at < came.created_at
        and s.sealed_at >= (came.month + interval '1 month')
      order by id desc limit 1
    ) s
"""
_FILED = """
    select came.voucher_id, came.voucher_no, came.month, came.created_at, came.effect,
           'vat_return' as reason, r.filed_at as late_after, null::date as lock_date,
           null::bigint as seal_id, r.term_first, r.term_last, r.voucher_id as vat_return_id,
           r.voucher_no as vat_return_no, null::text as lock_opening
    from came cross join lateral (
      select * from ledger_vat_return r
      where r.connection_id = %(connection)s and not r.is_reversed
        and came.posting_date between r.term_first and r.term_last
        and r.filed_at < came.created_at and r.voucher_id <> came.voucher_id
      order by filed_at desc limit 1
    ) r
    where came.bears_on_vat
"""
_WRITE = """
    , written as (
      insert into ledger_late_change (firm_id, connection_id, landing, month, voucher_id,
        voucher_no, reason, source_created_at, late_after, lock_date, seal_id, result_effect,
        term_first, term_last, vat_return_id, vat_return_no, lock_opening)
      select %(firm)s, %(connection)s, %(landing)s, month, voucher_id, voucher_no, reason,
             created_at, late_after, lock_date, seal_id, effect, term_first, term_last,
             vat_return_id, vat_return_no, lock_opening
      from late
      on conflict (connection_id, voucher_id, month, reason) do nothing
      returning month, reason, voucher_no, lock_date, lock_opening
    ), marked as (
      update ledger_month m set changed_after_lock = true
      where m.connection_id = %(connection)s
        and m.month in (select month from written)
      returning 1
    )
    select reason, voucher_no, lock_date, lock_opening, (select count(*) from marked) from written
"""
_RECORD = f"{_CAME}, late as ({_LOCKED} union all {_SEALED} union all {_FILED}) {_WRITE}"

# The client's rows are read once and kept aside: asked term by term and account by account, a plan
# made without statistics read all of them for each, ten seconds in a first sync of 200,000.
_CAME_IN_TERMS = f"""
    with rows as materialized (
      select voucher_id, voucher_no, account_id, posting_date, amount, vat_code, vat_amount,
             source_created_at
      from ledger_posting
      where connection_id = %(connection)s and known_to = 2147483647
        and source_created_at > (select min(filed_at) from ledger_vat_return
                                 where connection_id = %(connection)s
                                   and voucher_id = any(%(returns)s))
    ), came as (
      select p.voucher_id, p.voucher_no, date_trunc('month', p.posting_date)::date as month,
             min(p.source_created_at) as created_at, max(p.posting_date) as posting_date,
             sum(case when a.type in {RESULT_ACCOUNTS} then p.amount else 0 end) as effect,
             bool_or(p.vat_code <> '' and not p.vat_code = any(%(no_vat)s)
                     or coalesce(p.vat_amount, 0) <> 0) as bears_on_vat
      from rows p
      join ledger_vat_return e on p.posting_date between e.term_first and e.term_last
        and p.source_created_at > e.filed_at
      left join ledger_account a
        on a.connection_id = %(connection)s and a.source_id = p.account_id
      where e.connection_id = %(connection)s and e.voucher_id = any(%(returns)s)
      group by 1, 2, 3
    )
"""  # noqa: S608 a constant of this module
_EXAMINE = f"{_CAME_IN_TERMS}, late as ({_FILED}) {_WRITE}"

_RETURNS = """
    select voucher_id, voucher_no, max(posting_date), min(source_created_at), bool_or(is_reversed)
    from ledger_posting where connection_id = %s and known_to = 2147483647
      and voucher_type = 'vat_return' and source_created_at is not null
    group by voucher_id, voucher_no
"""


def record_late_changes(transaction: Transaction, key: BooksKey, landed: Landed) -> int:
    """Records what this landing brought into locked, sealed or filed months; how many vouchers.

    Locked: the posting date lies on or before the lock date we knew, and the source got the row
    after we had seen the lock. Sealed: the month had ended and was sealed before the source got it.
    Filed: the VAT return of its term had been filed before the source got it.
    """
    if not landed.new:  # a row that we held before came in time, whatever has changed in it since
        return 0
    note_vat_returns(transaction, key)
    with index_only(transaction):
        written = transaction.execute(_RECORD, _parameters(key, landed.number)).fetchall()
    _note_opened_locks(transaction, key, written, landed.number)
    return len(written)


def examine_filed_terms(transaction: Transaction, key: BooksKey, books: Books) -> int:
    """Looks through the terms of VAT returns that are new to us; how many late vouchers there were.

    A first load brings vouchers and returns in any order, and both clocks are the source's own, so
    what came late before our time is found too. A term waits until its history is held.
    """
    if books.covered_from is None:
        return 0
    note_vat_returns(transaction, key)
    begins = books.covered_from if not books.is_anchored_at_conversion else date.min
    returns = [
        str(voucher_id)
        for (voucher_id,) in transaction.execute(
            "update ledger_vat_return set is_examined = true where connection_id = %s "
            "and not is_examined and term_first >= %s returning voucher_id",
            [key.connection_id, begins],
        ).fetchall()
    ]
    if not returns:
        return 0
    with index_only(transaction):
        written = transaction.execute(
            _EXAMINE, {**_parameters(key, books.landing), "returns": returns}
        ).fetchall()
    return len(written)


def note_vat_returns(transaction: Transaction, key: BooksKey) -> None:
    """[guess] When a VAT return was filed, and for which term.

    PowerOffice's API tells nothing of filed returns (VatSettings has the way of reporting only), so
    the settlement voucher of type VatReturns stands for them: dated in its term, made as the return
    is sent. A reversed one was taken back. This is the only place that decides it.
    """
    found = transaction.execute(_RETURNS, [key.connection_id]).fetchall()
    if not found:
        return
    row = transaction.execute(
        "select vat_period from ledger_books where connection_id = %s", [key.connection_id]
    ).fetchone()
    period = str(row[0]) if row is not None and row[0] is not None else None
    with transaction.cursor() as cursor:
        cursor.executemany(
            "insert into ledger_vat_return (firm_id, connection_id, voucher_id, voucher_no, "
            "term_first, term_last, filed_at, is_reversed) values (%s, %s, %s, %s, %s, %s, %s, %s) "
            "on conflict (connection_id, voucher_id) do update set is_reversed = "
            "excluded.is_reversed where ledger_vat_return.is_reversed <> excluded.is_reversed",
            [
                (key.firm_id, key.connection_id, voucher, no, *vat_term(day, period), filed, gone)
                for voucher, no, day, filed, gone in found
                if isinstance(day, date)
            ],
        )


def _parameters(key: BooksKey, landing: int) -> dict[str, object]:
    return {
        "connection": key.connection_id,
        "firm": key.firm_id,
        "landing": landing,
        "no_vat": list(NO_VAT_CODES),
    }


def _note_opened_locks(
    transaction: Transaction, key: BooksKey, written: Iterable[tuple[object, ...]], landing: int
) -> None:
    """«Låsen har vært åpnet»: nothing can be posted behind a lock, so somebody opened it.

    The lock date reads the same before and after; only the voucher tells.
    """
    vouchers: dict[str, list[int]] = {}
    for reason, voucher_no, lock_date, opening, _marked in written:
        if reason == "lock" and opening == "unseen":
            vouchers.setdefault(str(lock_date), []).append(int(str(voucher_no)))
    for lock, numbers in vouchers.items():
        detail = {"lock_date": lock, "vouchers": sorted(set(numbers))}
        note(transaction, key, LOCK_OPENED, f"{lock}|{min(numbers)}", detail, landing)
