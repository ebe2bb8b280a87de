"""A real Chromium on the shell: accessible in both looks and sizes, and workable by keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Literal

import pytest
from django.test import Client as DjangoBrowser
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from klientbro.shell.tests import dialog_urls
from klientbro.shell.tests.axe import is_too_wide, violations
from klientbro.shell.tests.chromium import launch_chromium
from klientbro.shell.tests.test_finder import add_client
from klientbro.tenants import permissions
from klientbro.tenants.services import add_user

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("klientbro.shell.tests.dialog_urls"),
]
WIDTHS = [1280, 360]
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture(autouse=True)
def pages_of_the_test_are_everybodys(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table of permissions knows no addresses that only a test has."""
    names = [f"{dialog_urls.__name__}.{view}" for view in ("page", "form", "broken")]
    known = {**permissions.ADDRESSES, **dict.fromkeys(names, permissions.Open.MEMBER)}
    monkeypatch.setattr(permissions, "ADDRESSES", known)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright's event loop runs in this thread; Django would refuse the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def user(firm_account: Any) -> Any:
    """Somebody new each time: what an earlier test committed is not theirs."""
    email = f"kari.{firm_account.id}@furulund.example"
    return add_user(firm_account.id, email, "Kari Nordahl")[0]


@pytest.fixture
def faults() -> list[str]:
    """What the browser complained of: refused scripts and styles, failed requests."""
    return []


@pytest.fixture
def context(
    chromium: Browser, live_server: Any, user: Any, faults: list[str]
) -> Iterator[BrowserContext]:
    django = DjangoBrowser()
    django.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    opened = chromium.new_context(viewport={"width": 1280, "height": 800}, base_url=live_server.url)
    opened.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": live_server.url}
            for name, morsel in django.cookies.items()
        ]
    )
    opened.set_default_timeout(60_000)
    opened.on("weberror", lambda error: faults.append(str(error.error)))
    opened.on("console", lambda said: said.type == "error" and faults.append(said.text))
    yield opened
    opened.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def check(page: Page) -> None:
    """Nothing axe finds, and nothing wider than the screen."""
    assert violations(page) == []
    assert not is_too_wide(page), page.url


def check_in_both_looks(page: Page) -> None:
    """Light and then dark, without opening it twice: the same page in other colours."""
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        check(page)


def test_what_is_wrong_with_a_page_is_found_and_named(page: Page) -> None:
    page.set_content("<html lang=nb><title>x</title><main><h1>x</h1><button></button></main>")
    (found,) = violations(page)
    assert "button-name: <button></button>" in found
    page.set_content("<html lang=nb><title>x</title><main><h1>x</h1><p style=width:3000px>x</p>")
    assert is_too_wide(page)


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_before_signing_in_are_accessible(
    chromium: Browser, live_server: Any, firm_account: Any, width: int
) -> None:
    _user, link = add_user(firm_account.id, f"ny.{firm_account.id}@furulund.example")
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, base_url=live_server.url
    )
    page = context.new_page()
    for path in (
        "/konto/logg-inn/",
        "/konto/passord/glemt/",
        "/hjelp/",
        "/hjelp/poweroffice/",
        "/finnes-ikke/",
        link,
    ):
        page.goto(path)
        check_in_both_looks(page)
    page.get_by_role("button", name="Logg inn").click()
    page.wait_for_url("**/konto/passord/nytt/")
    check_in_both_looks(page)
    page.get_by_label("Passord", exact=True).fill("kort")
    page.get_by_label("Passord (gjenta)").fill("kort")
    page.get_by_role("button", name="Lagre passordet").click()
    expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    check_in_both_looks(page)
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_in_the_shell_are_accessible_with_everything_open(
    page: Page, firm_account: Any, faults: list[str], width: int
) -> None:
    add_client(firm_account, "Fjordglimt Bakeri AS", "312480778")
    page.set_viewport_size({"width": width, "height": 800})
    for path in (
        "/hjelp/",
        "/hjelp/poweroffice/",
        "/hjelp/lokale-integrasjoner/",
        "/finn/",
        "/prove/",
    ):
        page.goto(path)
        check_in_both_looks(page)
    if width < 960:
        page.get_by_role("button", name="Meny", exact=True).click()
        expect(page.get_by_role("link", name="Integrasjoner")).to_be_visible()
        check_in_both_looks(page)
    page.get_by_role("button", name="Din meny").click()
    expect(page.get_by_role("button", name="Logg ut")).to_be_visible()
    check_in_both_looks(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("link", name="Fjordglimt Bakeri AS")).to_be_visible()
    check_in_both_looks(page)
    page.keyboard.press("Escape")
    page.locator("#ny").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check_in_both_looks(page)
    page.get_by_role("button", name="Legg til").click()
    expect(page.locator("#navn-feil")).to_be_visible()
    check_in_both_looks(page)
    assert [fault for fault in faults if "422" not in fault] == []


