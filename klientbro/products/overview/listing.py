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
_OPEN = "t.state in ('not_started', 'in_progress', 'follow_up')"
_NAMED = """(%(text)s = '' or c.name ilike %(pattern)s or c.sort_key like %(folded)s
          or c.orgnr like %(digits)s)"""
_RESPONSIBLE = """exists (select from clients_clientfacts f
         where f.client_id = r.id and f.responsible_id"""
_RANKED = f"""
with supplied as materialized (
  select distinct on (c.client_id) c.client_id, c.id, c.is_active
  from clients_connection c left join ledger_books b on b.connection_id = c.id
  order by c.client_id, {SUPPLIER_FIRST}
), due as materialized (
  select t.client_id, count(*) filter (where t.due_date < %(today)s) as overdue,
         min(t.due_date) as next_due
  from practice_task t
  where {_OPEN} and t.due_date <= %(soon)s
  group by t.client_id
), counted as materialized (
  select p.client_id, p.suspended, p.differing, p.to_do, p.reviewed
  from reconciliation_progress p where p.month = %(month)s
), proved as materialized (
  select m.connection_id, m.state from ledger_month m where m.month = %(month)s
), ranked as materialized (
  select c.id, c.sort_key, {_NAMED} as is_named, k.id as connection_id,
         coalesce(k.is_active, false) as is_active, coalesce(d.overdue, 0) as overdue, d.next_due,
         coalesce(p.suspended, 0) as suspended, coalesce(p.differing, 0) as differing,
         coalesce(p.to_do > 0 and p.reviewed = p.to_do, false) as is_reconciled,
         m.state as seal,
         (k.is_active is not true or s.cause is not null) as is_stopped,
         case when d.overdue > 0 then 0
              when p.suspended > 0 or m.state = 'differs'
                or (s.cause is not null and k.is_active) then 1
              when d.next_due is not null then 2 else 3 end as place
  from overview_overviewclient o
  join clients_client c on c.id = o.client_id
  left join supplied k on k.client_id = o.client_id
  left join sync_state s on s.connection_id = k.id and s.cause <> ''
  left join due d on d.client_id = o.client_id
  left join counted p on p.client_id = o.client_id
  left join proved m on m.connection_id = k.id
), chosen as materialized (
  select r.id, r.place, r.next_due, r.sort_key from ranked r
  where r.is_named and (%(show)s <> 'mine' or {_RESPONSIBLE} = %(me)s))
    and (%(show)s <> 'forfalt' or r.overdue > 0)
    and (%(show)s <> 'avvik' or r.place = 1 or r.seal = 'differs')
    and (%(show)s <> 'stoppet' or r.is_stopped)
    and (%(responsible)s::bigint is null or {_RESPONSIBLE} = %(responsible)s)
         or (%(responsible)s = 0 and not {_RESPONSIBLE} is not null)))
    and (%(label)s::bigint is null or exists (select from clients_clientlabel l
         where l.client_id = r.id and l.label_id = %(label)s))
), page as materialized (
  select id, place, next_due, sort_key from chosen
  order by place, next_due nulls last, sort_key collate "C", id offset %(offset)s limit %(size)s
), shown as (
  select c.id, c.public_id, c.name, c.orgnr, r.place, f.responsible_id, r.connection_id,
         r.is_active, r.overdue, r.next_due, r.suspended, r.differing, p.sort_key
  from page p join ranked r on r.id = p.id join clients_client c on c.id = p.id
  left join clients_clientfacts f on f.client_id = p.id
)
"""  # noqa: S608 constants only
_IN_ORDER = 'place, next_due nulls last, sort_key collate "C", id'

_PAGE = f"{_RANKED} select * from shown order by {_IN_ORDER}"  # noqa: S608 constants only

_COUNTED_PAGE = f"""{_RANKED}
select a.*, b.*, p.* from (
  select count(*), (select count(*) from overview_overviewclient o
           join clients_clientfacts f on f.client_id = o.client_id
           where f.responsible_id = %(me)s),
         count(*) filter (where overdue > 0),
         count(*) filter (where place = 1 or coalesce(seal, '') = 'differs'),
         count(*) filter (where is_stopped), coalesce(sum(overdue), 0)::int,
         count(*) filter (where seal = 'sealed'), count(connection_id),
         count(*) filter (where is_reconciled), coalesce(sum(suspended), 0)::int,
         (select t.due_date from practice_task t
          join overview_overviewclient o on o.client_id = t.client_id
          where {_OPEN} and t.due_date between %(today)s and %(soon)s
          order by t.due_date limit 1)
  from ranked
) a cross join (
  select count(*), count(*) filter (where place = 0), count(*) filter (where place = 1),
         count(*) filter (where place = 2), count(*) filter (where place = 3)
  from chosen
) b left join shown p on true
order by {_IN_ORDER}
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
