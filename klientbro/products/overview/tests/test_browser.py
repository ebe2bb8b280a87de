"""A real Chromium on every page of Oversikt: empty, few clients, dialogs and the keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from klientbro.clients.models import Client, Connection, Integration
from klientbro.clients.services.facts import FactChanges, set_facts
from klientbro.domain.client_facts import CompanyForm, VatFrequency
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.practice.assignments.services import add_own_task, give_assignment
from klientbro.practice.assignments.tables import AssignmentTemplate
from klientbro.practice.assignments.templates import import_standard_templates
from klientbro.products.overview.importing import import_clients
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page, user
from klientbro.tenants.context import firm as in_firm

__all__ = ["chromium", "context", "faults", "page", "user"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
LOOKS = [(1280, "light", "nb"), (360, "dark", "en")]


@pytest.fixture
def made(firm_account: Any, user: Any) -> Callable[[int], list[Client]]:
    """Clients of the firm, imported, with facts, duties, an assignment and a task overdue."""

    def make(count: int) -> list[Client]:
        with in_firm(firm_account.id):
            integration, _new = Integration.objects.get_or_create(
                firm=firm_account, system="poweroffice"
            )
            clients = []
            for number in range(count):
                name = (
                    f"{('Åsrygg', 'Berg', 'Fjellheim og Sønner Entreprenør')[number % 3]} {number}"
                )
                fields = {
                    "firm": firm_account,
                    "name": name,
                    "sort_key": norwegian_sort_key(name),
                    "orgnr": f"3100{number:05}",
                    "identifier_hash": name.encode(),
                }
                client = Client.objects.create(identifier_kind="orgnr", **fields)
                Connection.objects.create(
                    **fields,
                    client=client,
                    integration=integration,
                    key_sealed=b"sealed",
                    key_hash=name.encode(),
                    is_active=True,
                    activated_at=timezone.now(),
                )
                clients.append(client)
            return clients

    return make


def filled(firm_account: Any, user: Any, clients: list[Client]) -> None:
    today = timezone.localdate()
    ids = [client.pk for client in clients]
    with in_firm(firm_account.id):
        import_clients(ids, by=user)
        changes = FactChanges(
            responsible_id=user.pk,
            company_form=CompanyForm.AS,
            vat_frequency=VatFrequency.TWO_MONTHLY,
            has_payroll=True,
            pay_day=12,
        )
        set_facts(ids[:-1], changes, by=user)
        import_standard_templates()
        template = AssignmentTemplate.objects.filter(kind="accounting").first()
        assert template is not None
        give_assignment(template, ids[:2], today - timedelta(days=60), today)
        add_own_task(
            ids[0], "Ring om leien", today - timedelta(days=3), kind="vat", assignee_id=None
        )


def shoot(page: Page, name: str) -> None:
    """Keeps a picture where a person has asked for them."""
    folder = os.environ.get("KLIENTBRO_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def look(page: Page, address: str, width: int, scheme: Any, language: str) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    cookie = {"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": address}
    page.context.add_cookies([cookie])


def template_id(firm_account: Any) -> Any:
    with in_firm(firm_account.id):
        return AssignmentTemplate.objects.filter(kind="accounting")[0].public_id


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_every_page_of_oversikt_is_accessible_from_empty_to_filled(
    page: Page,
    live_server: Any,
    firm_account: Any,
    user: Any,
    made: Callable[[int], list[Client]],
    faults: list[str],
    width: int,
    scheme: Any,
    language: str,
) -> None:
    look(page, live_server.url, width, scheme, language)
    page.goto("/oversikt/")
    check(page)
    shoot(page, f"{width}-empty")
    clients = made(7)
    page.goto("/oversikt/")
    check(page)
    shoot(page, f"{width}-waiting")
    page.goto("/oversikt/importer/")
    check(page)
    shoot(page, f"{width}-import")
    page.goto("/oversikt/oppdrag/")
    check(page)
    shoot(page, f"{width}-templates-empty")
    filled(firm_account, user, clients)
    template = template_id(firm_account)
    card = f"/oversikt/{clients[0].public_id}/"
    bare = f"/oversikt/{clients[-1].public_id}/"
    chosen = f"client={clients[0].public_id}&client={clients[1].public_id}"
    for name, path in {
        "list": "/oversikt/",
        "no-match": "/oversikt/?q=finnesikke",
        "card": card,
        "card-bare": bare,
        "facts": f"{card}fakta/",
        "new-task": f"{card}oppgaver/ny/",
        "bulk-facts": f"/oversikt/fakta/?{chosen}",
        "bulk-state": f"/oversikt/tilstand/?{chosen}",
        "give": f"/oversikt/gi-oppdrag/?{chosen}",
        "give-nobody": "/oversikt/gi-oppdrag/",
        "templates": "/oversikt/oppdrag/",
        "new-template": "/oversikt/oppdrag/nytt/",
        "template": f"/oversikt/oppdrag/{template}/",
    }.items():
        page.goto(path)
        shoot(page, f"{width}-{name}")
        check(page)
    assert faults == []


def test_list_is_walked_and_a_dialog_opened_and_closed_by_the_keyboard(
    page: Page, firm_account: Any, user: Any, made: Callable[[int], list[Client]]
) -> None:
    filled(firm_account, user, made(4))
    page.goto("/oversikt/")
    page.keyboard.press("j")
    focused = page.locator("a.main:focus")
    expect(focused).to_have_count(1)
    first = focused.inner_text()
    page.keyboard.press("j")
    assert page.locator("a.main:focus").inner_text() != first
    page.locator("#import").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#import")).to_be_focused()
