"""Decides who must be told what: failures that need them, and recoveries, never each run.

A failure is told when it has lasted its cause's grace time, a recovery when the client has been
well for a while: one that flaps is one failure and, at last, one recovery.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection as database
from django.db.models import QuerySet

from klientbro.clients.services.assigned import who_may
from klientbro.operations.models import Alert, Notice
from klientbro.sync.causes import Cause, Owner, cause_text
from klientbro.sync.queue import SYNC_TASK
from klientbro.tenants.models import Membership
from klientbro.tenants.permissions import Act

SETTLED = timedelta(minutes=30)
OVERDUE = timedelta(hours=6)
RECOVERY_TOLD_WITHIN = timedelta(days=30)
FAILURE, RECOVERY = "failure", "recovery"
ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a digest to one person."""

    alert: Alert
    kind: str
    cause: str


_STANDING = """
select c.id, c.is_active and c.deleted_at is null as is_watched, coalesce(s.cause, '') as cause,
       s.cause_since, a.id as alert_id,
       d.connection_id is null or d.next_at < %(late)s or w.since < %(late)s as is_overdue
from clients_connection c
left join sync_state s on s.connection_id = c.id
left join sync_schedule d on d.connection_id = c.id
left join operations_alert a on a.connection_id = c.id and a.closed_at is null
left join lateral (
  select min(e.at) as since from procrastinate_jobs j
  join procrastinate_events e on e.job_id = j.id
  where j.queueing_lock = 'sync:' || c.id and j.status = 'todo' and j.task_name = %(task)s
) w on true
where a.id is not null or (c.is_active and c.deleted_at is null and (coalesce(s.cause, '') <> ''
  or d.connection_id is null or d.next_at < %(late)s or w.since < %(late)s))
"""


def observe(firm_id: UUID, now: datetime) -> None:
    """Opens, keeps and closes the firm's alerts by how its connections stand."""
    with database.cursor() as cursor:
        cursor.execute(_STANDING, {"late": now - OVERDUE, "task": SYNC_TASK})
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    known = Alert.objects.in_bulk([row["alert_id"] for row in rows if row["alert_id"]])
    for row in rows:
        alert = known.get(row["alert_id"])
        cause = row["cause"] or (Cause.OVERDUE.value if row["is_overdue"] else "")
        if row["is_watched"] and cause:
            since = (row["cause_since"] if row["cause"] else None) or now
            _fail(alert, firm_id, row["id"], cause, since)
        elif alert is not None:
            _be_well(alert, now, is_watched=row["is_watched"])


def _fail(
    alert: Alert | None, firm_id: UUID, connection_id: int, cause: str, since: datetime
) -> None:
    if alert is None:
        Alert.objects.create(
            firm_id=firm_id, connection_id=connection_id, cause=cause, failing_since=since
        )
    elif alert.cause != cause or alert.well_since is not None:
        alert.cause, alert.well_since = cause, None
        alert.save(update_fields=["cause", "well_since"])


def _be_well(alert: Alert, now: datetime, *, is_watched: bool) -> None:
    if not is_watched:  # deactivated or deleted: nobody waits for it to recover
        alert.closed_at, alert.well_since = now, None
    elif alert.well_since is None:
        alert.well_since = now
    elif alert.well_since <= now - SETTLED:
        alert.closed_at = now
    else:
        return
    alert.save(update_fields=["closed_at", "well_since"])


def items_for_people(now: datetime) -> dict[int, list[Item]]:
    """What each person has not been told yet, by user id. Two statements beside the people's."""
    people = _People()
    told = set(
        Notice.objects.filter(alert__closed_at__isnull=True).values_list(
            "alert_id", "user_id", "kind", "cause"
        )
    )
    found: dict[int, list[Item]] = {}
    failing = Alert.objects.filter(closed_at__isnull=True, well_since__isnull=True)
    for alert in _with_clients(failing):
        text = cause_text(alert.cause)
        if now - alert.failing_since < timedelta(seconds=text.grace_seconds):
            continue
        for user_id in people.who_answer_for(alert, text.owner):
            if (alert.pk, user_id, FAILURE, alert.cause) not in told:
                found.setdefault(user_id, []).append(Item(alert, FAILURE, alert.cause))
    recovered = Alert.objects.filter(
        closed_at__gte=now - RECOVERY_TOLD_WITHIN, well_since__isnull=False
    ).filter(notices__kind=FAILURE)
    for alert in _with_clients(recovered.distinct()):
        notices = list(alert.notices.all())
        done = {notice.user_id for notice in notices if notice.kind == RECOVERY}
        for user_id in {notice.user_id for notice in notices if notice.kind == FAILURE} - done:
            if people.may_see(user_id, alert):
                found.setdefault(user_id, []).append(Item(alert, RECOVERY, alert.cause))
    return found


def _with_clients(alerts: QuerySet[Alert]) -> QuerySet[Alert]:
    return (
        alerts.select_related("connection__integration", "connection__client__facts")
        .prefetch_related("notices")
        .order_by("connection__sort_key", "id")
    )


class _People:
    """Who of the current firm may be written to."""

    def __init__(self) -> None:
        memberships = Membership.current.all()
        roles = dict(memberships.values_list("user_id", "role"))
        self.members = set(roles)
        self.may = who_may()
        self.administrators = {one for one, role in roles.items() if role == ADMINISTRATOR}

    def may_see(self, user_id: int, alert: Alert) -> bool:
        """Whether somebody who was told once may still be told of the client."""
        return self.may(user_id, alert.connection.client_id, Act.SEE_SOURCES)

    def who_answer_for(self, alert: Alert, owner: Owner) -> set[int]:
        """The client's responsible person; administrators without one, and for our own faults."""
        facts = getattr(alert.connection.client, "facts", None)
        responsible = facts.responsible_id if facts else None
        if owner is not Owner.OPERATOR and responsible in self.members:
            return {responsible}
        return self.administrators
