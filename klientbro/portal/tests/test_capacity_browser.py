"""Kapasitet in a real Chromium: accessible in both looks and sizes, and its choices are kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection as database
from django.utils import timezone
from playwright.sync_api import Page, expect

from klientbro.clients.models import Client, Connection, Integration
from klientbro.clients.tests.fixtures import orgnr_number
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.shell.tests.test_browser import (
    WIDTHS,
    check,
    check_in_both_looks,
    chromium,
    context,
    faults,
    page,
    user,
)
from klientbro.sync.models import Attention, BudgetMinute, Schedule, State
from klientbro.sync.queue import FIRST, HISTORY, LOOKING, ROUTINE
from klientbro.tenants.context import firm as in_firm

__all__ = ["chromium", "context", "faults", "page", "user"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
PAGE = "/integrasjoner/kapasitet/"
NAMES = ("Ærlig Bakeri AS", "Bergtun Elektro AS", "Ødegård Maskin AS")


@pytest.fixture
def busy_firm(firm_account: Any) -> Any:
    """Three clients, an hour of requests, and a queue."""
    now = timezone.now()
    with in_firm(firm_account.id):
        integration = Integration.objects.create(firm=firm_account, system="poweroffice")
        for place, name in enumerate(NAMES):
            named = {
                "firm": firm_account,
                "name": name,
                "sort_key": norwegian_sort_key(name),
                "identifier_kind": "orgnr",
                "orgnr": orgnr_number(700 + place),
                "identifier_hash": f"capacity {place}".encode(),
            }
            made = Connection.objects.create(
                **named,
                integration=integration,
                client=Client.objects.create(**named),
                key_sealed=b"sealed",
                key_hash=f"key {place}".encode(),
                is_active=True,
            )
            State.objects.create(connection=made, firm=firm_account, last_success_at=now)
            Schedule.objects.create(
                connection_id=made.pk,
                firm_id=firm_account.id,
                next_at=now + timedelta(minutes=7 * place + 1),
            )
            queue_job(firm_account.id, made.pk, (LOOKING, ROUTINE, HISTORY)[place], place == 1)
    minute = now.replace(second=0, microsecond=0)
    for ago in range(1, 60):
        for priority, granted in ((LOOKING, 30), (FIRST, 90 + ago), (ROUTINE, 300), (HISTORY, 60)):
            BudgetMinute.objects.create(
                key="poweroffice",
                minute=minute - timedelta(minutes=ago),
                firm_id=firm_account.id,
                priority=priority,
                granted=granted,
            )
    return firm_account


def queue_job(firm_id: object, connection_id: int, priority: int, is_running: bool) -> None:
    with database.cursor() as cursor:
        cursor.execute(
            "insert into procrastinate_jobs (queue_name, task_name, priority, lock, args, status, "
            "attempts) values ('sync', 'klientbro.sync.tasks.sync_connection', %s, %s, "
            "jsonb_build_object('firm_id', %s::text), %s, 0)",
            [
                priority,
                f"connection:{connection_id}",
                str(firm_id),
                "doing" if is_running else "todo",
            ],
        )


@pytest.mark.parametrize("width", WIDTHS)
def test_page_is_accessible_with_the_table_of_the_chart_open(
    page: Page, busy_firm: Any, faults: list[str], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(PAGE)
    expect(page.get_by_role("heading", name="Kapasitet")).to_be_visible()
    expect(page.locator(".kb-chart path").first).to_be_attached()
    check_in_both_looks(page)
    page.get_by_text("Diagrammet som tabell").first.click()
    check_in_both_looks(page)
    assert faults == []


def test_page_without_clients_is_accessible(page: Page, firm_account: Any) -> None:
    page.goto(PAGE)
    expect(page.get_by_text("Ingen aktive klienter ennå")).to_be_visible()
    check(page)


def test_choices_are_kept_by_keyboard_and_the_rail_shows_where_one_is(
    page: Page, busy_firm: Any
) -> None:
    page.goto(PAGE)
    rail = page.get_by_role("complementary", name="Navigasjon")
    expect(rail.locator("[aria-current=page]")).to_have_text("Kapasitet")
    page.get_by_label("Hvor ofte Bergtun Elektro AS hentes").select_option("seldom")
    expect(page.get_by_text("Bergtun Elektro AS: Den nye takten gjelder fra nå.")).to_be_visible()
    with in_firm(busy_firm.id):
        kept = Attention.objects.get(connection__name="Bergtun Elektro AS")
    assert kept.frequency == "seldom"
    page.get_by_label("Alle klienter").select_option("often")
    page.get_by_role("button", name="Lagre takten").press("Enter")
    expect(page.get_by_text("Den nye takten gjelder fra nå.").first).to_be_visible()
    expect(page.get_by_label("Alle klienter")).to_have_value("often")
    page.get_by_role("searchbox").fill("ødegård")
    page.get_by_role("searchbox").press("Enter")
    page.wait_for_url("**?q=*")
    clients = page.get_by_role("table", name="Når hver klient hentes neste gang")
    expect(clients.get_by_role("row")).to_have_count(2)
