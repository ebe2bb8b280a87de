"""The help article in a real browser: from PowerOffice Go to a sealed trial balance."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from .running import RunningHouse
from .steps import copy_client_key, open_integration

pytestmark = pytest.mark.browser
COMPANY = "Bakeriet Nord AS"


def post_voucher(page: Page, house: RunningHouse) -> None:
    """On the stand-in's control page."""
    page.goto(f"{house.simulator_url}/klienter")
    page.get_by_role("link", name=COMPANY, exact=True).click()
    page.get_by_role("link", name=re.compile("Simulatorkontroll")).click()
    page.get_by_label("Tekst", exact=True).fill("Ny kaffemaskin")
    page.get_by_label("Konto, linje 1").fill("6540")
    page.get_by_label("Debet, linje 1").fill("1234,50")
    page.get_by_label("Konto, linje 2").fill("1920")
    page.get_by_label("Kredit, linje 2").fill("1234,50")
    page.get_by_role("button", name="Bokfør", exact=True).first.click()
    expect(page.get_by_text(re.compile("bokført|Bokført"))).to_be_visible()


def test_newcomer_follows_the_article_and_a_new_voucher_renews_the_seal(
    page: Page, house: RunningHouse
) -> None:
    orgnr, key = copy_client_key(page, house, COMPANY)
    open_integration(page, house)
    expect(page.get_by_text("Ingen data")).to_be_visible()

    page.get_by_role("button", name="Ny klient").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Orgnummer").fill(orgnr)
    dialog.get_by_label("Klientnavn").fill(COMPANY)
    dialog.get_by_label("Klientid/klientnøkkel").fill(key)
    dialog.get_by_role("button", name="Legg til klient").click()
    row = page.get_by_role("row", name=re.compile(COMPANY))
    expect(row).to_be_visible()
    expect(page.get_by_text("Inaktive klienter: 1")).to_be_visible()
    assert key not in page.content()

    row.get_by_role("button", name="Aktiver", exact=True).click()
    expect(page.get_by_text("Aktive klienter: 1")).to_be_visible()
    row = page.get_by_role("row", name=re.compile(COMPANY))
    expect(row.get_by_text("Oppdatert", exact=True)).to_be_visible(timeout=240_000)
    expect(row.get_by_text(re.compile(r"(\d+) av \1 måneder"))).to_be_visible(timeout=240_000)

    row.get_by_role("link", name=COMPANY).click()
    expect(page.get_by_role("heading", name=COMPANY)).to_be_visible()
    expect(page.get_by_role("columnheader", name=re.compile("^Saldo"))).to_be_visible()
    expect(page.get_by_text("Sum eiendeler")).to_be_visible()

    post_voucher(page, house)
    open_integration(page, house)
    row = page.get_by_role("row", name=re.compile(COMPANY))
    row.get_by_role("button", name=re.compile("Hent nå")).click()
    expect(row.get_by_text(re.compile("2 nye"))).to_be_visible(timeout=120_000)
    row.get_by_role("link", name=COMPANY).click()
    page.get_by_role("row", name=re.compile("^6540")).get_by_role("link").first.click()
    expect(page.get_by_text("Ny kaffemaskin").first).to_be_visible()
