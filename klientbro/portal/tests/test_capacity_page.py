"""Kapasitet: the allowance, the queue, when each client is next, and how often is chosen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klientbro.clients.models import Connection
from klientbro.portal.capacity_rows import about_when, chart_of, duration
from klientbro.sync.capacity import Capacity, Minute, Purpose, capacity_now, sweep_minutes
from klientbro.sync.models import Attention, BudgetMinute, Pace, Schedule, State
from klientbro.sync.queue import HISTORY, LOOKING, ROUTINE, SYNC_TASK

PAGE = "/integrasjoner/kapasitet/"
Add = Callable[..., Connection]


def text_of(page: Any) -> str:
    without_tags = re.sub(r"<[^>]+>", " ", page.content.decode())
    return " ".join(without_tags.replace("\xa0", " ").split())


def queue_job(firm_id: object, connection_id: int, priority: int, status: str = "todo") -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, priority, lock, args, status, "
            "attempts) values ('sync', %s, %s, %s, jsonb_build_object('firm_id', %s::text), %s, 0)",
            [SYNC_TASK, priority, f"connection:{connection_id}", str(firm_id), status],
        )


def sent(firm_id: object, count: int, *, minutes_ago: int = 1, priority: int = ROUTINE) -> None:
    minute = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes_ago)
    BudgetMinute.objects.create(
        key="poweroffice", minute=minute, firm_id=firm_id, priority=priority, granted=count
    )


def plan(one: Connection, minutes: int) -> None:
    State.objects.create(connection=one, firm_id=one.firm_id, last_success_at=timezone.now())
    Schedule.objects.create(
        connection_id=one.pk,
        firm_id=one.firm_id,
        next_at=timezone.now() + timedelta(minutes=minutes),
    )


def test_without_active_clients_the_page_says_what_it_will_show(signed_in: Any, firm: Any) -> None:
    page = text_of(signed_in.get(PAGE))
    assert "Ingen aktive klienter ennå" in page
    assert "Kapasitet" in page


def test_use_is_counted_over_the_last_whole_minute_and_other_firms_are_a_number(
    signed_in: Any, firm: Any
) -> None:
    sent(firm.id, 120)
    sent(uuid4(), 420)
    page = text_of(signed_in.get(PAGE))
    assert "9,0 av 10" in page
    capacity = capacity_now(firm.id)
    assert capacity.minutes[-2].mine == 120


def test_queue_shows_ours_apart_from_all_and_when_it_is_done(
    signed_in: Any, firm: Any, add: Add
) -> None:
    ours = add("Vår klient AS", active=True)
    with database.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")
    queue_job(firm.id, ours.pk, LOOKING)
    for number in range(40):
        queue_job(uuid4(), 900_000 + number, HISTORY)
    capacity = capacity_now(firm.id)
    by_priority = {one.priority: one for one in capacity.purposes}
    assert (by_priority[LOOKING].waiting, by_priority[LOOKING].mine) == (1, 1)
    assert (by_priority[HISTORY].waiting, by_priority[HISTORY].mine) == (40, 0)
    assert by_priority[HISTORY].seconds_to_finish > by_priority[LOOKING].seconds_to_finish > 0
    page = text_of(signed_in.get(PAGE))
    assert "klienter, 1 av dem deres" in page


def test_running_clients_are_named_only_when_they_are_ours(
    signed_in: Any, firm: Any, add: Add
) -> None:
    ours = add("Vår klient AS", active=True)
    with database.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs")
    queue_job(firm.id, ours.pk, ROUTINE, "doing")
    queue_job(uuid4(), 900_000, ROUTINE, "doing")
    page = text_of(signed_in.get(PAGE + "na/"))
    assert "Hentes nå" in page
    assert page.count("Vår klient AS") == 1
    assert capacity_now(firm.id).running == 2


def test_each_client_s_next_time_stands_in_the_list_and_search_narrows_it(
    signed_in: Any, add: Add
) -> None:
    soon, later = add("Ærlig Bakeri AS", active=True), add("Bergtun Elektro AS", active=True)
    with database.cursor() as cursor:
        cursor.execute("delete from procrastinate_jobs; delete from sync_schedule")
        cursor.execute("delete from sync_state")
    plan(soon, 5), plan(later, 600)
    page = text_of(signed_in.get(PAGE))
    assert page.index("Ærlig Bakeri AS") < page.index("Bergtun Elektro AS")
    narrowed = text_of(signed_in.get(PAGE, {"q": "bergtun"}))
    assert "Bergtun Elektro AS" in narrowed
    assert "Ærlig Bakeri AS" not in narrowed
    by_number = text_of(signed_in.get(PAGE, {"q": str(soon.orgnr)[:6]}))
    assert "Ærlig Bakeri AS" in by_number
    assert "Ingen klient passer" in text_of(signed_in.get(PAGE, {"q": "finnes ikke"}))


@pytest.mark.parametrize("clients", [3, 60])
def test_number_of_statements_does_not_grow_with_the_clients(
    signed_in: Any, add: Add, clients: int
) -> None:
    for number in range(clients):
        add(f"Klient {number} AS", active=True)
    signed_in.get(PAGE)
    with CaptureQueriesContext(database) as asked:
        assert signed_in.get(PAGE).status_code == 200
    assert len(asked) <= 18


def test_firm_s_pace_is_kept_and_its_consequence_in_minutes_shown(
    signed_in: Any, firm: Any, add: Add
) -> None:
    add("Vår klient AS", active=True)
    answer = signed_in.post(
        PAGE + "takt/", {"frequency": "often", "from_hour": "6", "to_hour": "20"}, follow=True
    )
    assert answer.redirect_chain == [(PAGE, 302)]
    pace = Pace.objects.get()
    assert (pace.frequency, pace.from_hour, pace.to_hour) == ("often", 6, 20)
    page = text_of(answer)
    assert "1 klient × 2 forespørsler = ca. 0,0 min av kvoten per runde" in page
    assert round(sweep_minutes(1000), 1) == 3.4


@pytest.mark.parametrize(
    "fields",
    [
        {"frequency": "always", "from_hour": "7", "to_hour": "17"},
        {"frequency": "often", "from_hour": "17", "to_hour": "7"},
        {"frequency": "often", "from_hour": "", "to_hour": "17"},
        {},
    ],
)
def test_pace_that_makes_no_sense_is_refused_with_its_reason(
    signed_in: Any, firm: Any, fields: dict[str, str]
) -> None:
    page = text_of(signed_in.post(PAGE + "takt/", fields, follow=True))
    assert "Velg hvor ofte" in page
    assert not Pace.objects.exists()


def test_client_s_own_pace_is_kept_and_can_follow_the_firm_again(signed_in: Any, add: Add) -> None:
    client = add("Vår klient AS", active=True)
    address = f"{PAGE}klient/{client.public_id}/"
    signed_in.post(address, {"frequency": "seldom"})
    assert Attention.objects.get(connection=client).frequency == "seldom"
    page = signed_in.get(PAGE).content.decode()
    assert '<option value="seldom" selected>' in page
    signed_in.post(address, {"frequency": ""})
    assert Attention.objects.get(connection=client).frequency == ""
    assert signed_in.post(address, {"frequency": "hourly"}).status_code == 422
    unknown = f"{PAGE}klient/{uuid4()}/"
    assert signed_in.post(unknown, {"frequency": "often"}).status_code == 404


def test_chart_has_sixty_bars_for_one_hour_and_for_a_day() -> None:
    now = datetime(2026, 11, 18, 13, 2, tzinfo=UTC)
    for hours in (1, 6, 24):
        minutes = tuple(
            Minute(now - timedelta(minutes=ago), {ROUTINE: 300, LOOKING: 60})
            for ago in range(60 * hours - 1, -1, -1)
        )
        chart = chart_of(capacity_of(minutes), hours)
        assert len(chart.bars) == 60
        assert {bar.per_second for bar in chart.bars} == {6.0}
        looking, routine = chart.bars[0].pieces
        assert (looking.y, looking.height) == (100.0, 10.0)
        assert (routine.y, routine.height) == (50.0, 50.0)
        assert chart.limit_y == 10.0


def capacity_of(minutes: tuple[Minute, ...]) -> Capacity:
    return Capacity(
        datetime.now(UTC), 10.0, 9.7, 9.7, 6.0, 0.0, 0, 0, 0, 0, (Purpose(ROUTINE),), minutes
    )


def test_durations_read_as_people_say_them(settings: Any) -> None:
    from django.utils import translation

    with translation.override("nb"):
        said = [duration(s) for s in (None, 0.2, 4, 26 * 60, 7800, 86_400 * 3)]
        assert said == ["–", "1 s", "4 s", "26 min", "2 t 10 min", "3 døgn"]
        now = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
        assert about_when(4200, now) == "ca. 15:10"
        assert about_when(20 * 3600, now) == "om 20 t"
