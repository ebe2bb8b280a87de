"""Takes the README's and the help pages' pictures from the running product, on books of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, sync_playwright

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

# the project's folder must be on the path first
from klientbro.shell.tests.chromium import launch_chromium  # noqa: E402
from tests.e2e.running import RunningHouse, running_house  # noqa: E402
from tests.e2e.steps import (  # noqa: E402
    add_and_activate,
    copy_client_key,
    open_integration,
    sign_in_with_link,
)

PICTURES = PROJECT / "docs" / "pictures"
HELP_PICTURES = PROJECT / "klientbro" / "shell" / "static" / "shell" / "help"
COMPANIES = (
    "Kvitfjell Holding AS",
    "Skisenteret Raudfjell AS",
    "Røros Kobberkunst AS",
    "Tynset Trevare AS",
    "Ålesund Båtservice AS",
    "Bakeriet Nord AS",
)


def main() -> int:
    """Follows the help article for some companies and takes pictures on the way."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    HELP_PICTURES.mkdir(parents=True, exist_ok=True)
    with running_house() as house, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        context = browser.new_context(
            viewport={"width": 1280, "height": 860}, locale="nb-NO", device_scale_factor=1
        )
        context.set_default_timeout(20_000)
        sign_in_with_link(context, house)
        _take(context, house)
        browser.close()
    return 0


def _take(context: BrowserContext, house: RunningHouse) -> None:
    page = context.new_page()
    _help_pictures(page, house)
    for company in COMPANIES:
        add_and_activate(page, house, company)
    open_integration(page, house)
    page.wait_for_timeout(1500)
    page.screenshot(path=PICTURES / "integration.png")
    page.get_by_role("link", name=COMPANIES[-1]).first.click()
    page.wait_for_url("**/saldobalanse/**")
    page.screenshot(path=PICTURES / "trial-balance.png")
    client = page.url.partition("/saldobalanse/")[0]
    page.goto(f"{client}/bilag/")
    page.locator("main table tbody a").first.click()
    page.wait_for_load_state()
    page.screenshot(path=PICTURES / "voucher.png")
    _product_pictures(page, house)


def _product_pictures(page: Page, house: RunningHouse) -> None:
    """What the products show of the same clients."""
    page.goto(f"{house.url}/oversikt/")
    page.get_by_role("button", name="Importer klienter").first.click()
    dialog = page.get_by_role("dialog")
    for box in dialog.get_by_role("checkbox").all():
        box.check()
    dialog.get_by_role("button", name="Importer", exact=True).click()
    dialog.wait_for(state="hidden")
    page.goto(f"{house.url}/oversikt/")
    page.screenshot(path=PICTURES / "overview.png")
    page.goto(f"{house.url}/avstemming/")
    page.locator("main table tbody a").first.click()
    page.wait_for_load_state()
    page.screenshot(path=PICTURES / "reconciliation.png")
    for name, product in (("report", "rapport"), ("liquidity", "likviditet")):
        page.goto(f"{house.url}/{product}/")
        # one with customers and suppliers: money comes and goes
        page.locator("main").get_by_role("link", name=COMPANIES[-1]).first.click()
        page.wait_for_load_state()
        page.screenshot(path=PICTURES / f"{name}.png")
    page.goto(f"{house.url}/integrasjoner/kapasitet/")
    page.screenshot(path=PICTURES / "capacity.png")


def _help_pictures(page: Page, house: RunningHouse) -> None:
    """The steps in the stand-in and the dialog where the key is pasted. The key is blotted out."""
    page.goto(house.simulator_url)
    page.get_by_role("button", name="Logg inn").click()
    company = page.locator("tbody a").nth(20).inner_text()
    orgnr, _key = copy_client_key(page, house, company)
    page.get_by_role("link", name="Vis klientnøkkel").click()
    page.get_by_label("Klientnøkkel").evaluate("field => { field.value = '•'.repeat(36) }")
    _help_picture(page, "client-key", 460)
    page.get_by_role("link", name="Ok").click()
    _help_picture(page, "extensions", 240)
    open_integration(page, house)
    page.get_by_role("button", name="Ny klient").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Orgnummer").fill(orgnr)
    dialog.get_by_label("Klientnavn").fill(company)
    _help_picture(page, "new-client", 700)


def _help_picture(page: Page, name: str, height: int) -> None:
    """The upper part of the page, which holds what the step is about."""
    page.screenshot(
        path=HELP_PICTURES / f"{name}.png",
        clip={"x": 0, "y": 0, "width": 1280, "height": height},
        animations="disabled",  # a dialog is shown when it has arrived
    )


if __name__ == "__main__":
    sys.exit(main())
