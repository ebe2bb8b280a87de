"""Every page family: no accessibility violations, nothing wider than the screen, both looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from klientbro.shell.tests.axe import is_too_wide, violations

from .running import RunningHouse
from .steps import add_and_activate

pytestmark = pytest.mark.browser
COMPANY = "Kvitfjell Holding AS"


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
    bank = page.locator("main table tbody tr", has_text="Kontoutskrift").first
    bank_account = (bank.locator("a.main").get_attribute("href") or "").partition("/konto/")[2]
    report = f"{house.url}/rapport/{client.rpartition('/')[2]}"
    page.goto(f"{house.url}/rapport/maler/")
    page.get_by_label("Navn").fill("Månedsbrev")
    page.get_by_role("button", name="Lag malen").click()
    page.get_by_role("button", name="Lagre malen").wait_for()
    texts = page.url
    page.goto(f"{report}/budsjett/")
    page.get_by_role("button", name="Lag budsjettet").click()
    page.get_by_role("button", name="Lagre budsjettet").wait_for()
    page.goto(f"{report}/pakker/")
    page.get_by_role("button", name="Ny pakke").click()
    page.get_by_role("button", name="Publiser").click()
    page.get_by_role("heading", name="Utgaver").wait_for()
    pack = page.url
    liquidity = f"{house.url}/likviditet/{client.rpartition('/')[2]}/"
    page.close()
    return [
        f"{house.url}/rapport/",
        f"{house.url}/rapport/grupper/",
        f"{house.url}/rapport/maler/",
        texts,
        f"{house.url}/rapport/grenser/",
        f"{report}/?mot=prognose&linjer=kort",
        f"{report}/balanse/?mot=bevegelse",
        f"{report}/?mot=budsjett&apne=alle",
        f"{report}/?mot=maneder",
        f"{report}/balanse/",
        f"{report}/nokkeltall/",
        f"{report}/aldersfordeling/",
        f"{report}/mva/",
        f"{report}/avdelinger/",
        f"{report}/budsjett/",
        f"{report}/pakker/",
        pack,
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
        f"{month}utskrift/{bank_account}",
        f"{month}match/{bank_account}",
        f"{month}regler/{bank_account}",
        f"{month}filer/pdf/",
        f"{month}plan/?mal=AS",
        house.url + reconciled,
        f"{house.url}/integrasjoner/",
        f"{house.url}/integrasjoner/poweroffice/",
        f"{house.url}/integrasjoner/kapasitet/",
        f"{house.url}/likviditet/",
        *(f"{liquidity}{end}" for end in ("", "?vis=maneder", "plan/", "treff/", "innstillinger/")),
        f"{liquidity}scenario/nytt/",
        f"{liquidity}plan/ny/",
        f"{house.url}/klienter/",
        f"{client}/",
        f"{client}/saldobalanse/",
        house.url + account,
        f"{client}/bilag/",
        f"{client}/regnskapslinjer/",
        f"{house.url}/klienter/regnskapslinjer/",
        house.url + voucher,
        f"{client}/endret-etter-lasing/",
        f"{house.url}/hjelp/",
        f"{house.url}/hjelp/poweroffice/",
        f"{house.url}/hjelp/lokale-integrasjoner/",
        f"{house.url}/finnes-ikke/",
    ]


@dataclass
class Visits:
    """What was seen as every page was opened, wide and light."""

    pages: int = 0
    violations: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def visits(addresses: list[str], signed_in_context: BrowserContext) -> Visits:
    """Every page once: opening one costs a third of a second, and two tests ask about it."""
    seen = Visits()
    page = signed_in_context.new_page()
    page.on("request", lambda request: seen.requests.append(request.url))
    for address in addresses:
        page.goto(address)
        seen.violations += violations(page)
        seen.pages += 1
    page.close()
    return seen


@pytest.mark.timeout(1500)  # the product is started and every page opened in its set-up
def test_no_page_has_an_accessibility_violation(addresses: list[str], visits: Visits) -> None:
    assert visits.violations == []
    assert visits.pages == len(addresses) > 50


@pytest.fixture
def narrow_and_dark(chromium: Browser, signed_in_context: BrowserContext) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 360, "height": 800},
        color_scheme="dark",
        storage_state=signed_in_context.storage_state(),
    )
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()


def test_no_page_is_wider_than_a_small_phone_in_the_dark(
    addresses: list[str], narrow_and_dark: Page
) -> None:
    too_wide: list[str] = []
    found: list[str] = []
    for address in addresses:
        narrow_and_dark.goto(address)
        if is_too_wide(narrow_and_dark):
            too_wide.append(address)
        found += violations(narrow_and_dark)

    assert too_wide == []
    assert found == []


def test_a_report_line_is_changed_and_the_change_taken_back(
    addresses: list[str], signed_in_context: BrowserContext
) -> None:
    """Two accounts at once, by keyboard; the preview says what moves before anything does."""
    page = signed_in_context.new_page()
    page.goto(
        next(
            one
            for one in addresses
            if "/klienter/regnskapslinjer/" not in one and one.endswith("/regnskapslinjer/")
        )
    )
    for tick in page.get_by_role("checkbox", name=re.compile("^Velg 19")).all()[:2]:
        tick.focus()
        page.keyboard.press("Space")
    page.get_by_label("Sett valgte kontoer på").select_option(label="Investeringer")
    page.get_by_role("button", name="Se hva som flyttes").first.press("Enter")
    expect(
        page.get_by_role("status").filter(has_text=re.compile("konto(er)? flyttes"))
    ).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert not is_too_wide(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name="Lagre", exact=True).click()
    expect(page.get_by_text(re.compile("regel er lagret|regler er lagret"))).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("^Angre endringen")).first.click()
    expect(page.get_by_text("Endringen er tatt tilbake.")).to_be_visible()
    page.close()


def test_an_account_is_opened_signed_and_reviewed_without_a_mouse(
    addresses: list[str], signed_in_context: BrowserContext
) -> None:
    """J to the account, Enter to open it, S to the signature; a firm of one reviews its own."""
    page = signed_in_context.new_page()
    page.goto(next(each for each in addresses if re.search(r"/avstemming/[^/]+/[\d-]+/$", each)))
    page.keyboard.press("j")
    expect(page.locator("a.main:focus")).to_have_count(1)
    page.keyboard.press("Enter")
    page.wait_for_url("**/konto/**")
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Signer som utført")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("Kontrollert mot bilagene")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Til kontroll", exact=True)).to_be_visible()
    page.keyboard.press("s")
    expect(page.get_by_role("button", name="Signer som kontrollert")).to_be_focused()
    page.keyboard.press("Enter")
    expect(
        page.get_by_role("region", name="Status").get_by_text("Kontrollert").first
    ).to_be_visible()
    expect(page.get_by_text("Kontrollert mot bilagene")).to_be_visible()
    assert violations(page) == []
    page.close()


def test_every_page_is_there_in_english(
    addresses: list[str], signed_in_context: BrowserContext, house: RunningHouse
) -> None:
    """As the server sends it: no script of ours touches the language."""
    signed_in_context.add_cookies([{"name": "klientbro_language", "value": "en", "url": house.url}])
    languages: dict[str, str | None] = {}
    for address in addresses:
        text = signed_in_context.request.get(address).text()
        told = re.search(r'<html\b[^>]*\blang="([\w-]+)"', text)
        languages[address] = told and told[1]
    signed_in_context.clear_cookies(name="klientbro_language")

    assert [address for address, told in languages.items() if told != "en"] == []


def test_pages_load_nothing_from_elsewhere(visits: Visits, house: RunningHouse) -> None:
    assert [url for url in visits.requests if not url.startswith((house.url, "data:"))] == []
    # style sheets and scripts of our own were seen, so that others would have been
    assert any(url.endswith(".css") for url in visits.requests)
    assert any(url.endswith(".js") for url in visits.requests)


def test_budget_is_typed_with_the_keyboard_and_a_line_opens_to_its_postings(
    addresses: list[str], signed_in_context: BrowserContext
) -> None:
    budget = next(address for address in addresses if address.endswith("/budsjett/"))
    page = signed_in_context.new_page()
    page.goto(budget)
    cells = page.locator("input.rp-cell")
    cells.nth(0).focus()
    page.keyboard.type("1234")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("5678")
    page.get_by_role("button", name="Lagre budsjettet").click()
    page.get_by_text("Budsjettet er lagret.").wait_for()
    saved = [cells.nth(at).input_value().replace("\xa0", " ") for at in range(2)]
    page.goto(budget.replace("/budsjett/", "/"))
    page.locator("a.rp-open").first.click()
    page.locator("tr.rp-account a").first.click()
    page.wait_for_url("**/konto/**")
    page.close()

    assert saved == ["1 234", "5 678"]
