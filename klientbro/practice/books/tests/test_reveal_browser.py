"""A real Chromium sees a personal number for half a minute, and not when it goes back."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from klientbro.clients.models import Client
from klientbro.practice.books.reveal import SHOWN_SECONDS
from klientbro.practice.books.tests.test_reveal import NUMBER, PARTED, person_in
from klientbro.products.overview.tests.test_browser import look, shoot
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page, user

__all__ = ["chromium", "context", "faults", "page", "user"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
]
LOOKS = [
    (1280, "light", "nb", "Vis", "Vis fødselsnummeret"),
    (360, "dark", "en", "Show", "Show the personal number"),
]


@pytest.fixture(autouse=True)
def _no_real_clock() -> None:
    """The real one, whatever the pages' other tests have."""


@pytest.fixture
def ola(firm_account: Any) -> Client:
    return person_in(firm_account)


@pytest.mark.parametrize(("width", "scheme", "language", "show", "send"), LOOKS)
def test_number_is_asked_for_shown_and_hidden_again(
    page: Page, live_server: Any, ola: Client, width: int, scheme: str, language: str, show: str,
    send: str,
) -> None:  # fmt: skip
    home = f"{live_server.url}/klienter/{ola.public_id}/"
    look(page, home, width, scheme, language)
    page.clock.install()
    page.goto(home)
    check(page)
    assert NUMBER[6:] not in page.content()
    page.get_by_role("link", name=show, exact=True).click()
    dialog = page.get_by_role("dialog")
    purpose = dialog.get_by_role("combobox")
    expect(purpose).to_be_visible()
    check(page)
    shoot(page, f"reveal-form-{width}-{scheme}-{language}")
    dialog.get_by_role("button", name=send).click()  # without a purpose
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(purpose).to_be_focused()
    check(page)
    purpose.select_option("reporting")
    dialog.get_by_role("button", name=send).click()
    number = dialog.get_by_text(PARTED)
    expect(number).to_be_visible()
    check(page)
    shoot(page, f"reveal-number-{width}-{scheme}-{language}")
    assert page.url == home  # the number and the way to it stand in no history
    page.clock.fast_forward(SHOWN_SECONDS * 1000 + 100)
    expect(number).to_have_count(0)
    assert NUMBER[6:] not in page.content()
    check(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name=show, exact=True)).to_be_focused()
    page.goto(f"{live_server.url}/klienter/")
    page.go_back()
    assert NUMBER[6:] not in page.content()


def test_number_is_gone_from_the_page_when_the_dialog_is_closed(
    page: Page, live_server: Any, ola: Client
) -> None:
    page.goto(f"{live_server.url}/klienter/{ola.public_id}/")
    page.locator("#reveal").click()
    page.get_by_role("dialog").get_by_role("combobox").select_option("inquiry")
    page.get_by_role("dialog").locator("button[type=submit]").click()
    expect(page.get_by_text(PARTED)).to_be_visible()
    page.locator("#dialog-content [data-dialog-close]").click()
    expect(page.get_by_text(PARTED)).to_have_count(0)
    assert NUMBER[6:] not in page.content()
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert NUMBER[6:] not in stored
