"""What a person does in the help article, as steps that tests and pictures share."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from .running import RunningHouse

PASSWORD = "blå elg i motvind 47"


def sign_in_with_link(context: BrowserContext, house: RunningHouse) -> None:
    """The one-time link that `klientbro run` prints, and a password of one's own."""
    page = context.new_page()
    page.goto(house.said(r"(?:Logg inn \(én gang\) / sign in \(once\)):\s+(\S+)"))
    page.get_by_role("button", name="Logg inn").click()
    fields = page.locator("input[type=password]")
    for index in range(fields.count()):
        fields.nth(index).fill(PASSWORD)
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(re.compile("/integrasjoner/"))
    page.close()


def copy_client_key(page: Page, house: RunningHouse, company: str) -> tuple[str, str]:
    """In PowerOffice Go: choose the client, Innstillinger, Utvidelser, add, copy the key, Ok."""
    page.goto(house.simulator_url)
    if page.get_by_role("button", name="Logg inn").is_visible():
        page.get_by_role("button", name="Logg inn").click()
    page.get_by_role("link", name=company, exact=True).click()
    orgnr = re.search(r"Orgnr (\d{9,11})", page.content())
    assert orgnr is not None
    page.get_by_text("Meny", exact=True).click()
    page.get_by_role("link", name="Innstillinger").click()
    page.get_by_role("link", name="Utvidelser").click()
    page.get_by_role("link", name="Legg til utvidelse").click()
    page.get_by_label("Utvidelse", exact=True).select_option(label="Klientbro")
    page.get_by_role("button", name="Legg til").click()
    key = page.get_by_label("Klientnøkkel").input_value()
    page.get_by_role("link", name="Ok").click()
    return orgnr[1], key


def open_integration(page: Page, house: RunningHouse) -> None:
    """The integration's page; the first time it is made with Ny integrasjon, Opprett."""
    page.goto(f"{house.url}/integrasjoner/")
    row = page.get_by_role("link", name="PowerofficeGo", exact=True)
    if not row.is_visible():
        page.get_by_role("button", name="Ny integrasjon").first.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_role("combobox").select_option(label="PowerofficeGo")
        dialog.get_by_role("button", name="Opprett").click()
        expect(dialog).to_be_hidden()
        expect(row).to_be_visible()
    row.first.click()
    expect(page.get_by_role("heading", name="PowerofficeGo")).to_be_visible()


def add_and_activate(page: Page, house: RunningHouse, company: str) -> None:
    """A client from the stand-in to a sealed trial balance."""
    orgnr, key = copy_client_key(page, house, company)
    open_integration(page, house)
    page.get_by_role("button", name="Ny klient").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Orgnummer").fill(orgnr)
    dialog.get_by_label("Klientnavn").fill(company)
    dialog.get_by_label("Klientid/klientnøkkel").fill(key)
    dialog.get_by_role("button", name="Legg til klient").click()
    row = page.get_by_role("row", name=re.compile(re.escape(company)))
    row.get_by_role("button", name="Aktiver", exact=True).click()
    wait_until_sealed(page, company)


def wait_until_sealed(page: Page, company: str) -> None:
    """The row says so by itself, without loading the page again."""
    row = page.get_by_role("row", name=re.compile(re.escape(company)))
    expect(row.get_by_text("Oppdatert", exact=True)).to_be_visible(timeout=240_000)
    expect(row.get_by_text(re.compile(r"(\d+) av \1 måneder"))).to_be_visible(timeout=240_000)
