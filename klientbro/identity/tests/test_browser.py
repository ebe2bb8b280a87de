"""A real Chromium on users, sign-in and security, with a passkey of its own making."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, CDPSession, Page, expect

from klientbro.identity.models import Invitation
from klientbro.identity.tests.support import PASSWORD, link_in, other_firm, person
from klientbro.products.overview.tests.test_browser import look, shoot
from klientbro.shell.tests.test_browser import check, chromium, context, faults, page
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm, User
from klientbro.tenants.permissions import Role
from klientbro.tenants.services import add_user

__all__ = ["chromium", "context", "faults", "page"]
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
# five seconds is Playwright's own, which a busy machine may need for one page
expect.set_options(timeout=30_000)
LOOKS = [(1280, "light", "nb"), (360, "dark", "en")]


@pytest.fixture
def user(firm_account: Firm) -> User:
    """Somebody new each time, with a password from the start."""
    return person(firm_account, f"kari.{firm_account.id}@furulund.example", "Kari Nordahl")


@pytest.fixture
def furnished(firm_account: Firm, user: User) -> User:
    """A firm with a colleague, one whose access is closed, and invitations in every state."""
    from klientbro.tenants.models import Membership

    add_user(other_firm("Granli Økonomi og Regnskap Vestfold AS").id, user.email)
    person(firm_account, f"per.{firm_account.id}@furulund.example", "Per Berg")
    closed = person(firm_account, f"closed.{firm_account.id}@furulund.example", "Stengt Person")
    now = timezone.now()
    with in_firm(firm_account.id):
        Membership.objects.filter(user=closed).update(disabled_at=now)
        shared = {"firm": firm_account, "role": "administrator", "asked_at": now}
        week = timedelta(days=7)
        Invitation.objects.create(
            email="sendt@furulund.example", sent_at=now, expires_at=now + week, **shared
        )
        Invitation.objects.create(
            email="utlopt@furulund.example", sent_at=now - week, expires_at=now, **shared
        )
        Invitation.objects.create(email="ny@furulund.example", invited_by=user, **shared)
        Invitation.objects.create(
            email="nektet@furulund.example", attempts=2, next_try_at=now, **shared
        )
    return user


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_every_page_of_identity_is_accessible(
    page: Page,
    live_server: Any,
    furnished: User,
    faults: list[str],
    width: int,
    scheme: str,
    language: str,
) -> None:
    look(page, live_server.url, width, scheme, language)
    mark = f"{width}-{scheme}"
    for name, path in (
        ("brukere", "/brukere/"),
        ("inviter", "/brukere/inviter/"),
        ("sikkerhet", "/konto/totrinn/"),
        ("okter", "/konto/okter/"),
        ("profil", "/konto/profil/"),
        ("bekreft", "/konto/bekreft/?next=/konto/totrinn/"),
    ):
        page.goto(path)
        expect(page.locator(".kb-app, form[action*='bekreft']").first).to_be_visible()
        check(page)
        shoot(page, f"identitet-{name}-{mark}")
    page.goto("/brukere/inviter/")
    page.locator("#people").fill("ola@furulund.example\nikke en adresse\n")
    page.locator("input[name=role][value=reader]").check()
    page.locator("main form button[type=submit]").click()
    expect(page.locator("#people-error")).to_be_visible()
    check(page)
    shoot(page, f"identitet-inviter-feil-{mark}")
    page.goto("/brukere/")
    page.locator("a[href$='/steng/']").first.click()
    check(page)
    shoot(page, f"identitet-steng-{mark}")
    assert [fault for fault in faults if "422" not in fault] == []


@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_pages_of_a_letters_link_are_accessible(
    chromium: Browser,
    live_server: Any,
    firm_account: Firm,
    user: User,
    width: int,
    scheme: str,
    language: str,
) -> None:
    from klientbro.identity.choosing import Choice
    from klientbro.identity.invitation_lines import Invitee
    from klientbro.identity.invitations import invite
    from klientbro.identity.tests.support import letters

    address = f"ny.{firm_account.id}@furulund.example"
    with in_firm(firm_account.id):
        invite([Invitee(1, address, "Ola Haug")], Choice(Role.ADMINISTRATOR, True), user)
    letter = next(one for one in letters() if one.to == [address])
    context = chromium.new_context(base_url=live_server.url)
    context.set_default_timeout(60_000)
    page = context.new_page()
    look(page, live_server.url, width, scheme, language)
    page.goto(link_in(letter))
    check(page)
    shoot(page, f"identitet-invitasjon-{width}-{scheme}")
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/konto/passord/nytt/")
    page.goto(link_in(letter))
    check(page)  # it is over now
    page.goto("/konto/passord/glemt/finnes/ikke/")
    check(page)
    page.goto("/konto/passord/glemt/sendt/")
    check(page)
    context.close()


@pytest.fixture
def authenticator(page: Page) -> Iterator[CDPSession]:
    """A passkey holder that Chromium pretends to have, with a finger that always fits."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield session
    session.detach()


