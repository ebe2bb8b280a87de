"""What the portal's lists read: counters, which rows of a page, and their state. Fixed statements.

The state's word is worked out in SQL here because filters and counters need it for every row at
once; a test holds it equal to `sync.services.connection_states`, which rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection as database
from django.utils import timezone

from klientbro.domain.national_id import is_hidden_national_id
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.sync.causes import Cause, cause_text

PAGE_SIZE = 50
FILTERS = ("", "aktive", "inaktive", "stoppet", "ikke-avstemt", "henter")
SORTS = ("navn", "orgnr", "status", "hentet")

_STOPPING = [cause.value for cause in Cause if cause_text(cause).stops]

_WORDS = """
found as materialized (
  select c.id, c.integration_id, c.name, c.sort_key, c.orgnr, c.is_active, s.last_success_at,
    case
      when not c.is_active then 'inactive'
      when j.is_doing or (j.lock is not null
           and exists (select from sync_step t where t.connection_id = c.id)) then 'running'
      when s.cause = 'differs' then 'differs'
      when s.cause = any(%(stopping)s) then 'stopped'
      when j.lock is not null or s.cause <> '' then 'waiting'
      when s.last_success_at is null then 'never'
      else 'updated'
    end as word,
    coalesce(s.cause, '') as cause
  from clients_connection c
  left join sync_state s on s.connection_id = c.id
  left join (
    select queueing_lock as lock, bool_or(status = 'doing') as is_doing
    from procrastinate_jobs
    where status in ('todo', 'doing') and queueing_lock like 'sync:%%'
    group by queueing_lock
  ) j on j.lock = 'sync:' || c.id
  where c.deleted_at is null and c.integration_id = any(%(integrations)s)
)
"""

# On its way by itself: a job is doing it, or one waits for its turn.
_FETCHING = "word = 'running' or word = 'never' or (word = 'waiting' and cause = '')"
_CHOSEN = {
    "": "true",
    "aktive": "is_active",
    "inaktive": "not is_active",
    "stoppet": "word = 'stopped'",
    "ikke-avstemt": "word = 'differs'",
    "henter": f"({_FETCHING})",
}
_MATCHES = """
(%(plain)s = '' or strpos(sort_key, %(plain)s) > 0
 or (%(digits)s <> '' and strpos(coalesce(orgnr, ''), %(digits)s) = 1))
"""
_TALLY = f"""
count(*) filter (where is_active), count(*) filter (where not is_active),
count(*) filter (where word = 'stopped'), count(*) filter (where word = 'differs'),
count(*) filter (where {_FETCHING}), count(*) filter (where word = 'waiting' and cause <> ''),
max(last_success_at)
"""
_COUNTS = f"with {_WORDS} select integration_id, {_TALLY} from found group by integration_id"  # noqa: S608 constants
# By the primary key of each connection in turn: a plan for the whole table at once goes astray
# where the statistics are old.
_MONTHS = """
select c.integration_id, coalesce(sum(m.sealed), 0)::bigint,
       coalesce(sum(greatest(m.known, case when b.conversion_date is null then 0 else
         (extract(year from %(today)s::date) - extract(year from b.conversion_date)) * 12
         + extract(month from %(today)s::date) - extract(month from b.conversion_date) + 1 end)),
         0)::bigint,
       coalesce(sum(m.differing), 0)::bigint
