"""A real Chromium on a new firm's first day, and on showing again who one is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from klientbro.identity.models import Session
from klientbro.identity.sessions import SessionStore
from klientbro.identity.tests.forging import Provider
from klientbro.identity.tests.sign_on_support import set_up
from klientbro.identity.tests.support import PASSWORD, browser_of, person
from klientbro.products.overview.tests.test_browser import look, shoot
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page
from klientbro.tenants.models import Firm, User
from klientbro.tenants.services import add_user, found_firm
from klientbro.tenants.ways_in import SESSION_WAY, SINGLE_SIGN_ON

__all__ = ["chromium", "context", "faults", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=60_000)
LOOKS = [(1280, "light", "nb"), (360, "dark", "en")]


@pytest.fixture
def user(firm_account: Firm) -> User:
    """Somebody new each time, with a password from the start."""
    return person(firm_account, f"kari.{firm_account.id}@furulund.example", "Kari Nordahl")


def write_code(page: Page, secret: str) -> None:
    """The app's code for now; a half minute may end between the making and the pressing."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    for _try in range(3):
        counter = int(timezone.now().timestamp()) // 30
        page.locator("#id_code").fill(format_hotp_value(hotp_value(secret, counter)))
        with page.expect_navigation():
            page.keyboard.press("Enter")
        if "/totrinn/app/" not in page.url:
            return


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_new_firm_from_the_link_to_its_work_without_a_mouse(
    chromium: Browser, live_server: Any, width: int, scheme: str, language: str
) -> None:
    firm = found_firm("Hegg Regnskap AS")
    _user, path = add_user(firm.id, f"hege.{firm.id}@hegg.example", "Hege Hegg")
    context = chromium.new_context(base_url=live_server.url)
    context.set_default_timeout(60_000)
    page = context.new_page()
    look(page, live_server.url, width, scheme, language)
    mark = f"{width}-{scheme}"
    page.goto(path)
    check(page)
    page.keyboard.press("Enter")
    page.wait_for_url("**/konto/passord/nytt/")
    check(page)
    shoot(page, f"identitet-velg-passord-{mark}")
    page.keyboard.insert_text(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.insert_text(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/konto/totrinn/")
    check(page)
    page.locator("a[href$='/totrinn/app/']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/totrinn/app/")  # no password in between: it is a minute old
    secret = page.locator("#totp-key").inner_text()
    write_code(page, secret)
    page.wait_for_url("**/totrinn/koder/")
    codes = page.locator("#recovery-codes code")
    expect(codes).to_have_count(10)
    check(page)
    shoot(page, f"identitet-nye-reservekoder-{mark}")
    fits = "() => document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(fits)
    code = codes.nth(0).inner_text()
    page.locator("main a[href='/']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/integrasjoner/")

    page.goto("/brukere/")
    page.locator("#second-factor").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("main .ds-alert")).to_be_visible()
    check(page)
    shoot(page, f"identitet-krav-av-{mark}")
    page.locator("main a[href='/brukere/']").last.click()
    expect(page.locator("#second-factor")).to_be_checked()

    page.goto("/konto/totrinn/")
    context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.goto("/konto/logg-inn/")
    page.locator("input[name=login]").fill(f"hege.{firm.id}@hegg.example")
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/totrinn/kode/")
    check(page)
    expect(page.locator("#passkey-button")).to_have_count(0)
    page.locator("a[href$='?reserve']").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/totrinn/kode/?reserve")
    check(page)
    shoot(page, f"identitet-reservekode-{mark}")
    page.locator("#id_code").fill(code.lower().replace("-", " "))
    page.keyboard.press("Enter")
    page.wait_for_url("**/integrasjoner/")
    page.goto("/konto/totrinn/koder/nye/")
    page.keyboard.press("Tab")
    check(page)
    context.close()


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_session_is_ended_after_the_password_without_pressing_twice(
    page: Page, live_server: Any, user: User, width: int, scheme: str, language: str
) -> None:
    look(page, live_server.url, width, scheme, language)
    browser_of(user)
    page.goto("/konto/okter/")
    rows = page.locator("main table tbody tr")
    expect(rows).to_have_count(2)
    rows.nth(1).get_by_role("button").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/konto/bekreft/**")
    check(page)
    shoot(page, f"identitet-bekreft-{width}-{scheme}")
    page.keyboard.insert_text(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/konto/okter/")
    expect(rows).to_have_count(1)
    check(page)


def test_provider_is_asked_again_from_a_page_that_says_so(
    page: Page, live_server: Any, user: User, firm_account: Firm, forger: Provider
) -> None:
    provider = set_up(firm_account, forger.issuer, domain=f"d{firm_account.id.hex[:12]}.example")
    cookie = next(
        one["value"]
        for one in page.context.cookies()
        if one["name"] == settings.SESSION_COOKIE_NAME
    )
    store = SessionStore(cookie)
    store[SESSION_WAY] = {
        "kind": SINGLE_SIGN_ON,
        "firm": str(firm_account.id),
        "configuration": str(provider.configuration),
        "factor": True,
        "at": 0,
    }
    store.save()
    browser_of(user)
    for width, scheme, language in LOOKS:
        look(page, live_server.url, width, scheme, language)
        page.goto("/konto/okter/")
        page.locator("form[action$='/andre/'] button").click()
        page.wait_for_url("**/konto/enkel/igjen/**")
        check(page)
        shoot(page, f"identitet-bekreft-hos-firmaet-{width}-{scheme}")
    link = page.locator("main a[data-variant=primary]")
    asked = re.compile(rf"/konto/enkel/{firm_account.id}/\?anew=1&next=%2Fkonto%2Fokter%2Fandre")
    expect(link).to_have_attribute("href", asked)
    expect(link).to_be_focused()
    assert Session.objects.filter(user=user).count() == 2
