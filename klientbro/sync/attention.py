"""How much each client is wanted fresh: opened when, chosen how often, near which deadline.

The worker asks through its own transaction, pages through Django's; both inside the firm's.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.db import connection as database
from django.db import transaction as django_transaction

from klientbro.clients.models import Connection
from klientbro.ledger.landing import Transaction
from klientbro.sync.causes import Cause, cause_text, retry_after_seconds
from klientbro.sync.schedule import Frequency, Wish, next_round, next_try, priority_of
from klientbro.tenants.context import current_firm

OPENED_AGAIN_SECONDS = 180
FRESH_SECONDS = 120
ITEM_DAYS_KEPT = 60

_WISHES = """
select c.id, coalesce(nullif(a.frequency, ''), p.frequency, 'normal'),
       coalesce(p.from_hour, 7), coalesce(p.to_hour, 17), a.opened_at, a.deadline
from clients_connection c
left join sync_attention a on a.connection_id = c.id
left join sync_pace p on p.firm_id = c.firm_id
where c.id = any(%s)
"""


@dataclass(frozen=True, slots=True)
class FirmPace:
    """What a firm has chosen for all its clients."""

    frequency: Frequency = Frequency.NORMAL
    from_hour: int = 7
    to_hour: int = 17


def wishes_of(cursor: Transaction, connection_ids: Sequence[int]) -> dict[int, Wish]:
    """What is wished for each connection, in one statement."""
    rows = cursor.execute(_WISHES, [list(connection_ids)]).fetchall()
    return {int(str(row[0])): _wish(row) for row in rows}


def _wish(row: tuple[object, ...]) -> Wish:
    _id, frequency, from_hour, to_hour, opened_at, deadline = row
    return Wish(
        frequency=Frequency(str(frequency)),
        from_hour=int(str(from_hour)),
        to_hour=int(str(to_hour)),
        opened_at=opened_at if isinstance(opened_at, datetime) else None,
        deadline=deadline if isinstance(deadline, date) else None,
    )


def schedule_next(
    cursor: Transaction,
    firm_id: UUID,
    connection_id: int,
    cause: Cause | None,
    failures: int,
    least_seconds: float,
) -> None:
    """When the connection is due after a run that has just ended, in the run's transaction.

    After a failure its cause's own rule, and no sooner than the source asked for.
    """
    now = datetime.now(UTC)
    chance = random.random()  # noqa: S311 only spreads the clients
    wish = wishes_of(cursor, [connection_id]).get(connection_id, Wish())
    if cause is None:
        due = next_round(wish, now, chance)
    else:
        seconds = max(float(retry_after_seconds(cause, failures)), least_seconds)
        due = next_try(now, seconds, chance)
    cursor.execute(
        "insert into sync_schedule (connection_id, firm_id, next_at, priority) "
        "values (%s, %s, %s, %s) on conflict (connection_id) do update "
        "set next_at = excluded.next_at, priority = excluded.priority",
        [connection_id, firm_id, due, priority_of(wish, now)],
    )


def note_opened(connection_id: int) -> bool:
    """Somebody opens the client: it is in use from now, and fetched at once unless it is fresh.

    At most once in three minutes for each client, however many look at it. True when queued.
    """
    from klientbro.sync.services import queue_sync

    with database.cursor() as cursor:
        cursor.execute(
            "insert into sync_attention as a (connection_id, firm_id, opened_at) "
            "select id, firm_id, clock_timestamp() from clients_connection "
            "where id = %s and is_active and deleted_at is null "
            "on conflict (connection_id) do update set opened_at = excluded.opened_at "
            "where a.opened_at is null or a.opened_at < clock_timestamp() - "
            "make_interval(secs => %s) returning 1",
            [connection_id, OPENED_AGAIN_SECONDS],
        )
        if cursor.fetchone() is None:
            return False
        cursor.execute(
            "select s.cause from sync_state s where s.connection_id = %s "
            "and s.last_attempt_at is not null and (s.last_success_at is null "
            "or s.last_success_at < clock_timestamp() - make_interval(secs => %s)) "
            "and not exists (select from procrastinate_jobs j where j.lock = %s "
            "and j.status in ('todo', 'doing'))",
            [connection_id, FRESH_SECONDS, f"connection:{connection_id}"],
        )
        row = cursor.fetchone()
    if row is None:
        return False
    cause = str(row[0])
    if cause and (cause == Cause.THROTTLED or cause_text(cause).stops):
        return False  # it waits for a person, or for the time that the source asked for
    queue_sync(Connection.objects.get(pk=connection_id), reason="looking", via="opening")
    return True


def firm_pace() -> FirmPace:
    """What the firm has chosen."""
    with database.cursor() as cursor:
        cursor.execute("select frequency, from_hour, to_hour from sync_pace")
        row = cursor.fetchone()
    return FirmPace(Frequency(row[0]), row[1], row[2]) if row else FirmPace()


def choose_pace(pace: FirmPace) -> None:
    """Sets the firm's choice and moves its clients' next times to fit. ValueError on odd hours."""
    if not 0 <= pace.from_hour < pace.to_hour <= 24:
        raise ValueError("the office must open before it closes, between 0 and 24")
    with django_transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            "insert into sync_pace (firm_id, frequency, from_hour, to_hour) values (%s, %s, %s, %s)"
            " on conflict (firm_id) do update set frequency = excluded.frequency, "
            "from_hour = excluded.from_hour, to_hour = excluded.to_hour",
            [current_firm(), pace.frequency.value, pace.from_hour, pace.to_hour],
        )
        _reschedule(None)


def choose_frequency(connection_id: int, frequency: Frequency | None) -> None:
    """Sets one client's own choice; None follows the firm's."""
    with django_transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            "insert into sync_attention (connection_id, firm_id, frequency) "
            "select id, firm_id, %s from clients_connection where id = %s "
            "on conflict (connection_id) do update set frequency = excluded.frequency",
            [frequency.value if frequency else "", connection_id],
        )
        _reschedule([connection_id])


def set_deadline(connection_id: int, day: date | None) -> None:
    """The client's next deadline; some days before it, it is fetched as one in use."""
    with django_transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            "insert into sync_attention as a (connection_id, firm_id, deadline) "
            "select id, firm_id, %s from clients_connection where id = %s "
            "on conflict (connection_id) do update set deadline = excluded.deadline "
            "where a.deadline is distinct from excluded.deadline returning 1",
            [day, connection_id],
        )
        if cursor.fetchone():
            _reschedule([connection_id])


