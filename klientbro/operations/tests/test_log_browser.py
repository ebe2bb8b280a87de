"""A real Chromium on the log: accessible, narrowed by keyboard, exported, reviewed and signed."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, expect

from klientbro.audit.services import note
from klientbro.operations.tests.test_log_pages import make_client
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page, user
from klientbro.tenants.context import acting_as
from klientbro.tenants.context import firm as in_firm

__all__ = ["chromium", "context", "faults", "page", "user"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=30_000)
LOOKS = [(360, "dark"), (1280, "light")]


@pytest.fixture
def work(user: Any, firm_account: Any) -> Any:
    """Two clients, one of whom somebody has looked at the personal number of."""
    with acting_as(user.pk, address="192.0.2.7"), in_firm(firm_account.id):
        client = make_client(firm_account, "Fjordheim Bygg og Anlegg Vestlandet AS")
        make_client(firm_account, "Solvik Frisør")
        told = {"purpose": "Aksjonærregisteroppgaven"}
        note("reveal", "clients_client", client_id=client.pk, told=told)
    return client


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_log_is_accessible_narrowed_exported_and_reviewed(
    page: Page,
    context: BrowserContext,
    work: Any,
    faults: list[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
    scheme: Any,
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")

    page.goto("/logg/")
    expect(page.get_by_text("Solvik Frisør").first).to_be_visible()
    check(page)
    page.goto("/logg/?fra=31.12.2026")
    expect(page.get_by_text("Fra må være en dato")).to_be_visible()
    check(page)

    page.goto("/logg/")
    field = page.get_by_label("Klient", exact=True)
    field.fill("fjordheim")
    field.press("Enter")
    page.wait_for_url("**klient=fjordheim**")
    expect(page.get_by_text("Fjordheim Bygg og Anlegg Vestlandet AS").first).to_be_visible()
    expect(page.get_by_text("Solvik Frisør")).to_have_count(0)
    with page.expect_download() as saved:
        page.get_by_role("button", name=re.compile("Eksporter|Last ned|CSV")).first.click()
    text = saved.value.path().read_text(encoding="utf-8-sig")
    assert "Fjordheim" in text
    assert "Solvik" not in text

    here = timezone.localdate()
    later = datetime(here.year + 1, here.month, 15, 12, tzinfo=ZoneInfo("Europe/Oslo"))
    monkeypatch.setattr("klientbro.operations.log_reviews._now", lambda: later)
    page.goto("/logg/gjennomgang/")
    check(page)
    page.goto(f"/logg/gjennomgang/{here:%Y-%m}/")
    expect(page.get_by_text("Aksjonærregisteroppgaven").first).to_be_visible()
    check(page)
    page.get_by_role("button", name=re.compile("[Ss]igner")).click()
    page.wait_for_url("**/logg/gjennomgang/")
    check(page)
    assert [fault for fault in faults if "422" not in fault] == []


def test_nothing_of_a_client_comes_back_after_signing_out(page: Page, work: Any) -> None:
    page.goto("/logg/")
    expect(page.get_by_text("Solvik Frisør").first).to_be_visible()
    page.goto("/hjelp/")
    page.evaluate("document.querySelector('form[action=\"/konto/logg-ut/\"]').submit()")
    page.wait_for_url("**/konto/logg-inn/**")
    page.go_back()
    page.go_back()
    page.wait_for_load_state("load")
    assert "Solvik" not in page.content()
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
