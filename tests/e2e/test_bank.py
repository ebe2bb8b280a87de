"""A bank account in the browser: import, suggestions, accept, difference 0,00, undo."""

from __future__ import annotations

import re
from calendar import monthrange
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from klientbro.domain.tests.camt_files import balance, document, entry, statement
from klientbro.shell.tests.axe import is_too_wide, violations

from .running import RunningHouse
from .steps import add_and_activate

pytestmark = pytest.mark.browser
COMPANY = "Åse Våge Illustrasjon"


def number(text: str) -> Decimal:
    return Decimal(re.sub(r"\s", "", text).replace("−", "-").replace(",", "."))


def day(text: str) -> str:
    return "-".join(reversed(text.strip().split(".")))


@pytest.fixture
def bank_account(page: Page, house: RunningHouse) -> str:
    """The address of the first bank account that has moved in the month."""
    add_and_activate(page, house, COMPANY)
    page.get_by_role("link", name=COMPANY).first.click()
    page.wait_for_url("**/saldobalanse/**")
    client = page.url.partition("/saldobalanse/")[0].rpartition("/")[2]
    page.goto(f"{house.url}/avstemming/{client}/")
    rows = page.locator("main table tbody tr", has_text="Kontoutskrift")
    addresses = [row.locator("a.main").get_attribute("href") or "" for row in rows.all()]
    for address in addresses:
        page.goto(house.url + address)
        if page.get_by_text("Bevegelse i måneden").count():
            return house.url + address
    pytest.fail("no bank account of the client has moved in the month")


def statement_like_the_ledger(page: Page, number_of_account: str) -> tuple[bytes, int]:
    """The bank's file with every movement of the account's page, in one entry each."""
    table = page.get_by_role("region", name="Posteringer").locator("tbody tr:not(.sum)")
    moved = [[cell.inner_text() for cell in row.locator("td").all()] for row in table.all()]
    closing = number(page.locator("dl.kb-kpis dd.v").first.inner_text())
    total = sum((number(cells[3]) for cells in moved), Decimal(0))
    month = re.search(r"/(\d{4})-(\d{2})/konto/", page.url)
    assert month is not None
    last = monthrange(int(month[1]), int(month[2]))[1]
    first_day, last_day = f"{month[1]}-{month[2]}-01", f"{month[1]}-{month[2]}-{last}"
    begins, ends = f"{first_day}T00:00:00", f"{last_day}T23:59:59"
    days = f"<FrToDt><FrDtTm>{begins}</FrDtTm><ToDtTm>{ends}</ToDtTm></FrToDt>"
    parts = [
        balance("OPBD", f"{closing - total:.2f}", first_day),
        balance("CLBD", f"{closing:.2f}", last_day),
        *(
            entry(day(cells[0]), f"{number(cells[3]):.2f}", text=f"Nr {at}")
            for at, cells in enumerate(moved)
        ),
    ]
    other = f"<Othr><Id>{number_of_account}</Id></Othr>"
    return document(statement(*parts, account=other, days=days)), len(moved)


def test_a_statement_is_imported_matched_to_zero_and_undone(
    page: Page, bank_account: str, tmp_path: Path, signed_in_context: BrowserContext
) -> None:
    page.get_by_role("link", name="Kontoutskrifter").click()
    told = page.locator("#file-note").inner_text()
    found = re.search(r"bankkonto ([\d. ]+\d)", told)
    assert violations(page) == []
    page.goto(bank_account)
    content, movements = statement_like_the_ledger(page, found[1] if found else "86011117947")
    file = tmp_path / "utskrift.xml"
    file.write_bytes(content)

    page.get_by_role("link", name="Kontoutskrifter").click()
    page.get_by_label("Utskriftsfil").set_input_files(file)
    page.get_by_role("button", name="Importer").click()
    lines = "linje" if movements == 1 else "linjer"
    expect(page.get_by_text(f"{movements} {lines} ble importert")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("link", name="Matching").click()
    expect(page.get_by_role("heading", name=re.compile("forslag"))).to_be_visible()
    assert violations(page) == []
    page.set_viewport_size({"width": 360, "height": 800})
    assert not is_too_wide(page)
    page.set_viewport_size({"width": 1280, "height": 900})
    page.get_by_role("button", name=re.compile("som tidsavgrensning$")).first.click()
    expect(page.get_by_text("Raden er ført som tidsavgrensning")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name=re.compile("^Ført: ")).first.click()
    expect(page.get_by_text("Raden er ikke lenger en tidsavgrensning.")).to_be_visible()
    tick = page.get_by_role("checkbox", name=re.compile("Velg forslag 1,"))
    tick.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("^1 match er gjort"))).to_be_visible()
    everyone = page.get_by_role("button", name=re.compile("^Godta (alle )?\\d+ sikre?t?$"))
    if everyone.count():
        everyone.click()
    while page.get_by_role("checkbox", name="Velg alle forslag").count():
        page.get_by_role("checkbox", name="Velg alle forslag").check()
        page.get_by_role("button", name="Godta valgte").click()
        page.wait_for_load_state()
    expect(page.get_by_text("Ingenting er åpent. Alt er matchet.")).to_be_visible()
    expect(page.locator("#rest")).to_have_text("0,00")

    page.goto(bank_account)
    expect(page.locator("#rest")).to_have_text("0,00")
    assert number(page.locator("dl.kb-kpis dd.v").nth(2).inner_text()) == 0
    assert violations(page) == []

    page.get_by_role("link", name="Matching").click()
    page.get_by_role("button", name=re.compile("Opphev matchen")).first.click()
    expect(page.get_by_text("1 match opphevet")).to_be_visible()
    expect(page.get_by_text("Velg rader som hører sammen.")).to_be_visible()
    page.get_by_role("checkbox", name=re.compile("^Velg (?!alle|forslag)")).first.check()
    expect(
        page.get_by_text(re.compile("Differanse mellom valgte rader: .*\\d,\\d\\d"))
    ).to_be_visible()

    page.get_by_role("link", name="Regler").click()
    page.get_by_role("link", name="Ny regel").click()
    page.get_by_label("Navn").fill("Samme beløp innen tre dager")
    page.get_by_role("button", name="Prøv regelen").click()
    expect(page.get_by_role("status").filter(has_text="Regelen ville gitt")).to_be_visible()
    assert violations(page) == []

    page.get_by_role("link", name="Kontoutskrifter").click()
    page.get_by_role("button", name="Angre import").first.click()
    expect(page.get_by_text("Importen er angret.")).to_be_visible()
    expect(page.get_by_text("Ingen utskrift er importert for denne kontoen ennå.")).to_be_visible()
