"""A real Chromium on the portal: dialogs carried through, messages, paging, and every new page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection as database
from playwright.sync_api import BrowserContext, Locator, Page, expect

from klientbro.clients.models import Connection
from klientbro.clients.services import activate, add_connection, create_integration, read_typed
from klientbro.clients.tests.fixtures import orgnr_number
from klientbro.portal.tests.conftest import PAGE
from klientbro.shell.tests.test_browser import (
    WIDTHS,
    check_in_both_looks,
    chromium,
    context,
    faults,
    page,
    user,
)
from klientbro.sync.models import RequestLine, Run, State
from klientbro.tenants.context import firm as in_firm

__all__ = ["chromium", "context", "faults", "page", "user"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
NONE = 0


@pytest.fixture
def clients(firm_account: Any) -> Callable[..., Connection]:
    """Adds a client whose key works; `number` 0 leaves its orgnr out."""

    def make(name: str, number: int, *, active: bool = False) -> Connection:
        with in_firm(firm_account.id):
            integration = create_integration("poweroffice")[0]
            orgnr = orgnr_number(number) if number else ""
            typed = read_typed(orgnr, name, f"key-{len(name)}-{number}")
            added = add_connection(integration, typed, None)
            Connection.objects.filter(pk=added.pk).update(api_active=True)
            if active:
                activate(added)
            return Connection.objects.get(pk=added.pk)

    return make


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=re.compile(re.escape(name)))


def test_escape_after_the_report_of_aktiver_alle_keeps_what_was_done(
    page: Page, clients: Callable[..., Connection]
) -> None:
    clients("Alvheim AS", 1)
    clients("Uten nummer", NONE)
    page.goto(PAGE)
    page.get_by_role("button", name="Aktiver alle", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Aktiver alle").click()
    expect(dialog.get_by_text("1 klient ble aktivert.")).to_be_visible()
    expect(dialog.get_by_text("Uten nummer mangler orgnr")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("Aktive klienter: 1", exact=True)).to_be_visible()
    expect(row(page, "Alvheim AS").get_by_role("button", name="Deaktiver")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Aktive klienter: 1", exact=True)).to_be_visible()


def test_clients_and_system_are_deleted_through_their_dialogs(
    page: Page, clients: Callable[..., Connection]
) -> None:
    clients("Alvheim AS", 1, active=True)
    clients("Bergtun AS", 2, active=True)
    page.goto(PAGE)
    dialog = page.get_by_role("dialog")

    row(page, "Alvheim AS").get_by_role("button", name="Slett", exact=True).click()
    expect(dialog.get_by_role("heading", name="Slette Alvheim AS?")).to_be_visible()
    dialog.get_by_role("button", name="Avbryt").click()
    expect(row(page, "Alvheim AS")).to_be_visible()
    row(page, "Alvheim AS").get_by_role("button", name="Slett", exact=True).click()
    dialog.get_by_role("button", name="Slett", exact=True).click()
    expect(row(page, "Alvheim AS")).to_have_count(0)
    expect(page.get_by_text("Alvheim AS er slettet")).to_be_visible()

    page.get_by_role("button", name="Deaktiver alle").click()
    dialog.get_by_role("button", name="Deaktiver alle").click()
    expect(page.get_by_text("Inaktive klienter: 1", exact=True)).to_be_visible()
    expect(row(page, "Bergtun AS").get_by_role("button", name="Aktiver")).to_be_visible()

    page.get_by_role("button", name="Slett system").click()
    dialog.get_by_label("Skriv PowerofficeGo").fill("Noe annet")
    dialog.get_by_role("button", name="Slett system").click()
    expect(dialog.get_by_text("Ingenting er slettet")).to_be_visible()
    dialog.get_by_label("Skriv PowerofficeGo").fill("powerofficego")
    dialog.get_by_role("button", name="Slett system").click()
    page.wait_for_url("**/integrasjoner/")
    expect(page.get_by_role("button", name="Ny integrasjon")).to_be_visible()
    expect(page.get_by_role("link", name="PowerofficeGo")).to_have_count(0)


def test_an_older_error_goes_away_when_something_succeeds(
    page: Page, clients: Callable[..., Connection]
) -> None:
    clients("Alvheim AS", 1)
    clients("Uten nummer", NONE)
    page.goto(PAGE)
    row(page, "Uten nummer").get_by_role("button", name="Aktiver").click()
    error = page.locator("#toasts-assertive .kb-toast")
    expect(error).to_contain_text("mangler orgnr")
    row(page, "Alvheim AS").get_by_role("button", name="Aktiver").click()
    expect(page.locator("#toasts-polite")).to_contain_text("Alvheim AS er aktiv")
    expect(error).to_have_count(0)


def test_signing_out_leaves_nothing_behind(
    page: Page, context: BrowserContext, clients: Callable[..., Connection]
) -> None:
    clients("Alvheim AS", 1)
    page.goto(PAGE)
    page.get_by_role("button", name="Din meny").click()
    page.get_by_role("button", name="Logg ut").click()
    page.wait_for_url("**/konto/logg-inn/**")
    page.goto(PAGE)
    expect(page).to_have_url(re.compile("/konto/logg-inn/"))
    assert "Alvheim" not in page.content()


def test_the_second_page_holds_the_rest(page: Page, clients: Callable[..., Connection]) -> None:
    for number in range(1, 56):
        clients(f"Klient {number:03}", number)
    page.goto(PAGE)
    expect(page.get_by_text("1–50 av 55")).to_be_visible()
    expect(row(page, "Klient 051")).to_have_count(0)
    page.get_by_role("link", name="Neste side").click()
    expect(page.get_by_text("51–55 av 55")).to_be_visible()
    expect(row(page, "Klient 051")).to_be_visible()
    row(page, "Klient 051").get_by_role("button", name="Aktiver").click()
    expect(page.get_by_text("Aktive klienter: 1", exact=True)).to_be_visible()
    page.get_by_role("link", name="Forrige side").click()
    expect(row(page, "Klient 001")).to_be_visible()


def test_many_clients_are_pasted_judged_and_added(
    page: Page, clients: Callable[..., Connection]
) -> None:
    clients("Alvheim AS", 1)
    page.goto(PAGE)
    page.get_by_role("button", name="Ny klient").click()
    page.get_by_role("dialog").get_by_role("link", name="Legg til mange").click()
    page.get_by_label("Rader fra regnearket").fill(
        f"Bergtun AS\t1\t{orgnr_number(2)}\tkey-2\nDovre AS\t2\t312480779\tkey-3"
    )
    page.get_by_role("button", name="Se hva som skjer med dem").click()
    expect(row(page, "Bergtun AS")).to_contain_text("Klar")
    expect(row(page, "Dovre AS")).to_contain_text("kontrollsiffer")
    page.get_by_role("button", name="Legg til 1 klient").click()
    page.wait_for_url(f"**{PAGE}")
    expect(row(page, "Bergtun AS")).to_contain_text("Venter på regnskapssystemet")


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_and_dialog_is_accessible_and_fits(
    page: Page, clients: Callable[..., Connection], faults: list[str], width: int
) -> None:
    stopped = clients("Havsule Sjømat AS", 1, active=True)
    clients("Inaktiv AS", 2)
    with in_firm(stopped.firm_id):
        with database.cursor() as cursor:
            cursor.execute(
                "insert into ledger_books (firm_id, connection_id, client_id, stage, covered_from) "
                "values (%s, %s, %s, 'history', '2025-01-01') on conflict (connection_id) "
                "do update set stage = excluded.stage, covered_from = excluded.covered_from",
                [stopped.firm_id, stopped.pk, stopped.client_id],
            )
        State.objects.create(
            connection=stopped,
            firm_id=stopped.firm_id,
            cause="key_rejected",
            cause_since="2025-01-03T05:10:00Z",
            last_success_at="2025-01-02T03:04:05Z",
            last_attempt_at="2025-01-03T05:10:00Z",
        )
        Run.objects.create(
            firm_id=stopped.firm_id,
            connection=stopped,
            reason="routine",
            via="schedule",
            outcome="stopped",
            cause="key_rejected",
            started_at="2025-01-03T05:09:00Z",
            finished_at="2025-01-03T05:10:00Z",
            requests=2,
            requests_failed=1,
        )
        RequestLine.objects.create(
            firm_id=stopped.firm_id,
            connection=stopped,
            purpose="sync",
            at="2025-01-03T05:09:30Z",
            method="POST",
            path="/OAuth/Token",
            query="fromDate=2025-01-01&toDate=2025-12-31&PageNumber=1&PageSize=20000",
            status=400,
        )
    page.set_viewport_size({"width": width, "height": 800})
    own = f"{PAGE}{stopped.public_id}/"
    for path in (PAGE, f"{own}kjoringer/", f"{own}foresporsler/", f"{PAGE}importer/"):
        page.goto(path)
        check_in_both_looks(page)
    page.goto(f"{own}kjoringer/")
    page.get_by_role("button", name="Sett historikk på vent").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Hent historikken videre")).to_be_visible()
    expect(page.get_by_text("På vent siden")).to_be_visible()
    check_in_both_looks(page)
    page.goto(f"{PAGE}importer/")
    page.get_by_label("Rader fra regnearket").fill("A;1;312480779;k\nB;2;;k2")
    page.get_by_role("button", name="Se hva som skjer med dem").click()
    expect(page.get_by_role("button", name="Legg til 1 klient")).to_be_visible()
    check_in_both_looks(page)
    page.goto(PAGE)
    row(page, "Havsule").get_by_role("button", name="Reparer").click()
    expect(page.get_by_role("heading", name="Reparer Havsule Sjømat AS")).to_be_visible()
    check_in_both_looks(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Ny klient").click()
    page.get_by_text("Flere valg", exact=True).click()
    expect(page.get_by_label("Hent regnskap fra")).to_be_visible()
    check_in_both_looks(page)
    assert faults == []
