"""Counts months anew after a sync or anything else has moved what they rest on.

Every counted month keeps what it was counted from: the connection, its landing, and a `ground` of
everything beside the postings. One statement finds the months whose ground is another now, so a job
that dies, runs twice or comes late finds the same work. A client in the middle of a run waits for
its end: until the proof has come, every later month stands unproved for a moment. A run that has
stopped is waited for six hours.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.db import connection
from django.utils import timezone

from klientbro.clients.models import Client
from klientbro.domain.periods import Month
from klientbro.ledger.queries import Published, books_of, find_in_one_landing
from klientbro.ledger.queries.books import SUPPLIER_FIRST
from klientbro.ledger.rows import BooksState
from klientbro.products.reconciliation.models import Progress, Suspension
from klientbro.products.reconciliation.sheet import MonthSheet, month_sheet
from klientbro.products.reconciliation.signing import note_suspensions

# Landings that no account's figures or marks can come from.
HARMLESS = ("customers", "suppliers", "departments", "projects", "vat_codes")

# Months already counted, and the last ended one of every active client with books.
_MONTHS = f"""
with supplied as materialized (
  select distinct on (c.client_id) c.client_id, c.id, c.is_active, b.landing, b.lock_date,
         b.anchor_date, b.covered_from
  from clients_connection c join ledger_books b on b.connection_id = c.id
  order by c.client_id, {SUPPLIER_FIRST}
), settled as materialized (
  select s.* from supplied s
  where s.anchor_date is not null and s.client_id <> all(%(done)s::bigint[]) and (
    not exists (select from sync_step t where t.connection_id = s.id)
    or exists (select from sync_state e where e.connection_id = s.id and e.cause <> ''
               and e.cause_since < now() - interval '6 hours'))
), wanted as (
  select p.client_id, p.month from reconciliation_progress p
  union
  select client_id, %(latest)s::date from settled
  where is_active and covered_from <= %(latest)s::date
), grounds as (
  select s.client_id, w.month, s.id as connection_id, s.landing, p.id as progress_id,
         p.connection_id as counted_connection, p.landing as counted_landing,
         p.ground as counted_ground,
         concat_ws('|', s.id, s.is_active, s.lock_date >= d.last_day, coalesce(m.state, ''),
           (select max(i.id) from ledger_item_snapshot i
            where i.connection_id = s.id and i.as_of = d.last_day),
           (select concat(max(t.id), '/', max(t.removed_at)) from reconciliation_statement t
            where t.client_id = s.client_id and t.first_day <= d.last_day),
           (select concat(max(l.id), '/', max(l.removed_at)) from reconciliation_documentedline l
            where l.client_id = s.client_id and l.month = w.month),
           (select concat(max(a.id), '/', max(a.removed_at)) from reconciliation_attachment a
            where a.client_id = s.client_id and a.month = w.month),
           (select concat(count(*), '/', max(a.changed_at)) from reconciliation_accountplan a
            where a.client_id = s.client_id),
           (select concat(count(*), '/', sum(t.version)) from reconciliation_plantemplate t),
           (select max(o.id) from reconciliation_signoff o
            where o.client_id = s.client_id and o.month = w.month)) as ground
  from wanted w
  join settled s on s.client_id = w.client_id
  cross join lateral (select (w.month + interval '1 month - 1 day')::date as last_day) d
  left join reconciliation_progress p on p.client_id = w.client_id and p.month = w.month
  left join ledger_month m on m.connection_id = s.id and m.month = w.month
)
"""  # noqa: S608 constants only

# A landing moved a month when it changed that month or an earlier one. Those that changed no
# posting renamed accounts or moved the opening: they concern every month.
_MOVED = """
exists (
  select from ledger_landing l
  where l.connection_id = g.connection_id and l.number > g.counted_landing
    and l.kind <> all(%(harmless)s) and (
      exists (select from ledger_change c where c.connection_id = l.connection_id
              and c.landing = l.number and c.month <= g.month)
      or not exists (select from ledger_change c where c.connection_id = l.connection_id
                     and c.landing = l.number))
)
"""

_STALE = f"""{_MONTHS}
select g.client_id, g.month, g.connection_id, g.landing, g.ground
from grounds g
where g.progress_id is null or g.ground <> g.counted_ground
   or g.counted_connection is distinct from g.connection_id
   or (g.landing > g.counted_landing and {_MOVED})