def test_passkey_is_made_and_then_signs_in_alone(
    page: Page, furnished: User, authenticator: CDPSession, faults: list[str]
) -> None:
    page.goto("/konto/totrinn/")
    page.get_by_role("link", name=re.compile("Passnøkler")).click()
    page.get_by_label("Passord").fill(PASSWORD)
    page.get_by_role("button", name="Bekreft").click()
    expect(page.get_by_role("heading", name="Ny passnøkkel")).to_be_visible()
    check(page)
    shoot(page, "identitet-ny-passnokkel")
    page.get_by_label("Det du kjenner den igjen på").fill("Jobb-PC")
    page.get_by_role("button", name="Lag passnøkkelen").click()
    expect(page.get_by_role("heading", name="Reservekoder")).to_be_visible()
    check(page)
    shoot(page, "identitet-reservekoder")
    page.goto("/konto/passnokler/")
    expect(page.get_by_text("Jobb-PC")).to_be_visible()
    check(page)
    page.goto("/konto/totrinn/")
    page.get_by_role("button", name="Din meny").click()
    page.get_by_role("button", name="Logg ut").click()
    page.wait_for_url("**/konto/logg-inn/**")
    check(page)
    shoot(page, "identitet-logg-inn")

    button = page.get_by_role("button", name="Logg inn med en passnøkkel")
    expect(button).to_be_enabled()  # not before its script listens
    button.focus()
    page.keyboard.press("Enter")

    page.wait_for_url("**/integrasjoner/")
    page.goto("/konto/passnokler/")
    page.get_by_role("link", name="Slett Jobb-PC").click()
    expect(page.get_by_role("heading", name="Slette Jobb-PC?")).to_be_visible()
    check(page)
    page.goto("/konto/passnokler/bekreft/?next=/konto/passnokler/")
    expect(page.get_by_role("heading", name="Bekreft at det er deg")).to_be_visible()
    check(page)
    assert faults == []


def test_passkey_is_the_second_step_after_the_password(
    page: Page, furnished: User, authenticator: CDPSession
) -> None:
    page.goto("/konto/passnokler/ny/")
    page.get_by_label("Passord").fill(PASSWORD)
    page.get_by_role("button", name="Bekreft").click()
    page.get_by_role("button", name="Lag passnøkkelen").click()
    expect(page.get_by_role("heading", name="Reservekoder")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/konto/logg-inn/")
    page.get_by_label("E-post").fill(furnished.email)
    page.get_by_label("Passord").fill(PASSWORD)
    page.get_by_role("button", name="Logg inn", exact=True).click()
    expect(page.get_by_role("heading", name="Ett trinn til")).to_be_visible()
    check(page)
    expect(page.locator("#id_code")).to_have_count(0)  # there is no app of codes to ask for
    shoot(page, "identitet-ett-trinn-til")

    page.get_by_role("button", name="Bruk en passnøkkel").click()

    page.wait_for_url("**/integrasjoner/")


def test_passkey_that_is_not_used_is_told_of(
    page: Page, furnished: User, authenticator: CDPSession
) -> None:
    page.context.clear_cookies()
    page.goto("/konto/logg-inn/")  # the holder holds nothing that fits
    page.get_by_role("button", name="Logg inn med en passnøkkel").click()
    expect(page.get_by_text("Ingen passnøkkel ble brukt")).to_be_visible()
    check(page)


def test_app_of_codes_is_set_up_where_the_firm_asks_for_it(
    page: Page, furnished: User, firm_account: Firm
) -> None:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    with in_firm(firm_account.id):
        Firm.objects.filter(pk=firm_account.id).update(requires_second_factor=True)
    page.goto("/oversikt/")
    expect(page.get_by_role("heading", name="Én ting først")).to_be_visible()
    check(page)
    shoot(page, "identitet-en-ting-forst")
    page.get_by_role("link", name=re.compile("Koder fra en app")).click()
    page.get_by_label("Passord").fill(PASSWORD)
    page.get_by_role("button", name="Bekreft").click()
    secret = page.locator("#totp-key").inner_text()
    check(page)
    shoot(page, "identitet-app")
    for _try in range(3):  # a half minute may end between the making and the pressing
        page.get_by_label(re.compile("kode", re.IGNORECASE)).fill(
            format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))
        )
        page.get_by_role("button", name="Slå på").click()
        page.wait_for_load_state()
        if page.get_by_role("heading", name="Reservekoder").is_visible():
            break
    expect(page.get_by_role("heading", name="Reservekoder")).to_be_visible()
    page.get_by_role("link", name="Jeg har tatt vare på dem").click()
    page.wait_for_url("**/integrasjoner/")


def test_firm_is_switched_by_keyboard_in_the_menu(page: Page, furnished: User) -> None:
    page.goto("/hjelp/")
    page.get_by_role("button", name="Din meny").focus()
    page.keyboard.press("Enter")
    choice = page.get_by_role("button", name="Granli Økonomi og Regnskap Vestfold AS")
    expect(choice).to_be_visible()
    check(page)
    shoot(page, "identitet-bytt-firma")
    choice.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/integrasjoner/")
    expect(page.locator(".kb-me")).to_contain_text("Granli")


def test_what_asks_by_the_clock_says_so_and_a_press_does_not(page: Page) -> None:
    page.goto("/hjelp/")
    add = """([trigger, address]) => {
        const part = document.createElement("button");
        part.id = "part-" + trigger.split(" ")[0];
        part.textContent = trigger;
        part.setAttribute("hx-get", address);
        part.setAttribute("hx-trigger", trigger);
        part.setAttribute("hx-swap", "none");
        document.getElementById("content").append(part);
        htmx.process(part);
    }"""
    with page.expect_request("**/hjelp/poweroffice/") as by_clock:
        page.evaluate(add, ["every 200ms", "/hjelp/poweroffice/"])
    page.evaluate(add, ["click", "/hjelp/lokale-integrasjoner/"])
    with page.expect_request("**/hjelp/lokale-integrasjoner/") as by_press:
        page.locator("#part-click").click()
    assert by_clock.value.headers.get("kb-unattended") == "1"
    assert "kb-unattended" not in by_press.value.headers
