"""A real Chromium: an accountant is invited for two clients, signs in, and sees these alone."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from klientbro.clients.models import Client
from klientbro.identity.tests.support import letters, link_in, person
from klientbro.products.overview.tests.test_browser import look, shoot
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.permissions import Role

__all__ = ["chromium", "context", "faults", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
expect.set_options(timeout=30_000)
LOOKS = [(1280, "light", "nb"), (360, "dark", "nb")]
NAMES = ("Aker Bakeri AS", "Berg Bygg AS", "Dal Drift AS", "Eik Eiendom AS", "Fjell Fisk AS")
NUMBERS = ("310000019", "310000027", "310000035", "310000043", "310000051")


@pytest.fixture
def user(firm_account: Firm) -> User:
    return person(firm_account, f"kari.{firm_account.id}@furulund.example", "Kari Nordahl")


@pytest.fixture
def clients(firm_account: Firm) -> list[Client]:
    with in_firm(firm_account.id):
        return [
            Client.objects.create(
                firm=firm_account,
                name=name,
                sort_key=name.lower(),
                identifier_kind="orgnr",
                orgnr=orgnr,
                identifier_hash=orgnr.encode(),
            )
            for name, orgnr in zip(NAMES, NUMBERS, strict=True)
        ]


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_accountant_invited_for_two_clients_sees_these_two_alone(
    page: Page,
    chromium: Browser,
    live_server: Any,
    firm_account: Firm,
    clients: list[Client],
    faults: list[str],
    width: int,
    scheme: str,
    language: str,
) -> None:
    mark = f"{width}-{scheme}"
    look(page, live_server.url, width, scheme, language)
    address = f"ola.{firm_account.id}@furulund.example"
    page.goto("/brukere/inviter/")
    page.get_by_label("E-postadresser").fill(f"Ola Haug <{address}>")
    page.get_by_label("Regnskapsfører", exact=True).check()
    page.get_by_label("Valgte klienter").check()
    page.get_by_label("Søk etter klienter").fill("berg")
    expect(page.get_by_label(re.compile("Aker Bakeri"))).to_be_hidden()
    page.get_by_role("button", name="Velg alle som vises").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Søk etter klienter").fill("")
    page.get_by_label(re.compile("Dal Drift")).focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-count]")).to_have_text("2 valgt, 5 vises")
    check(page)
    shoot(page, f"roller-inviter-{mark}")
    page.get_by_role("button", name="Send invitasjonene").click()
    page.wait_for_url("**/brukere/")

    letter = next(one for one in letters() if one.to == [address])
    theirs = chromium.new_context(base_url=live_server.url, locale="nb-NO")
    theirs.set_default_timeout(60_000)
    hers = theirs.new_page()
    look(hers, live_server.url, width, scheme, language)
    hers.goto(link_in(letter))
    hers.locator("main button[type=submit]").click()
    hers.wait_for_url("**/konto/passord/nytt/")
    for field in hers.locator("input[type=password]").all():
        field.fill("fjorden speiler 42 gule hus")
    hers.get_by_role("button", name="Lagre passord").click()
    hers.wait_for_url(lambda address: "/passord/nytt/" not in address)
    hers.goto("/")
    hers.wait_for_url("**/oversikt/")
    check(hers)
    shoot(hers, f"roller-oversikt-{mark}")
    expect(hers.locator(".kb-rail a[href='/brukere/']")).to_have_count(0)
    expect(hers.locator(".kb-rail a[href='/avstemming/']")).to_have_count(1)
    hers.goto("/klienter/")
    for name, is_seen in zip(NAMES, (False, True, True, False, False), strict=True):
        expect(hers.get_by_text(name)).to_have_count(1 if is_seen else 0)
    check(hers)
    shoot(hers, f"roller-klienter-{mark}")
    hers.goto("/finn/?q=as")
    expect(hers.get_by_text("Berg Bygg AS").first).to_be_visible()
    expect(hers.get_by_text("Aker Bakeri AS")).to_have_count(0)
    assert hers.goto(f"/klienter/{clients[0].public_id}/").status == 404  # type: ignore[union-attr]
    assert hers.goto("/brukere/").status == 403  # type: ignore[union-attr]
    expect(hers.get_by_role("link", name="Kari Nordahl")).to_be_visible()
    check(hers)
    shoot(hers, f"roller-nektet-{mark}")
    theirs.close()

    page.goto("/brukere/")
    check(page)
    shoot(page, f"roller-brukere-{mark}")
    page.get_by_role("link", name="Rolle og klienter for Ola Haug").click()
    expect(page.get_by_label(re.compile("Berg Bygg"))).to_be_checked()
    check(page)
    shoot(page, f"roller-medlem-{mark}")
    page.get_by_label("Oppkobler", exact=True).check()
    expect(page.get_by_label("Valgte klienter")).to_be_hidden()
    page.get_by_role("button", name="Lagre").click()
    page.wait_for_url("**/brukere/")
    with in_firm(firm_account.id):
        assert Membership.objects.get(user__email=address).role == Role.ONBOARDER
    page.goto("/hjelp/roller/")
    check(page)
    shoot(page, f"roller-hjelp-{mark}")
    assert faults == []
