"""What portal, pages and commands may ask of sync. Runs inside the firm's transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import cast

from django.db import IntegrityError, transaction
from django.db import connection as database
from django.utils import timezone

from klientbro.clients.models import Connection
from klientbro.ledger.books import open_books
from klientbro.ledger.landing import Transaction
from klientbro.sync.causes import Cause, CauseText, cause_text
from klientbro.sync.models import AccessToken, DocumentRequest, Schedule, State, TestRun
from klientbro.sync.old_proof import OLD_YEARS
from klientbro.sync.queue import FIRST, LOOKING, QUEUE, SYNC_TASK, Executes, defer
from klientbro.sync.refetch_requests import REFETCH, ask_for_refetch
from klientbro.sync.steps import ALL_MONTHS, LATEST_TOO, Step, StepKind, put_steps
from klientbro.sync.surroundings import token_reference
from klientbro.tenants.context import acting_user, current_firm

__all__ = [
    "CauseText",
    "ConnectionState",
    "accept_vanishing",
    "cause_text",
    "connection_states",
    "forget_sync",
    "queue_first_syncs",
    "queue_key_check",
    "queue_sync",
    "queue_test_run",
    "request_document",
    "request_refetch",
]


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """Where one connection stands, as the portal shows it.

    state: inactive, never (active, nothing fetched yet and nothing queued), waiting, running,
    updated, differs, stopped. `usable` from the moment this year has landed.
    """

    state: str = "inactive"
    cause: str = ""
    cause_detail: dict[str, object] = field(default_factory=dict)
    since: datetime | None = None
    last_success_at: datetime | None = None
    last_attempt_at: datetime | None = None
    next_at: datetime | None = None
    units_done: int = 0
    units_total: int = 0
    postings_done: int = 0
    postings_total: int | None = None
    seconds_left: int | None = None
    rows_new: int = 0
    rows_changed: int = 0
    rows_closed: int = 0
    requests: int = 0
    sealed_months: int = 0
    total_months: int = 0
    months_differing: tuple[date, ...] = ()
    queue_position: int | None = None
    stage: str = ""
    usable: bool = False
    covered_from: date | None = None  # where the copy begins
    history_held_at: datetime | None = None  # a person has put the older years on hold

    @property
    def percent(self) -> int:
        """How far the run has come, 0–100, by steps."""
        return min(100, 100 * self.units_done // self.units_total) if self.units_total else 0


def queue_key_check(check_id: int) -> None:
    """Defers the top-priority job that asks the source; commits with the caller's transaction."""
    with database.cursor() as cursor:
        defer(
            cast(Executes, cursor),
            "klientbro.sync.tasks.check_key",
            {"firm_id": str(current_firm()), "check_id": check_id},
            priority=LOOKING,
        )


def queue_sync(
    connection: Connection,
    *,
    reason: str,
    full: bool = False,
    accept_vanished: bool = False,
    via: str = "",
) -> None:
    """Queues a sync of an active connection. Pressed twice, one job waits.

    reason: first, looking, routine or prove. While history is still coming, what is new is put in
    front of it, so that «Oppdater nå» never waits behind a client's own history.
    via: "opening" where a page asks by itself; otherwise a person who is signed in, or a command.
    """
    if not connection.is_active or connection.client_id is None:
        return
    with transaction.atomic(), database.cursor() as cursor:
        runs = cast(Executes, cursor)
        open_books(
            cast(Transaction, cursor), connection.firm_id, connection.pk, connection.client_id
        )
        State.objects.get_or_create(connection=connection, defaults={"firm_id": connection.firm_id})
        wanted = "full" if full else "prove" if reason == "prove" else ""
        if wanted:
            _replace_run(connection.pk, wanted)
        elif reason == "looking":
            _put_news_first(connection.pk)
        note_request([connection.pk], via=via)
        if accept_vanished:
            cursor.execute(
                "update sync_state set is_vanishing_accepted = true where connection_id = %s",
                [connection.pk],
            )
        Schedule.objects.update_or_create(
            connection_id=connection.pk,
            defaults={
                "firm_id": connection.firm_id,
                "next_at": timezone.now() + timedelta(minutes=10),
            },
        )
        priority = FIRST if reason == "first" else LOOKING
        defer(
            runs,
            SYNC_TASK,
            {
                "firm_id": str(connection.firm_id),
                "connection_id": connection.pk,
                "priority": priority,
            },
            priority=priority,
            lock=f"connection:{connection.pk}",
            queueing_lock=f"sync:{connection.pk}",
        )


