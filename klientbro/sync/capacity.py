"""How the shared allowance stands: what is allowed and used, who waits, and when the queue is done.

The queue and the allowance belong to all firms together; a firm sees its own part by name and the
others' as one number.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection as database

from klientbro.sync.budget import KEY
from klientbro.sync.queue import DUE, FIRST, HISTORY, LOOKING, OLD_PROOF, ROUTINE, SYNC_TASK

# What the source allows, and we keep a little below.
SOURCE_REQUESTS_PER_SECOND = 10.0
PURPOSES = (LOOKING, FIRST, DUE, ROUTINE, HISTORY, OLD_PROOF)
# Requests that a waiting job leads to, as the benchmark counts them (docs/benchmarks.md): a routine
# one asks what is new, proves the latest month, and needs a token when the last is 20 minutes old.
REQUESTS_OF_A_JOB = {LOOKING: 3, FIRST: 60, DUE: 3, ROUTINE: 3, HISTORY: 30, OLD_PROOF: 4}
# A sweep in hours asks these two of every client; tokens and daily lists come beside.
REQUESTS_OF_A_SWEEP = 2


@dataclass(frozen=True, slots=True)
class Purpose:
    """One class of work in the queue: how much waits, and since and until when."""

    priority: int
    waiting: int = 0
    mine: int = 0
    running: int = 0
    oldest_waited_seconds: float | None = None
    requests: int = 0
    seconds_to_finish: float = 0.0
    share_of_last_minute: float = 0.0


@dataclass(frozen=True, slots=True)
class Minute:
    """Requests of one minute, by priority; `mine` of them for the firm that asks."""

    minute: datetime
    granted: dict[int, int]
    mine: int = 0
    throttled: int = 0

    @property
    def total(self) -> int:
        return sum(self.granted.values())

    @property
    def per_second(self) -> float:
        return self.total / 60


@dataclass(frozen=True, slots=True)
class Capacity:
    """All of it at one moment."""

    at: datetime
    limit_per_second: float  # what the source allows
    setting_per_second: float  # what we are set to use of it
    rate_per_second: float  # what we use now: lower for a while after the source said «too many»
    used_per_second: float  # the last whole minute
    closed_seconds: float  # how long the source has asked everybody to wait, from now
    throttled_today: int
    granted_ever: int
    throttled_ever: int
    waiting_requests_now: int  # requests that stand in line for their slot this moment
    purposes: tuple[Purpose, ...]
    minutes: tuple[Minute, ...]  # oldest first, without gaps

    @property
    def waiting(self) -> int:
        return sum(one.waiting for one in self.purposes)

    @property
    def mine(self) -> int:
        return sum(one.mine for one in self.purposes)

    @property
    def running(self) -> int:
        return sum(one.running for one in self.purposes)

    @property
    def requests(self) -> int:
        return sum(one.requests for one in self.purposes)

    @property
    def seconds_to_finish(self) -> float:
        return max((one.seconds_to_finish for one in self.purposes), default=0.0)

    @property
    def oldest_waited_seconds(self) -> float | None:
        waited = [
            one.oldest_waited_seconds
            for one in self.purposes
            if one.oldest_waited_seconds is not None
        ]
        return max(waited, default=None)

    @property
    def is_quiet(self) -> bool:
        """Nothing waits, and nothing was sent in the minutes shown."""
        return not self.waiting and not self.running and not any(m.total for m in self.minutes)


def requests_per_second() -> float:
    """What the operator has set."""
    return settings.ENVIRONMENT.poweroffice.requests_per_second


def sweep_minutes(clients: int, requests: int = REQUESTS_OF_A_SWEEP) -> float:
    """Minutes of the allowance that one round over so many clients takes."""
    return clients * requests / requests_per_second() / 60


_BUDGET = """
select b.rate, b.granted, b.throttled,
       greatest(extract(epoch from b.free_at - clock_timestamp()), 0)::float8,
       (select coalesce(sum(cardinality(w.firms)), 0) from sync_budgetwait w where w.key = b.key
        and w.seen_at > clock_timestamp() - interval '1 second')
from sync_budget b where b.key = %s
"""

_QUEUE = """
select j.priority, j.status::text, count(*), count(*) filter (where j.args ->> 'firm_id' = %s),
       extract(epoch from clock_timestamp() - min(e.at))::float8
