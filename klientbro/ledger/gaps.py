"""Gaps in voucher numbers: each is a finding, and a new one asks for a proof of every month."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise

from klientbro.ledger.books import Books
from klientbro.ledger.findings import clear
from klientbro.ledger.landing import BooksKey, Transaction

GAP = "voucher_gap"  # the kind of finding
# [guess] Numbers run on within a series, and some sources begin anew each year: the number before
# is one that the source made within half a year. A longer jump is a new range, not lost vouchers.
NEIGHBOUR_DAYS, LONGEST_GAP = 183, 1000
MOST_FINDINGS = 100  # newest first; books that skip numbers as a habit would drown the rest

_NEIGHBOUR = f"""
  p.connection_id = %(connection)s and p.known_to = 2147483647
  and p.voucher_series = v.series and p.voucher_no < v.number
  and p.voucher_no > v.number - {LONGEST_GAP}
  and abs(extract(epoch from coalesce(p.source_created_at, p.posting_date) - v.at))
      < {NEIGHBOUR_DAYS} * 86400
"""
_OF_NEW = f"""
with numbers as (
  select distinct number from ledger_change c, unnest(c.vouchers) as number
  where c.connection_id = %(connection)s and c.landing > %(landing)s
), v as (
  select p.voucher_series as series, p.voucher_no as number,
         min(coalesce(p.source_created_at, p.posting_date)) as at
  from numbers n cross join lateral (
    select * from ledger_posting l where l.connection_id = %(connection)s
      and l.known_to = 2147483647 and l.voucher_no = n.number
    offset 0
  ) p
  group by 1, 2, p.voucher_id
)
select v.series, b.number + 1, v.number - 1
from v cross join lateral (
  select p.voucher_no as number from ledger_posting p where {_NEIGHBOUR}
  order by p.voucher_no desc limit 1
) b
where b.number < v.number - 1
order by v.number desc limit {MOST_FINDINGS}
"""  # noqa: S608 constants
_OF_ALL = f"""
with v as (
  select voucher_series as series, voucher_no as number,
         min(coalesce(source_created_at, posting_date)) as at
  from ledger_posting where connection_id = %(connection)s and known_to = 2147483647
  group by 1, 2, voucher_id
), beside as (
  select series, number, at, lag(number) over w as before, lag(at) over w as before_at
  from v window w as (partition by series order by number, at)
)
select series, before + 1, number - 1 from beside
where before < number - 1 and before > number - {LONGEST_GAP}
  and abs(extract(epoch from at - before_at)) < {NEIGHBOUR_DAYS} * 86400
order by number desc limit {MOST_FINDINGS}
"""  # noqa: S608 constants


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers nobody has, from first to last, both included."""

    series: str
    first: int
    last: int

    @property
    def reference(self) -> str:
        return f"{self.series}|{self.first}-{self.last}"


def look_for_gaps(transaction: Transaction, key: BooksKey, books: Books) -> bool:
    """Notes gaps among the numbers that came since last; True when there is one we had not seen.

    The first time every number is looked at, and all months are proved anyway: nothing is asked
    for. An old gap never asks again; one that is filled is cleared.
    """
    if books.landing == books.gaps_landing:
        return False
    is_first = books.gaps_landing == 0
    if is_first and not books.is_anchored_at_conversion:
        return False  # history is still coming; looked at when all of it is here
    found = [
        Gap(str(series), int(str(first)), int(str(last)))
        for series, first, last in transaction.execute(
            _OF_ALL if is_first else _OF_NEW,
            {"connection": key.connection_id, "landing": books.gaps_landing},
        ).fetchall()
    ]
    _clear_filled(transaction, key)
    new = [gap for gap in found if _note(transaction, key, gap, books.landing)]
    transaction.execute(
        "update ledger_books set gaps_landing = landing where connection_id = %s",
        [key.connection_id],
    )
    return bool(new) and not is_first


def _note(transaction: Transaction, key: BooksKey, gap: Gap, landing: int) -> bool:
    """True when the gap was not known; what lies inside a gap that we know is no news."""
    row = transaction.execute(
        "insert into ledger_finding (firm_id, connection_id, kind, reference, detail, landing) "
        "select %s, %s, %s, %s, %s::jsonb, %s where not exists (select from ledger_finding f "
        "where f.connection_id = %s and f.kind = %s and f.cleared_at is null "
        "and f.detail->>'series' = %s and (f.detail->>'first')::bigint <= %s "
        "and (f.detail->>'last')::bigint >= %s) "
        "on conflict (connection_id, kind, reference) do update "
        "set found_at = clock_timestamp(), cleared_at = null, landing = excluded.landing "
        "where ledger_finding.cleared_at is not null returning 1",
        [
            key.firm_id,
            key.connection_id,
            GAP,
            gap.reference,
            json.dumps({"series": gap.series, "first": gap.first, "last": gap.last}),
            landing,
            key.connection_id,
            GAP,
            gap.series,
            gap.first,
            gap.last,
        ],
    ).fetchone()
    return row is not None


def _clear_filled(transaction: Transaction, key: BooksKey) -> None:
    """A gap that has been filled is cleared; of one filled in part, what is left is noted."""
    for reference, series, first, last, held in transaction.execute(
        "select f.reference, f.detail->>'series', (f.detail->>'first')::bigint, "
        "(f.detail->>'last')::bigint, array(select distinct p.voucher_no from ledger_posting p "
        "where p.connection_id = f.connection_id and p.known_to = 2147483647 "
        "and p.voucher_no between (f.detail->>'first')::bigint and (f.detail->>'last')::bigint "
        "and p.voucher_series = f.detail->>'series' order by 1) "
        "from ledger_finding f where f.connection_id = %s and f.kind = %s and f.cleared_at is null",
        [key.connection_id, GAP],
    ).fetchall():
        if not isinstance(held, list) or not held:
            continue
        clear(transaction, key, GAP, str(reference))
        edges = [int(str(first)) - 1, *held, int(str(last)) + 1]
        for low, high in pairwise(edges):
            if high - low > 1:
                _note(transaction, key, Gap(str(series), low + 1, high - 1), 0)
