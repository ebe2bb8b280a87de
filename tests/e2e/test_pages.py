"""Every page family: no accessibility violations, nothing wider than the screen, both looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from .running import PROJECT, RunningHouse
from .steps import add_and_activate

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
COMPANY = "Kvitfjell Holding AS"
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def addresses(house: RunningHouse, signed_in_context: BrowserContext) -> list[str]:
    """One page of each family, with a client that has figures."""
    page = signed_in_context.new_page()
    add_and_activate(page, house, COMPANY)
    page.get_by_role("link", name=COMPANY).first.click()
    page.wait_for_url("**/saldobalanse/**")
    client = page.url.partition("/saldobalanse/")[0]
    account = page.locator("main table a").first.get_attribute("href") or ""
    page.goto(f"{client}/bilag/")
    voucher = page.locator("main table tbody a").first.get_attribute("href") or ""
    page.goto(f"{house.url}/oversikt/importer/")
    page.get_by_role("button", name="Importer", exact=True).click()
    page.get_by_role("link", name=COMPANY).first.click()
    card = page.url.partition("?")[0]
    page.goto(f"{house.url}/oversikt/oppdrag/")
    page.get_by_role("button", name="Hent inn standardoppdragene").click()
    template = page.locator("main table tbody a").first.get_attribute("href") or ""
    page.goto(f"{house.url}/avstemming/planer/")
    page.get_by_role("button", name="Hent inn standard").click()
    page.goto(f"{house.url}/avstemming/{client.rpartition('/')[2]}/")
    month = page.url
    reconciled = page.locator("main table tbody a").first.get_attribute("href") or ""
    page.close()
    return [
        f"{house.url}/oversikt/",
        card,
        f"{house.url}/oversikt/fakta/",
        f"{house.url}/oversikt/oppdrag/",
        house.url + template,
        f"{house.url}/avstemming/",
        f"{house.url}/avstemming/planer/",
        f"{house.url}/avstemming/planer/AS/",
        month,
        f"{month}mva/",
        f"{month}plan/?mal=AS",
        house.url + reconciled,
        f"{house.url}/integrasjoner/",
        f"{house.url}/integrasjoner/poweroffice/",
        f"{house.url}/integrasjoner/kapasitet/",
        f"{house.url}/klienter/",
        f"{client}/",
        f"{client}/saldobalanse/",
        house.url + account,
        f"{client}/bilag/",
        house.url + voucher,
        f"{client}/endret-etter-lasing/",
        f"{house.url}/hjelp/",
        f"{house.url}/hjelp/poweroffice/",
        f"{house.url}/hjelp/lokale-integrasjoner/",
        f"{house.url}/finnes-ikke/",
    ]


def violations(page: Page) -> list[str]:
    """What axe-core finds, one line each."""
    found: dict[str, Any] = page.evaluate(
        f"{AXE.read_text(encoding='utf-8')}; "
        f"axe.run(document, {{runOnly: {{type: 'tag', values: {TAGS}}}}})"
    )
    return [
        f"{page.url} {one['id']}: {one['nodes'][0]['html'][:160]}" for one in found["violations"]
    ]


def test_no_page_has_an_accessibility_violation(
    addresses: list[str], signed_in_context: BrowserContext
) -> None:
    page = signed_in_context.new_page()
    found: list[str] = []
    for address in addresses:
        page.goto(address)
        found += violations(page)
    page.close()

    assert found == []


@pytest.fixture
def narrow_and_dark(chromium: Browser, signed_in_context: BrowserContext) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 360, "height": 800},
        color_scheme="dark",
        storage_state=signed_in_context.storage_state(),
    )
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def test_no_page_is_wider_than_a_small_phone_in_the_dark(
    addresses: list[str], narrow_and_dark: Page
) -> None:
    too_wide: list[str] = []
    found: list[str] = []
    for address in addresses:
        narrow_and_dark.goto(address)
        if narrow_and_dark.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(address)
        found += violations(narrow_and_dark)

    assert too_wide == []
    assert found == []


def test_every_page_is_there_in_english(
    addresses: list[str], signed_in_context: BrowserContext, house: RunningHouse
) -> None:
    signed_in_context.add_cookies([{"name": "klientbro_language", "value": "en", "url": house.url}])
    page = signed_in_context.new_page()
    languages: list[str | None] = []
    for address in addresses:
        page.goto(address)
        languages.append(page.locator("html").get_attribute("lang"))
    page.close()
    signed_in_context.clear_cookies(name="klientbro_language")

    assert set(languages) == {"en"}


def test_pages_load_nothing_from_elsewhere(
    addresses: list[str], signed_in_context: BrowserContext, house: RunningHouse
) -> None:
    page = signed_in_context.new_page()
    elsewhere: list[str] = []
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((house.url, "data:")) else elsewhere.append(request.url)
        ),
    )
    for address in addresses:
        page.goto(address)
    page.close()

    assert elsewhere == []