def queue_first_syncs(connections: Sequence[Connection]) -> None:
    """The first sync of many at once («Aktiver alle»), in a handful of statements.

    Where somebody presses the same at the same moment, one of the two falls back to one by one.
    """
    chosen = [one for one in connections if one.is_active and one.client_id is not None]
    if not chosen:
        return
    ids = [one.pk for one in chosen]
    try:
        with transaction.atomic(), database.cursor() as cursor:
            cursor.execute(
                "insert into ledger_books (firm_id, connection_id, client_id) "
                "select firm_id, id, client_id from clients_connection where id = any(%s) "
                "on conflict (connection_id) do update set client_id = excluded.client_id",
                [ids],
            )
            State.objects.bulk_create(
                [State(connection=one, firm_id=one.firm_id) for one in chosen],
                ignore_conflicts=True,
            )
            cursor.execute(
                "insert into sync_schedule (connection_id, firm_id, next_at) "
                "select id, firm_id, now() + interval '10 minutes' from clients_connection "
                "where id = any(%s) on conflict (connection_id) do update "
                "set next_at = excluded.next_at",
                [ids],
            )
            note_request(ids)
            cursor.execute(
                "select procrastinate_defer_jobs_v1(array_agg("
                "row(%s, %s, %s, 'connection:' || id, 'sync:' || id, jsonb_build_object("
                "'firm_id', firm_id, 'connection_id', id, 'priority', %s), null)"
                "::procrastinate_job_to_defer_v1 order by sort_key, id)) "
                "from clients_connection c where id = any(%s) and not exists (select from "
                "procrastinate_jobs j where j.queueing_lock = 'sync:' || c.id "
                "and j.status = 'todo') having count(*) > 0",
                [QUEUE, SYNC_TASK, FIRST, FIRST, ids],
            )
    except IntegrityError:
        for one in chosen:
            queue_sync(one, reason="first")


def note_request(connection_ids: Sequence[int], via: str = "") -> None:
    """Who asks for the next run; one under way keeps who asked for it."""
    user_id = acting_user()
    with database.cursor() as cursor:
        cursor.execute(
            "update sync_state s set requested_via = %s, requested_by = %s "
            "where connection_id = any(%s) and (s.run_reason = %s "
            "or not exists (select from sync_step t where t.connection_id = s.connection_id))",
            [
                via or ("command" if user_id is None else "person"),
                user_id,
                list(connection_ids),
                OLD_YEARS,
            ],
        )


def _replace_run(connection_id: int, reason: str) -> None:
    """A run under way is replaced: everything it would do, the new one does too.

    Its slice is fenced off, lest it ends and takes the new run's reason with it. A first sync that
    has not come to figures yet is everything already, and a proof waits for the history.
    """
    with database.cursor() as cursor:
        if reason == "prove":  # what reads everything or a period goes on, and proves all at last
            cursor.execute(
                "select 1 from sync_state s where connection_id = %s and run_reason = any(%s) and "
                "exists (select from sync_step t where t.connection_id = s.connection_id)",
                [connection_id, ["full", REFETCH]],
            )
            if cursor.fetchone() is not None:
                put_steps(cast(Transaction, cursor), connection_id, [ALL_MONTHS])
                return
        cursor.execute(
            "update ledger_books set run = run + 1 where connection_id = %s "
            "and (stage = 'current' or (stage = 'history' and (%s = 'full' or exists (select "
            "from sync_state s where s.connection_id = ledger_books.connection_id "
            "and s.history_held_at is not null)))) returning 1",
            [connection_id, reason],
        )
        if cursor.fetchone() is None:
            return
        cursor.execute("delete from sync_step where connection_id = %s", [connection_id])
        cursor.execute(
            "update sync_state set run_reason = %s, "
            "refetch_first = case when %s then refetch_first end, "
            "refetch_last = case when %s then refetch_last end where connection_id = %s",
            [reason, reason == REFETCH, reason == REFETCH, connection_id],
        )