from procrastinate_jobs j
left join lateral (
  select min(at) as at from procrastinate_events e where e.job_id = j.id and e.type = 'deferred'
) e on j.status = 'todo'
where j.status in ('todo', 'doing') and j.task_name = %s group by 1, 2
"""

_MINUTES = """
select minute, priority, sum(granted), sum(throttled), sum(granted) filter (where firm_id = %s)
from sync_budgetminute
where key = %s and minute > date_trunc('minute', clock_timestamp()) - make_interval(mins => %s)
group by 1, 2
"""


def capacity_now(firm_id: UUID | None = None, *, minutes: int = 60, key: str = KEY) -> Capacity:
    """The allowance and the queue now, in four statements. `firm_id`: whose is «mine»."""
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with database.cursor() as cursor:
        cursor.execute(_BUDGET, [key])
        budget = cursor.fetchone()
        cursor.execute(_QUEUE, [str(firm_id or ""), SYNC_TASK])
        queue = cursor.fetchall()
        cursor.execute(_MINUTES, [firm_id, key, minutes])
        used = cursor.fetchall()
        cursor.execute(
            "select coalesce(sum(throttled), 0) from sync_budgetminute "
            "where key = %s and minute >= %s",
            [key, midnight],
        )
        (throttled_today,) = cursor.fetchone()
    rate, granted, throttled, closed, in_line = budget or (requests_per_second(), 0, 0, 0.0, 0)
    history = _minutes_of(used, now, minutes)
    # the minute that is still running would show too little
    last = history[-2] if len(history) > 1 else history[-1]
    return Capacity(
        at=now,
        limit_per_second=SOURCE_REQUESTS_PER_SECOND,
        setting_per_second=requests_per_second(),
        rate_per_second=float(rate),
        used_per_second=last.per_second,
        closed_seconds=float(closed) if closed > 1 else 0.0,
        throttled_today=int(throttled_today),
        granted_ever=int(granted),
        throttled_ever=int(throttled),
        waiting_requests_now=int(in_line),
        purposes=_purposes(queue, float(rate), last),
        minutes=tuple(history),
    )


def _minutes_of(used: list[tuple[object, ...]], now: datetime, minutes: int) -> list[Minute]:
    by_minute: dict[datetime, dict[int, int]] = {}
    mine: dict[datetime, int] = {}
    throttled: dict[datetime, int] = {}
    for minute, priority, granted, refused, own in used:
        if not isinstance(minute, datetime):
            continue
        purpose = nearest_purpose(int(str(priority)))
        of_minute = by_minute.setdefault(minute, {})
        of_minute[purpose] = of_minute.get(purpose, 0) + int(str(granted))
        mine[minute] = mine.get(minute, 0) + int(str(own or 0))
        throttled[minute] = throttled.get(minute, 0) + int(str(refused))
    latest = now.replace(second=0, microsecond=0)
    moments = [latest - timedelta(minutes=ago) for ago in range(minutes - 1, -1, -1)]
    return [
        Minute(at, by_minute.get(at, {}), mine.get(at, 0), throttled.get(at, 0)) for at in moments
    ]


def nearest_purpose(priority: int) -> int:
    """The class a job's priority belongs to."""
    return min(PURPOSES, key=lambda one: abs(one - priority))


def _purposes(queue: list[tuple[object, ...]], rate: float, last: Minute) -> tuple[Purpose, ...]:
    waiting = dict.fromkeys(PURPOSES, 0)
    mine, running = dict(waiting), dict(waiting)
    oldest: dict[int, float] = {}
    for priority, status, count, own, waited in queue:
        purpose = nearest_purpose(int(str(priority)))
        if status == "doing":
            running[purpose] += int(str(count))
            continue
        waiting[purpose] += int(str(count))
        mine[purpose] += int(str(own))
        if waited is not None:
            oldest[purpose] = max(oldest.get(purpose, 0.0), float(str(waited)))
    found: list[Purpose] = []
    before = 0
    for purpose in PURPOSES:
        requests = (waiting[purpose] + running[purpose]) * REQUESTS_OF_A_JOB[purpose]
        before += requests
        found.append(
            Purpose(
                priority=purpose,
                waiting=waiting[purpose],
                mine=mine[purpose],
                running=running[purpose],
                oldest_waited_seconds=oldest.get(purpose),
                requests=requests,
                seconds_to_finish=before / rate if requests else 0.0,
                share_of_last_minute=last.granted.get(purpose, 0) / last.total
                if last.total
                else 0.0,
            )
        )
    return tuple(found)