def test_the_dialog_opens_shows_errors_closes_and_gives_focus_back(page: Page) -> None:
    page.goto("/prove/")
    page.locator("#ny").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Ny klient")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_label("Navn")).to_be_focused()

    page.keyboard.press("Enter")
    expect(dialog.get_by_text("Navn mangler.")).to_be_visible()
    expect(dialog.get_by_label("Navn")).to_be_focused()

    dialog.get_by_label("Navn").fill("Bergtun <b>Elektro</b> AS")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#ny")).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("Bergtun <b>Elektro</b> AS er lagt til.")

    for close in ("Escape", "Avbryt", "Lukk"):
        page.locator("#ny").click()
        expect(dialog).to_be_visible()
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            dialog.get_by_role("button", name=close).click()
        expect(dialog).to_be_hidden()
        expect(page.locator("#dialog-content")).to_be_empty()
        expect(page.locator("#ny")).to_be_focused()


def test_a_fault_of_ours_is_said_and_never_put_into_the_page(page: Page) -> None:
    page.goto("/prove/")
    page.locator("#feil").click()
    expect(page.locator("#toasts-assertive")).to_contain_text("Det gikk ikke. Ingenting er endret.")
    assert "Traceback" not in page.content()
    page.locator(".kb-toast").get_by_role("button", name="Lukk").click()
    expect(page.locator(".kb-toast")).to_have_count(0)


def test_a_message_from_the_server_is_spoken(page: Page) -> None:
    page.goto("/prove/?melding=1")
    expect(page.get_by_role("status")).to_contain_text("Lagret <b>nå</b>")
    expect(page.locator("#messages")).to_have_count(0)


def test_the_finder_is_worked_by_keyboard_alone(page: Page, firm_account: Any) -> None:
    add_client(firm_account, "Fjordglimt Bakeri AS", "312480778")
    wanted = add_client(firm_account, "Ødegård Maskin AS", "316644201")
    page.goto("/prove/")

    page.keyboard.press("Control+k")
    expect(page.locator("#finder-text")).to_be_focused()
    page.keyboard.type("ødeg")
    expect(page.locator("#finder-results a")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#finder-results a").first).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/klienter/{wanted.public_id}/**")


def test_j_and_k_move_between_rows_and_can_be_turned_off(page: Page) -> None:
    page.goto("/prove/")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="En", exact=True)).to_be_focused()
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="To", exact=True)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url("**/prove/?1")
    page.get_by_role("button", name="Din meny").click()
    page.locator("button[name=keys][value=off]").click()
    page.wait_for_load_state()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement === document.body")


def test_a_menu_opens_beside_its_button_and_arrows_move_in_it(page: Page) -> None:
    page.goto("/prove/")
    button = page.get_by_role("button", name="Flere valg for En")
    button.click()
    expect(page.get_by_role("button", name="Endre")).to_be_focused()
    box, menu = button.bounding_box(), page.locator("#m1").bounding_box()
    assert box is not None
    assert menu is not None
    assert abs(menu["y"] - (box["y"] + box["height"])) < 10
    assert abs(menu["x"] + menu["width"] - box["x"] - box["width"]) < 10
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Slett")).to_be_focused()
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_dark_is_chosen_in_the_menu_and_stays(page: Page) -> None:
    page.goto("/prove/")
    page.get_by_role("button", name="Din meny").click()
    page.get_by_role("button", name="Mørk").click()
    page.wait_for_load_state()
    expect(page.locator("html")).to_have_attribute("data-color-scheme", "dark")
    page.goto("/hjelp/")
    expect(page.locator("html")).to_have_attribute("data-color-scheme", "dark")


def test_signed_out_meanwhile_a_part_leads_to_signing_in(
    page: Page, context: BrowserContext
) -> None:
    page.goto("/finn/")
    context.clear_cookies()
    page.keyboard.press("Control+k")
    page.wait_for_url("**/konto/logg-inn/**")
