"""A real Chromium through a real provider: set up, tested, turned on, and signed in by."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from playwright.sync_api import Browser, Page, expect

from klientbro.identity.single_sign_on.domains import approve, claim
from klientbro.identity.single_sign_on.models import SignOnLink
from klientbro.identity.tests.real_provider import register
from klientbro.identity.tests.sign_on_support import set_up
from klientbro.identity.tests.support import person
from klientbro.products.overview.tests.test_browser import look, shoot
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, User

__all__ = ["chromium", "context", "faults", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=60_000)
PAGE = "/brukere/enkel/"
LOOKS = [(1280, "light", "nb"), (360, "dark", "en")]


@pytest.fixture
def user(firm_account: Firm) -> User:
    """Somebody new each time."""
    return person(firm_account, f"kari.{firm_account.id}@furulund.example", "Kari Nordahl")


@pytest.fixture
def here(live_server: Any, private_allowed: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """The live server is the installation's address, which providers send people back to."""
    known = dataclasses.replace(settings.ENVIRONMENT, public_url=live_server.url)
    monkeypatch.setattr(settings, "ENVIRONMENT", known)
    url: str = live_server.url
    return url


def test_firm_sets_up_a_provider_and_signs_in_by_it(
    page: Page,
    chromium: Browser,
    here: str,
    node_provider: str,
    firm_account: Firm,
    user: User,
    faults: list[str],
) -> None:
    registered = register(node_provider, f"{here}/konto/enkel/{firm_account.id}/tilbake/")
    domain = f"f{firm_account.id.hex[:12]}.furulund.example"
    User.objects.filter(pk=user.pk).update(email=f"kari@{domain}")

    page.goto("/brukere/")
    page.get_by_role("link", name="Enkel pålogging").click()
    page.get_by_label("Legg til et domene").fill(domain)
    page.get_by_role("button", name="Legg til", exact=True).click()
    expect(page.get_by_text("Venter på godkjenning")).to_be_visible()
    page.get_by_label("Utsteder", exact=True).fill(registered.issuer)
    page.get_by_label("Klient-id", exact=True).fill(registered.client_id)
    page.get_by_label("Klienthemmelighet", exact=True).fill("feil hemmelighet")
    page.locator("form[action$='lagre/'] button").click()
    page.get_by_role("button", name="Test forbindelsen").click()
    expect(page.locator(".ds-alert[role=alert]")).to_contain_text("tjenesten kjenner dem ikke")
    page.get_by_label("Klienthemmelighet", exact=True).fill(registered.client_secret)
    page.locator("form[action$='lagre/'] button").click()
    page.get_by_role("button", name="Test forbindelsen").click()
    expect(page.get_by_text(re.compile("^Svarte "))).to_be_visible()
    approve(domain, None)
    page.get_by_label("Enkel pålogging er").select_option("on")
    page.locator("form[action$='bruk/'] button").click()
    expect(page.get_by_text("Passord virker fortsatt")).to_be_visible()

    fresh = chromium.new_context(base_url=here)
    fresh.set_default_timeout(60_000)
    other = fresh.new_page()
    other.goto("/brukere/")
    other.get_by_role("link", name="Logg inn gjennom firmaet").click()
    other.get_by_label("E-postadresse i firmaet").fill(f"kari@{domain}")
    other.get_by_role("button", name="Fortsett").click()
    other.wait_for_url(f"{node_provider}/interaction/**")
    other.locator("input[name=login]").fill(f"kari@{domain}")
    other.locator("input[name=password]").fill("any")
    other.locator("button[type=submit]").click()
    other.get_by_role("button", name="Continue").click()
    other.wait_for_url(f"{here}/**")
    expect(other.locator(".kb-me")).to_contain_text("Kari Nordahl")
    with firm_set(firm_account.id), transaction.atomic():
        assert SignOnLink.objects.get().user == user
    # the provider remembers the person: signed out here, in again without typing anything
    other.context.clear_cookies(domain="localhost")
    other.goto(f"/konto/enkel/{firm_account.id}/")
    expect(other.locator(".kb-me")).to_contain_text("Kari Nordahl")

    page.get_by_label("Enkel pålogging er").select_option("only")
    page.locator("form[action$='bruk/'] button").click()
    page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Dette krever en annen innlogging")).to_be_visible()
    other.goto(PAGE)
    expect(other.get_by_text("Eneste vei inn", exact=True)).to_be_visible()
    fresh.close()
    assert [fault for fault in faults if "422" not in fault and "403" not in fault] == []


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_every_page_of_single_sign_on_is_accessible(
    page: Page,
    chromium: Browser,
    here: str,
    forger: Any,
    firm_account: Firm,
    user: User,
    width: int,
    scheme: str,
    language: str,
) -> None:
    look(page, here, width, scheme, language)
    mark = f"{width}-{scheme}"
    page.goto(PAGE)
    check(page)
    shoot(page, f"enkel-tom-{mark}")
    domain = f"d{firm_account.id.hex[:12]}.furulund.example"
    set_up(firm_account, forger.issuer, domain=domain)
    with firm_set(firm_account.id), transaction.atomic():
        claim(f"ny{firm_account.id.hex[:12]}.furulund.example")
        SignOnLink.objects.create(
            firm=firm_account, issuer=forger.issuer, subject="8a5c-" * 8, user=user
        )
    page.goto(PAGE)
    check(page)
    shoot(page, f"enkel-{mark}")
    page.locator("#issuer").fill("http://x.example")
    page.locator("form[action$='lagre/'] button").click()
    expect(page.locator("#issuer-error")).to_be_visible()
    check(page)
    shoot(page, f"enkel-feil-{mark}")

    page.goto("/brukere/verktoy/")
    page.locator("#name").fill("Timeføring")
    page.locator("#addresses").fill("https://tool.example/a/rather/long/address/to/come/back/to")
    page.locator("form[action$='/ny/'] button").click()
    expect(page.locator("#tool-secret")).to_be_visible()
    check(page)
    shoot(page, f"verktoy-{mark}")
    page.goto(f"/oidc/{firm_account.id}/authorize?client_id=x")
    check(page)
    shoot(page, f"verktoy-avvist-{mark}")

    stranger = chromium.new_context(base_url=here)
    stranger.set_default_timeout(60_000)
    outside = stranger.new_page()
    look(outside, here, width, scheme, language)
    outside.goto("/konto/enkel/")
    check(outside)
    outside.locator("#email").fill("kari@ingen.example")
    outside.locator("main form button").click()
    expect(outside.get_by_role("alert")).to_be_visible()
    check(outside)
    shoot(outside, f"enkel-adresse-{mark}")
    outside.goto(f"/konto/enkel/{firm_account.id}/tilbake/?state=x&code=y")
    check(outside)
    shoot(outside, f"enkel-avvist-{mark}")
    outside.goto("/konto/logg-inn/")
    check(outside)
    shoot(outside, f"enkel-logg-inn-{mark}")
    with firm_set(firm_account.id), transaction.atomic():
        from klientbro.identity.single_sign_on.models import SignOnProvider

        SignOnProvider.objects.update(is_only=True)
        User.objects.filter(pk=user.pk).update(email=f"kari@{domain}")
    outside.locator("input[name=login]").fill(f"kari@{domain}")
    outside.locator("input[name=password]").fill("blå elg i motvind 47")
    outside.locator("form[action$='logg-inn/'] button[type=submit]").first.click()
    expect(outside.locator(f"a[href$='/konto/enkel/{firm_account.id}/']")).to_be_visible()
    check(outside)
    shoot(outside, f"enkel-kreves-{mark}")
    page.goto("/integrasjoner/")
    check(page)
    shoot(page, f"enkel-stengt-{mark}")
    stranger.close()