def _reschedule(connection_ids: list[int] | None) -> None:
    """New next times for what is well: a client that failed keeps the time its cause gave it."""
    now = datetime.now(UTC)
    with database.cursor() as cursor:
        cursor.execute(
            "select d.connection_id from sync_schedule d "
            "join sync_state s on s.connection_id = d.connection_id "
            "where s.cause = '' and s.last_success_at is not null "
            "and (%s::bigint[] is null or d.connection_id = any(%s)) "
            "and not exists (select from procrastinate_jobs j where j.lock = "
            "'connection:' || d.connection_id and j.status in ('todo', 'doing')) "
            "order by d.connection_id for update of d",
            [connection_ids, connection_ids],
        )
        chosen = [row[0] for row in cursor.fetchall()]
        if not chosen:
            return
        cursor.execute(_WISHES, [chosen])
        wishes = {row[0]: _wish(row) for row in cursor.fetchall()}
        due = [next_round(wishes[one], now, random.random()) for one in chosen]  # noqa: S311
        cursor.execute(
            "update sync_schedule d set next_at = u.next_at, priority = u.priority "
            "from unnest(%s::bigint[], %s::timestamptz[], %s::int[]) u (id, next_at, priority) "
            "where d.connection_id = u.id",
            [chosen, due, [priority_of(wishes[one], now) for one in chosen]],
        )


def work_on_items(connection_id: int, day: date) -> None:
    """Somebody works on a period's end: its open items are taken now and when its postings move.

    The first time the client is queued at once, so that the page gets them soon.
    """
    from klientbro.sync.services import queue_sync

    with database.cursor() as cursor:  # most who look come within the hour: they write nothing
        cursor.execute(
            "select from sync_itemday where connection_id = %s and day = %s "
            "and worked_on_at >= clock_timestamp() - interval '1 hour'",
            [connection_id, day],
        )
        if cursor.fetchone() is not None:
            return
    with django_transaction.atomic(), database.cursor() as cursor:
        cursor.execute(
            "insert into sync_itemday as d (firm_id, connection_id, day, worked_on_at) "
            "select firm_id, id, %s, clock_timestamp() from clients_connection where id = %s "
            "on conflict (connection_id, day) do update set worked_on_at = excluded.worked_on_at "
            "where d.worked_on_at < clock_timestamp() - interval '1 hour' "
            "returning asked_landing",
            [day, connection_id],
        )
        row = cursor.fetchone()
        if row is not None and row[0] is None:
            queue_sync(Connection.objects.get(pk=connection_id), reason="looking", via="opening")


def item_days_due(cursor: Transaction, connection_id: int) -> list[date]:
    """The days worked on whose open items were never taken, or whose control accounts have moved.

    They count as sent for from here: the caller puts their steps in the same transaction.
    """
    rows = cursor.execute(
        "update sync_itemday d set asked_landing = b.landing from ledger_books b "
        "where d.connection_id = %s and b.connection_id = d.connection_id "
        "and d.worked_on_at > clock_timestamp() - make_interval(days => %s) "
        "and (d.asked_landing is null or exists ("
        "select from ledger_change c join ledger_account a on a.connection_id = c.connection_id "
        "and a.source_id = c.account_id and a.control is not null "
        "where c.connection_id = d.connection_id and c.landing > d.asked_landing "
        "and c.month <= d.day)) returning d.day",
        [connection_id, ITEM_DAYS_KEPT],
    ).fetchall()
    return sorted(day for (day,) in rows if isinstance(day, date))


def wishes(connection_ids: Sequence[int]) -> dict[int, Wish]:
    """The same as `wishes_of`, for pages."""
    with database.cursor() as cursor:
        cursor.execute(_WISHES, [list(connection_ids)])
        return {row[0]: _wish(row) for row in cursor.fetchall()}