def request_refetch(
    connection: Connection, first: date | None = None, last: date | None = None, *, via: str = ""
) -> None:
    """«Full henting på nytt» of a period, or of everything: read, compared, merged and proved.

    Readers see the old figures until a piece has been read to its end. Who asks is kept with the
    run, whose reason is `refetch`.
    """
    if not connection.is_active or connection.client_id is None:
        return
    with transaction.atomic():
        State.objects.get_or_create(connection=connection, defaults={"firm_id": connection.firm_id})
        if ask_for_refetch(connection.pk, first, last):
            _replace_run(connection.pk, REFETCH)
        queue_sync(connection, reason="refetch", via=via)


def accept_vanishing(connection: Connection) -> None:
    """A person has looked: the postings are meant to be gone."""
    queue_sync(connection, reason="looking", accept_vanished=True)


def _put_news_first(connection_id: int) -> None:
    """In front of a history under way: the changed-since question and a proof."""
    with database.cursor() as cursor:
        cursor.execute(
            "select (select min(position) from sync_step where connection_id = %s), "
            "exists (select from sync_step where connection_id = %s and token = 'since'), "
            "(select stage = 'history' and watermark is not null from ledger_books "
            "where connection_id = %s)",
            [connection_id, connection_id, connection_id],
        )
        lowest, asked, has_history = cursor.fetchone()
        if lowest is not None and has_history and not asked:
            put_steps(
                cast(Transaction, cursor),
                connection_id,
                [Step(StepKind.POSTINGS, token="since"), LATEST_TOO],  # noqa: S106 a marker
                before=lowest,
            )


def forget_sync(connection: Connection) -> None:
    """Takes an inactive or deleted connection off the schedule and stops what is under way.

    A running slice is fenced off by the new run number; waiting jobs find it inactive.
    """
    Schedule.objects.filter(connection_id=connection.pk).delete()
    with database.cursor() as cursor:
        cursor.execute(
            "update ledger_books set run = run + 1 where connection_id = %s", [connection.pk]
        )
        cursor.execute(
            "delete from procrastinate_jobs where lock = %s and status = 'todo'",
            [f"connection:{connection.pk}"],
        )
    if connection.key_hash:  # the key's tokens would outlive it by some minutes
        AccessToken.objects.filter(
            reference__startswith=token_reference(bytes(connection.key_hash))
        ).delete()


def queue_test_run(connection: Connection) -> TestRun:
    """«Send testdata»: a run whose landing is rolled back."""
    run = TestRun.objects.create(firm_id=connection.firm_id, connection=connection)
    with database.cursor() as cursor:
        defer(
            cast(Executes, cursor),
            "klientbro.sync.tasks.run_test",
            {"firm_id": str(connection.firm_id), "test_run_id": run.pk},
            priority=LOOKING,
        )
    return run


def request_document(connection: Connection, voucher_id: str) -> DocumentRequest:
    """«Vis bilag»: a job fetches the document; the page polls the request."""
    request = DocumentRequest.objects.create(
        firm_id=connection.firm_id, connection=connection, voucher_id=voucher_id
    )
    with database.cursor() as cursor:
        defer(
            cast(Executes, cursor),
            "klientbro.sync.tasks.fetch_document",
            {"firm_id": str(connection.firm_id), "request_id": request.pk},
            priority=LOOKING,
        )
    return request


