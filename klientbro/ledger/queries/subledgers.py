"""Control accounts against a snapshot of open items: only the parties that may differ are read.

A party is plain when its postings sum to what is left of its items, and every item has a posting
of its voucher, amount and month. The rest, usually few, are compared item by item in the domain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from klientbro.domain.money import ZERO
from klientbro.domain.reconciliation.open_items import OpenItem
from klientbro.domain.reconciliation.subledger import SubledgerEntry
from klientbro.ledger.queries.sql import STILL, fetch_all, fetch_one

# The party's column per side, and never from outside.
_PARTY = {"customer": "customer_no", "supplier": "supplier_no"}
LATER_DAYS = 62  # how far after the day a posting in the wrong period is looked for

_HELD = """
with held as materialized (
  select p.source_id, p.account_id, coalesce(p.{party}, '') as party, p.voucher_no::text as voucher,
         p.posting_date, p.amount, p.known_from, coalesce(p.text, p.voucher_text, '') as text
  from ledger_account a
  cross join lateral (
    select * from ledger_posting p
    where p.connection_id = %(connection)s and p.account_id = a.source_id
      and p.posting_date <= %(later)s and p.known_to = {still}
    offset 0
  ) p
  where a.connection_id = %(connection)s and a.control = %(side)s
), items as materialized (
  select source_id, coalesce(party_no, '') as party, coalesce(voucher_no::text, '') as voucher,
         coalesce(posting_date, %(day)s) as posting_date, amount, balance,
         coalesce(party_name, '') as name
  from ledger_item where snapshot_id = %(snapshot)s
), odd as (
  select party from (select party, sum(amount) as total from held where posting_date <= %(day)s
                     group by 1) h
  full join (select party, sum(balance) as total from items group by 1) i using (party)
  where coalesce(h.total, 0) <> coalesce(i.total, 0)
  union
  select party from (
    select party, voucher, amount, date_trunc('month', posting_date) as month, count(*) as number
    from items group by 1, 2, 3, 4) i
  left join (
    select party, voucher, amount, date_trunc('month', posting_date) as month, count(*) as number
    from held group by 1, 2, 3, 4) h using (party, voucher, amount, month)
  where coalesce(h.number, 0) < i.number
)
select 'posting', source_id, party, voucher, posting_date, amount, null::numeric, account_id,
       known_from, text
from held where party in (select party from odd)
union all
select 'item', source_id, party, voucher, posting_date, amount, balance, '', 0, name
from items where party in (select party from odd)
"""

# What stood on the control accounts when the books began, beyond what postings of then explain.
_BEFORE = f"""
select coalesce((select sum(o.amount) from ledger_opening o join ledger_account a
          on a.connection_id = o.connection_id and a.source_id = o.account_id
        where o.connection_id = %(connection)s and a.control = %(side)s
          and o.known_to = {STILL}), 0)
     - coalesce((select sum(p.amount) from ledger_account a join ledger_posting p
          on p.connection_id = a.connection_id and p.account_id = a.source_id
        where a.connection_id = %(connection)s and a.control = %(side)s
          and p.known_to = {STILL} and p.posting_date <= b.anchor_date), 0), b.anchor_date
from ledger_books b where b.connection_id = %(connection)s
"""  # noqa: S608 constants only
_NAMES = """
select number, name from ledger_party where connection_id = %(connection)s and kind = %(side)s
  and number = any(%(numbers)s)
"""


@dataclass(frozen=True, slots=True)
class Unlike:
    """Everything of the parties that may differ.

    before: what stood on the control accounts before the first posting held, without parties.
    began: the day it stood so.
    landings, accounts, texts: of each posting, by id.
    """

    postings: tuple[SubledgerEntry, ...]
    items: tuple[OpenItem, ...]
    before: Decimal
    began: date | None
    landings: Mapping[str, int]
    accounts: Mapping[str, str]
    texts: Mapping[str, str]


def unlike_parties(
    connection_id: int, side: str, snapshot_id: int, day: date, later: date
) -> Unlike:
    """Postings and items of parties that are not plainly equal. Two statements."""
    asked = {
        "connection": connection_id,
        "side": side,
        "snapshot": snapshot_id,
        "day": day,
        "later": later,
    }
    statement = _HELD.format(party=_PARTY[side], still=STILL)
    postings: list[SubledgerEntry] = []
    items: list[OpenItem] = []
    landings: dict[str, int] = {}
    accounts: dict[str, str] = {}
    texts: dict[str, str] = {}
    for kind, id_, party, voucher, on, amount, balance, account, known_from, text in fetch_all(
        statement, asked
    ):
        if kind == "item":
            items.append(OpenItem(id_, party, voucher, on, amount, balance))
            continue
        postings.append(SubledgerEntry(id_, party, voucher, on, amount))
        landings[id_], accounts[id_], texts[id_] = known_from, account, text
    rest, began = fetch_one(_BEFORE, asked) or (ZERO, None)
    return Unlike(tuple(postings), tuple(items), rest or ZERO, began, landings, accounts, texts)


def party_names(connection_id: int, side: str, numbers: list[str]) -> dict[str, str]:
    """The names of customers or suppliers, by number. One statement."""
    return dict(fetch_all(_NAMES, {"connection": connection_id, "side": side, "numbers": numbers}))
