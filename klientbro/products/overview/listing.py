"""Oversikt's list: every client ranked worst first, counted and paged in the database.

One statement whatever the firm's size: every client is ranked once, for the chips, the key figures
and the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from typing import Any
from uuid import UUID

from django.db import connection

from klientbro.domain.periods import Month
from klientbro.ledger.queries.books import SUPPLIER_FIRST
from klientbro.lib.sorting import norwegian_sort_key

SOON = timedelta(days=30)


class Group(IntEnum):
    """Worst first."""

    OVERDUE = 0
    DIFFERS = 1
    SOON = 2
    ON_TRACK = 3


class Show(StrEnum):
    """The chips above the list."""

    ALL = ""
    MINE = "mine"
    OVERDUE = "forfalt"
    DIFFERS = "avvik"
    STOPPED = "stoppet"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person narrowed the list down to."""

    show: Show = Show.ALL
    search: str = ""
    responsible: int | None = None  # 0: nobody
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """What the list holds in all, before paging."""

    everything: int
    mine: int
    overdue: int
    differing: int
    stopped: int
    shown: int
    groups: dict[Group, int]
    overdue_tasks: int
    sealed: int
    with_books: int
    reconciled: int
    suspended: int
    next_due: date | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A client of the list, with what decides its place."""

    client_id: int
    public_id: UUID
    name: str
    orgnr: str | None
    group: Group
    responsible_id: int | None
    connection_id: int | None
    is_active: bool
    overdue_tasks: int
    next_due: date | None
    suspended: int
    differing: int


# `seal` is what the last proof of the chosen month said. A client is stopped when its connection
# is turned off or a cause that somebody must cure stands (sync_state.cause).
_RANKED = f"""
with supplied as materialized (
  select distinct on (c.client_id) c.client_id, c.id, c.is_active
  from clients_connection c left join ledger_books b on b.connection_id = c.id
  order by c.client_id, {SUPPLIER_FIRST}
), clients as materialized (
  select c.id, c.public_id, c.name, c.orgnr, c.sort_key, f.responsible_id,
         k.id as connection_id, coalesce(k.is_active, false) as is_active,
         coalesce(s.cause, '') as cause
  from overview_overviewclient o
  join clients_client c on c.id = o.client_id
  left join clients_clientfacts f on f.client_id = c.id
  left join supplied k on k.client_id = o.client_id
  left join sync_state s on s.connection_id = k.id
), due as materialized (
  select t.client_id, count(*) filter (where t.due_date < %(today)s) as overdue,
         min(t.due_date) as next_due,
         min(t.due_date) filter (where t.due_date >= %(today)s) as coming
  from practice_task t
  where t.state in ('not_started', 'in_progress', 'follow_up') and t.due_date <= %(soon)s
  group by t.client_id
), ranked as materialized (
  select c.*, coalesce(d.overdue, 0) as overdue, d.next_due, d.coming,
         coalesce(p.suspended, 0) as suspended, coalesce(p.differing, 0) as differing,
         coalesce(p.to_do > 0 and p.reviewed = p.to_do, false) as is_reconciled,
         m.state as seal,
         (not c.is_active or c.cause <> '') as is_stopped,
         case when coalesce(d.overdue, 0) > 0 then 0
              when coalesce(p.suspended, 0) > 0 or coalesce(m.state, '') in ('differs')
                or (c.cause <> '' and c.is_active) then 1
              when d.next_due is not null then 2 else 3 end as place
  from clients c
  left join due d on d.client_id = c.id
  left join reconciliation_progress p on p.client_id = c.id and p.month = %(month)s
  left join ledger_month m on m.connection_id = c.connection_id and m.month = %(month)s
), chosen as (
  select r.* from ranked r
  where (%(show)s <> 'mine' or r.responsible_id = %(me)s)
    and (%(show)s <> 'forfalt' or r.overdue > 0)
    and (%(show)s <> 'avvik' or r.place = 1 or coalesce(r.seal, '') = 'differs')
    and (%(show)s <> 'stoppet' or r.is_stopped)
    and (%(responsible)s::bigint is null or r.responsible_id = %(responsible)s
         or (%(responsible)s = 0 and r.responsible_id is null))
    and (%(label)s::bigint is null or exists (select from clients_clientlabel l
         where l.client_id = r.id and l.label_id = %(label)s))
    and (%(text)s = '' or r.name ilike %(pattern)s or r.sort_key like %(folded)s
         or r.orgnr like %(digits)s)
)
"""  # noqa: S608 constants only

_PAGED = f"""{_RANKED}
, page as materialized (
  select id, public_id, name, orgnr, place, responsible_id, connection_id, is_active, overdue,
         next_due, suspended, differing,
         row_number() over (order by place, next_due nulls last, sort_key collate "C", id) as nth
  from chosen
  order by nth offset %(offset)s limit %(size)s
)
"""  # noqa: S608 constants only

_PAGE = f"{_PAGED} select * from page order by nth"  # noqa: S608 constants only

_COUNTED_PAGE = f"""{_PAGED}
select a.*, b.*, p.* from (
  select count(*), count(*) filter (where responsible_id = %(me)s),
         count(*) filter (where overdue > 0),
         count(*) filter (where place = 1 or coalesce(seal, '') = 'differs'),
         count(*) filter (where is_stopped), coalesce(sum(overdue), 0)::int,
         count(*) filter (where seal = 'sealed'), count(connection_id),
         count(*) filter (where is_reconciled), coalesce(sum(suspended), 0)::int, min(coming)
  from ranked
) a cross join (
  select count(*), count(*) filter (where place = 0), count(*) filter (where place = 1),
         count(*) filter (where place = 2), count(*) filter (where place = 3)
  from chosen
) b left join page p on true
order by p.nth
"""  # noqa: S608 constants only
COUNTS = 16


def counted_page(
    choice: Choice, month: Month, today: date, me: int, *, offset: int, size: int
) -> tuple[Counted, list[Listed]]:
    """The chips' numbers, the key figures, what the choice leaves, and a page of it: worst first
    and nearest deadline first."""
    parameters = _parameters(choice, month, today, me) | {"offset": offset, "size": size}
    rows = _fetch(_COUNTED_PAGE, parameters)
    found = [_listed(row[COUNTS:]) for row in rows if row[COUNTS] is not None]
    return _counted(rows[0]), found


def _counted(row: tuple[Any, ...]) -> Counted:
    everything, mine, overdue, differing, stopped, tasks = row[:6]
    sealed, with_books, reconciled, suspended, coming, shown = row[6:12]
    return Counted(
        everything=everything,
        mine=mine,
        overdue=overdue,
        differing=differing,
        stopped=stopped,
        shown=shown,
        groups=dict(zip(Group, row[12:16], strict=True)),
        overdue_tasks=tasks,
        sealed=sealed,
        with_books=with_books,
        reconciled=reconciled,
        suspended=suspended,
        next_due=coming,
    )


def listed(
    choice: Choice, month: Month, today: date, me: int, *, offset: int, size: int
) -> list[Listed]:
    """A page of the list, worst first and nearest deadline first."""
    parameters = _parameters(choice, month, today, me) | {"offset": offset, "size": size}
    return [_listed(row) for row in _fetch(_PAGE, parameters)]


def _listed(row: tuple[Any, ...]) -> Listed:
    place, *rest = row[4:12]
    return Listed(row[0], row[1], row[2], row[3], Group(place), *rest)


def chosen_ids(choice: Choice, month: Month, today: date, me: int, most: int) -> list[int]:
    """The ids of everything the choice leaves, for an action on all of it."""
    return [each.client_id for each in listed(choice, month, today, me, offset=0, size=most)]


def _parameters(choice: Choice, month: Month, today: date, me: int) -> dict[str, Any]:
    text = " ".join(choice.search.split())
    literal = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    folded = norwegian_sort_key(text).partition("\x01")[0] if text else ""
    digits = "".join(text.split())
    return {
        "today": today,
        "soon": today + SOON,
        "month": month.first_day,
        "me": me,
        "show": choice.show.value,
        "responsible": choice.responsible,
        "label": choice.label,
        "text": text,
        "pattern": f"%{literal}%",
        "folded": folded.replace("%", "\\%").replace("_", "\\_") + "%",
        "digits": f"{digits}%" if digits.isascii() and digits.isdigit() else "",
    }


def _fetch(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