from clients_connection c
join ledger_books b on b.connection_id = c.id
cross join lateral (
  select count(*) as known, count(*) filter (where state = 'sealed') as sealed,
         count(*) filter (where state = 'differs') as differing
  from ledger_month where connection_id = c.id
) m
where c.deleted_at is null and c.is_active and c.integration_id = any(%(integrations)s)
group by c.integration_id
"""
_ORDERS = {
    "navn": 'sort_key collate "C" {way}, orgnr nulls last, id',
    "orgnr": 'orgnr {way} nulls last, sort_key collate "C", id',
    "hentet": 'last_success_at {way} nulls last, sort_key collate "C", id',
    # worst first
    "status": "array_position(array['stopped','differs','waiting','never','running','updated',"
    "'inactive'], word) {way}, sort_key collate \"C\", id",
}


_NO_TALLY = (0, 0, 0, 0, 0, 0, None)
_NO_MONTHS = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many connections of an integration are in each state, and its months."""

    active: int = 0
    inactive: int = 0
    stopped: int = 0
    differing: int = 0
    fetching: int = 0
    waiting: int = 0
    last_fetched_at: datetime | None = None
    sealed_months: int = 0
    total_months: int = 0
    differing_months: int = 0

    @property
    def total(self) -> int:
        return self.active + self.inactive

    @property
    def seal(self) -> str:
        """Sealed when every month is, ≠ when one differs, dashed while some remain."""
        if not self.total_months:
            return ""
        if self.differing_months:
            return "unsealed"
        return "sealed" if self.sealed_months == self.total_months else "open"

    def of_filter(self, name: str) -> int:
        """The number on a filter's chip."""
        return {
            "": self.total,
            "aktive": self.active,
            "inaktive": self.inactive,
            "stoppet": self.stopped,
            "ikke-avstemt": self.differing,
            "henter": self.fetching,
        }[name]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list's address asks for; everything unknown in it is the ordinary choice."""

    search: str = ""
    chosen: str = ""
    sort: str = "navn"
    descending: bool = False
    parameters: dict[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, asked: Any) -> ListQuery:
        """From a QueryDict: `q`, `vis`, `sorter` (a leading - reverses)."""
        sort = asked.get("sorter", "navn")
        name = sort.removeprefix("-")
        chosen = asked.get("vis", "")
        return cls(
            search=" ".join(asked.get("q", "").replace("\0", "").split())[:100],
            chosen=chosen if chosen in FILTERS else "",
            sort=name if name in SORTS else "navn",
            descending=sort.startswith("-") and name in SORTS,
        )

    @property
    def digits(self) -> str:
        """The search as digits when it is nothing else, for orgnr."""
        compact = "".join(self.search.split())
        return compact if compact.isascii() and compact.isdigit() else ""

    @property
    def is_personal_number(self) -> bool:
        """Somebody's number does not belong in an address; masked on the way it is still one."""
        return len(self.digits) == 11 or is_hidden_national_id(self.search)


def counts(integration_ids: Sequence[int], *, months: bool = True) -> dict[int, Counts]:
    """The counters of each integration. Two statements, one without `months`."""
    parameters = {"integrations": list(integration_ids), "stopping": _STOPPING}
    found: dict[int, tuple[Any, ...]] = {row[0]: row[1:] for row in _rows(_COUNTS, parameters)}
    of_months = _months(integration_ids) if months else {}
    return {
        key: Counts(*found.get(key, _NO_TALLY), *of_months.get(key, _NO_MONTHS))
        for key in integration_ids
    }


def list_part(
    integration_id: int, query: ListQuery, *, offset: int
) -> tuple[Counts, int, list[int]]:
    """The counters, how many rows match, and the ids of one page in order. One statement."""
    order = _ORDERS[query.sort].format(way="desc" if query.descending else "asc")
    chosen = f"{_CHOSEN[query.chosen]} and {_MATCHES}"
    statement = (
        f"with {_WORDS} select count(*) filter (where {chosen}), "  # noqa: S608 constants
        f"array(select id from found where {chosen} order by {order} "
        f"limit %(size)s offset %(offset)s), {_TALLY} from found"
    )
    parameters = {
        "integrations": [integration_id],
        "stopping": _STOPPING,
        "plain": norwegian_sort_key(query.search).partition("\x01")[0],
        "digits": query.digits,
        "size": PAGE_SIZE,
        "offset": offset,
    }
    total, ids, *tally = _rows(statement, parameters)[0]
    return Counts(*tally), total, ids


def _months(integration_ids: Sequence[int]) -> dict[int, tuple[Any, ...]]:
    parameters = {"integrations": list(integration_ids), "today": timezone.localdate()}
    return {row[0]: row[1:] for row in _rows(_MONTHS, parameters)}


def words_of(integration_id: int) -> dict[int, str]:
    """Every connection's word, for comparing with `connection_states`."""
    parameters = {"integrations": [integration_id], "stopping": _STOPPING}
    return dict(_rows(f"with {_WORDS} select id, word from found", parameters))  # noqa: S608 constants


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with database.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