_STATES = """
with running as materialized (
  select lock from procrastinate_jobs where status = 'doing' and lock is not null
), waiting as materialized (
  select queueing_lock, row_number() over (order by priority desc, id) as position
  from procrastinate_jobs where status = 'todo' and task_name = %s
)
select c.id, c.is_active, b.stage, b.covered_from, s.cause, s.cause_detail, s.cause_since,
       s.last_success_at, s.last_attempt_at, s.steps_done, s.steps_total, s.postings_done,
       s.postings_total, s.run_started_at, s.rows_new, s.rows_changed, s.rows_closed, s.requests,
       s.first_usable_at, d.next_at, m.sealed, m.total, m.differing,
       exists (select from sync_step t where t.connection_id = c.id) as has_steps,
       case when r.lock is not null then 'doing' when w.position is not null then 'todo' end
         as job_status,
       case when r.lock is null then w.position end as job_position, b.conversion_date,
       s.history_held_at
from clients_connection c
left join ledger_books b on b.connection_id = c.id
left join sync_state s on s.connection_id = c.id
left join sync_schedule d on d.connection_id = c.id
left join lateral (
  select count(*) filter (where state = 'sealed') as sealed, count(*) as total,
         array_agg(month order by month) filter (where state = 'differs') as differing
  from ledger_month where connection_id = c.id
) m on true
left join running r on r.lock = 'connection:' || c.id
left join waiting w on w.queueing_lock = 'sync:' || c.id
where c.id = any(%s)
"""


def connection_states(connection_ids: Iterable[int]) -> dict[int, ConnectionState]:
    """The state of each connection, in one query."""
    with database.cursor() as cursor:
        cursor.execute(_STATES, [SYNC_TASK, list(connection_ids)])
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return {row["id"]: _state(row) for row in rows}


def _state(row: dict[str, object]) -> ConnectionState:
    """One row as the portal shows it; progress and time left from the steps."""
    cause = str(row["cause"] or "")
    done, total = int(str(row["steps_done"] or 0)), int(str(row["steps_total"] or 0))
    seconds_left: int | None = None
    started = row["run_started_at"]
    if row["has_steps"] and done and isinstance(started, datetime):
        elapsed = (timezone.now() - started).total_seconds()
        seconds_left = max(1, round(elapsed / done * max(total - done, 0)))
    differing = row["differing"]
    detail = row["cause_detail"]
    return ConnectionState(
        state=_word(row, cause),
        cause=cause,
        cause_detail=_decoded(detail),
        since=_moment(row["cause_since"]),
        last_success_at=_moment(row["last_success_at"]) or _moment(row["first_usable_at"]),
        last_attempt_at=_moment(row["last_attempt_at"]),
        next_at=_moment(row["next_at"]),
        units_done=done,
        units_total=total,
        postings_done=int(str(row["postings_done"] or 0)),
        postings_total=None if row["postings_total"] is None else int(str(row["postings_total"])),
        seconds_left=seconds_left,
        rows_new=int(str(row["rows_new"] or 0)),
        rows_changed=int(str(row["rows_changed"] or 0)),
        rows_closed=int(str(row["rows_closed"] or 0)),
        requests=int(str(row["requests"] or 0)),
        sealed_months=int(str(row["sealed"] or 0)),
        total_months=_total_months(row),
        months_differing=tuple(differing) if isinstance(differing, list) else (),
        queue_position=None if row["job_position"] is None else int(str(row["job_position"])),
        stage=str(row["stage"] or ""),
        usable=row["first_usable_at"] is not None,
        covered_from=row["covered_from"] if isinstance(row["covered_from"], date) else None,
        history_held_at=_moment(row["history_held_at"]),
    )


def _word(row: dict[str, object], cause: str) -> str:
    if not row["is_active"]:
        return "inactive"
    if row["job_status"] == "doing" or (row["has_steps"] and (row["job_status"] or not cause)):
        return "running"
    if cause == Cause.DIFFERS:
        return "differs"
    if cause and cause_text(cause).stops:
        return "stopped"
    if row["job_status"] == "todo" or cause:
        return "waiting"
    if row["last_success_at"] is None:
        return "never"
    return "updated"


def _total_months(row: dict[str, object]) -> int:
    """Months from the conversion date to the present, so that 12 of 47 says how far it is."""
    known = int(str(row["total"] or 0))
    conversion = row["conversion_date"]
    if not isinstance(conversion, date):
        return known
    today = timezone.localdate()
    return max(known, (today.year - conversion.year) * 12 + today.month - conversion.month + 1)


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _decoded(value: object) -> dict[str, object]:
    if isinstance(value, str):
        value = json.loads(value)
    return value if isinstance(value, dict) else {}