order by g.client_id, g.month
limit %(most)s
"""  # noqa: S608 constants only

# What came since left these months alone: the next look begins where this one ended.
_KEEP_UP = f"""{_MONTHS}
update reconciliation_progress p set landing = g.landing
from grounds g
where p.id = g.progress_id and g.landing > g.counted_landing and g.ground = g.counted_ground
  and g.counted_connection = g.connection_id and not {_MOVED}
"""  # noqa: S608 constants only


@dataclass(frozen=True, slots=True)
class Stale:
    """A client's month to count, and what it will have been counted from."""

    client_id: int
    month: date
    connection_id: int
    landing: int
    ground: str


def stale_months(latest: Month, most: int, done: Collection[int] = ()) -> list[Stale]:
    """Months of the firm whose counts are no longer those of the books; clients that are done are
    left out. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE, _parameters(latest, done) | {"most": most})
        return [Stale(*row) for row in cursor.fetchall()]


def keep_up(latest: Month) -> None:
    """Notes how far the months that have not moved have been looked at. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_UP, _parameters(latest))


def recount_client(client_id: int, stale: Sequence[Stale]) -> int:
    """Counts some months of one client anew, in the caller's transaction; how many.

    Two jobs at once: the second leaves the client to the first.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_try_advisory_xact_lock(hashtextextended('recount:' || %s, 12))", [client_id]
        )
        if not cursor.fetchone()[0]:
            return 0
    client = Client.objects.filter(pk=client_id).first()
    if client is None:
        return 0
    for each in stale:
        sheet = _sheet(client, Month.of(each.month))
        if sheet is not None:
            note_suspensions(sheet)
            _confirm(sheet)
        Progress.objects.update_or_create(
            client_id=client_id,
            month=each.month,
            defaults={
                "connection_id": each.connection_id,
                "landing": each.landing,
                "ground": each.ground,
            },
            create_defaults={
                "firm_id": client.firm_id,
                "connection_id": each.connection_id,
                "landing": each.landing,
                "ground": each.ground,
                **dict.fromkeys(("to_do", "prepared", "reviewed", "suspended", "differing"), 0),
            },
        )
    return len(stale)


def by_client(stale: Sequence[Stale]) -> list[tuple[int, list[Stale]]]:
    """The months of each client together."""
    return [(id_, list(held)) for id_, held in groupby(stale, key=lambda each: each.client_id)]


def _sheet(client: Client, month: Month) -> MonthSheet | None:
    """The month from one landing; None where the ledger cannot say anything of it."""

    def find() -> tuple[BooksState | None, Published | None]:
        books = books_of(client.pk)
        if books is None or not books.is_usable:
            return None, None
        return books, Published(books.connection_id, books.landing)

    return find_in_one_landing(
        find, lambda books: month_sheet(client, books, month) if books is not None else None
    )


def _confirm(sheet: MonthSheet) -> None:
    """What stands after an ended run is confirmed, so that people may be told; what was changed
    back has ended. Three statements at most."""
    now = timezone.now()
    standing = {
        (sign_off.pk, change.kind.value)
        for line in sheet.lines
        if line.is_suspended and (sign_off := line.reviewed or line.prepared) is not None
        for change in line.causes
    }
    confirmed, ended = [], []
    for row in Suspension.objects.filter(
        sign_off__client_id=sheet.client_id, sign_off__month=sheet.month.first_day
    ):
        stands = (row.sign_off_id, row.cause) in standing
        if stands and (row.confirmed_at is None or row.ended_at is not None):
            confirmed.append(row.pk)
        elif not stands and row.ended_at is None:
            ended.append(row.pk)
    if confirmed:
        Suspension.objects.filter(pk__in=confirmed).update(confirmed_at=now, ended_at=None)
    if ended:
        Suspension.objects.filter(pk__in=ended).update(ended_at=now)


def _parameters(latest: Month, done: Collection[int] = ()) -> dict[str, Any]:
    return {"latest": latest.first_day, "harmless": list(HARMLESS), "done": list(done)}
