"""Ending sessions asks again who it is after five minutes, and then does what was asked for."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client as DjangoBrowser
from django.urls import reverse

from klientbro.identity.models import Session
from klientbro.identity.sessions import SessionStore
from klientbro.identity.single_sign_on.tokens import shown_at
from klientbro.identity.tests.forging import Provider
from klientbro.identity.tests.sign_on_support import begun, change, come_back, set_up, signed_in_by
from klientbro.identity.tests.support import (
    PASSWORD,
    browser_of,
    minutes_later,
    person,
    signed_in_with_password,
)
from klientbro.identity.tests.test_second_factor import CODE, Clock, clock, turn_on
from klientbro.tenants.models import Firm, User
from klientbro.tenants.services import add_user, create_firm, sign_in_path

__all__ = ["clock"]
pytestmark = pytest.mark.django_db
WORK = "/integrasjoner/"
LIST = "/konto/okter/"
OTHERS = "/konto/okter/andre/"
AGAIN = "/konto/enkel/igjen/"


def is_in(browser: Any) -> bool:
    return bool(browser.get(WORK).status_code == 200)


def end_of_the_other(browser: Any) -> str:
    """The address that ends the one session that is not this one."""
    (other,) = (one for one in browser.get(LIST).context["sessions"] if not one.is_this)
    return f"/konto/okter/{other.public_id}/avslutt/"


def asked_where(answer: Any) -> tuple[str, str]:
    """Which page asks, and where it goes on afterwards."""
    assert answer.status_code == 302
    parts = urlsplit(answer["location"])
    return parts.path, parse_qs(parts.query).get("next", [""])[0]


@pytest.mark.parametrize("which", ["one", "all others"])
def test_old_sign_in_is_asked_for_the_password_and_goes_on_with_what_was_asked(
    user: User, which: str
) -> None:
    here, elsewhere = signed_in_with_password(user.email), browser_of(user)
    address = end_of_the_other(here) if which == "one" else OTHERS
    minutes_later(here)

    answer = here.post(address)

    assert asked_where(answer) == ("/konto/bekreft/", address)
    assert is_in(elsewhere)
    page = here.get(answer["location"]).content.decode()
    assert "gjelder hvordan eller hvor du er logget inn" in page
    here.post("/konto/bekreft/", {"password": "et annet passord", "next": address})
    assert is_in(elsewhere)
    done = here.post("/konto/bekreft/", {"password": PASSWORD, "next": address})
    assert done["location"] == LIST
    assert [is_in(here), is_in(elsewhere)] == [True, False]


def test_whoever_has_just_signed_in_is_not_asked_again(user: User) -> None:
    here, elsewhere = signed_in_with_password(user.email), browser_of(user)
    assert here.post(OTHERS)["location"] == LIST
    assert not is_in(elsewhere)


def test_five_minutes_it_is(user: User) -> None:
    here = signed_in_with_password(user.email)
    assert here.post(OTHERS)["location"] == LIST
    minutes_later(here, 4)
    assert here.post(OTHERS)["location"] == LIST
    minutes_later(here, 1)
    assert asked_where(here.post(OTHERS))[0] == "/konto/bekreft/"


def test_code_confirms_as_well_as_the_password(user: User, clock: Clock) -> None:
    here = signed_in_with_password(user.email)
    secret = turn_on(here, clock)
    elsewhere = DjangoBrowser()
    elsewhere.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
    elsewhere.post(CODE, {"code": clock.next_code(secret)})
    assert is_in(elsewhere)
    minutes_later(here)
    page = here.get(here.post(OTHERS)["location"])
    ways = {way["url"].partition("?")[0] for way in page.context["reauthentication_alternatives"]}
    assert ways == {"/konto/totrinn/bekreft/"}

    here.post("/konto/totrinn/bekreft/", {"code": clock.next_code(secret), "next": OTHERS})

    assert not is_in(elsewhere)


def test_passkey_is_a_way_too_and_the_only_one_without_a_password(user: User) -> None:
    here = signed_in_with_password(user.email)
    Authenticator.objects.create(user=user, type="webauthn", data={"name": "k", "credential": {}})
    minutes_later(here)
    page = here.get(here.post(OTHERS)["location"])
    ways = {way["url"].partition("?")[0] for way in page.context["reauthentication_alternatives"]}
    assert ways == {"/konto/passnokler/bekreft/"}


def test_what_waits_meanwhile_holds_nothing_that_lets_in(user: User) -> None:
    here = minutes_later(signed_in_with_password(user.email))
    key = here.cookies[settings.SESSION_COOKIE_NAME].value
    here.post(OTHERS, headers={"X-CSRFToken": "the token of the page"})

    waiting = str(SessionStore().decode(Session.objects.get().content))

    assert OTHERS in waiting
    assert key not in waiting
    assert "the token of the page" not in waiting


def test_loading_the_address_of_ending_ends_nothing(user: User) -> None:
    here, elsewhere = signed_in_with_password(user.email), browser_of(user)
    for address in (OTHERS, end_of_the_other(here)):
        assert here.get(address)["location"] == LIST
    assert is_in(elsewhere)
    profile = reverse("identity:profile")
    assert here.get(reverse("identity:change_address"))["location"] == profile


def test_administrator_is_not_hindered_in_closing_somebody_out(
    user: User, firm_account: Firm
) -> None:
    per = person(firm_account, "per@furulund.example")
    theirs = browser_of(per)
    here = minutes_later(signed_in_with_password(user.email), 60)
    members = here.get("/brukere/").context["members"]
    member = next(one for one in members if one.email == per.email)

    assert here.post(f"/brukere/{member.public_id}/steng/")["location"] == "/brukere/"

    assert not is_in(theirs)
    # and nothing is asked of a disabled person's own session, which is over
    assert asked_where(theirs.post(OTHERS))[0] == "/konto/logg-inn/"


def test_who_came_by_a_link_and_has_nothing_to_show_chooses_a_password_first(
    user: User, firm_account: Firm
) -> None:
    new, _path = add_user(firm_account.id, "ny@furulund.example")
    browser = DjangoBrowser()
    browser.post(sign_in_path(new))
    assert asked_where(browser.post(OTHERS))[0] == "/konto/passord/nytt/"
    chosen = {"password1": PASSWORD, "password2": PASSWORD}
    browser.post("/konto/passord/nytt/", chosen)
    # the password is a minute old: it is not asked for again to set up what comes next
    assert browser.post(OTHERS)["location"] == LIST
    assert browser.get("/konto/totrinn/app/").status_code == 200


# people of a firm's provider, who have no password here


@pytest.fixture
def ready(firm_account: Firm, user: User, forger: Provider) -> Firm:
    set_up(firm_account, forger.issuer)
    User.objects.filter(pk=user.pk).update(password="!")
    return firm_account


def test_who_came_by_the_provider_shows_it_there_again(
    ready: Firm, forger: Provider, user: User
) -> None:
    here = minutes_later(signed_in_by(forger, ready))
    elsewhere = browser_of(user)
    assert asked_where(here.post(OTHERS)) == (AGAIN, OTHERS)
    page = here.get(AGAIN, {"next": OTHERS})
    leads_to = page.context["leads_to"]
    assert leads_to in page.content.decode().replace("&amp;", "&")

    there = here.get(leads_to)
    asked = {k: v[0] for k, v in parse_qs(urlsplit(there["location"]).query).items()}
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    forger.answers.token = forger.sign(
        forger.honest(asked["nonce"]) | {"auth_time": int(time.time())}
    )
    back = come_back(here, ready, asked["state"])

    assert back["location"] == OTHERS
    listed = here.get(OTHERS, follow=True)
    assert listed.redirect_chain[-1][0] == LIST
    assert "Trykk nå én gang til" in listed.content.decode()
    assert here.post(OTHERS)["location"] == LIST
    assert not is_in(elsewhere)


@pytest.mark.parametrize(
    ("auth_time", "is_in_time"), [(-3600, False), (-1, True), ("soon", False), (None, True)]
)
def test_provider_that_did_not_ask_again_is_not_believed(
    ready: Firm, forger: Provider, auth_time: Any, is_in_time: bool
) -> None:
    here = minutes_later(signed_in_by(forger, ready))
    asked = begun(here, ready, anew="1", next=OTHERS)
    claims = forger.honest(asked["nonce"])
    if auth_time is not None:
        is_number = isinstance(auth_time, int)
        claims["auth_time"] = int(time.time()) + auth_time if is_number else auth_time
    forger.answers.token = forger.sign(claims)

    answer = come_back(here, ready, asked["state"])

    assert answer.status_code == (302 if is_in_time else 403)
    assert (asked_where(here.post(OTHERS)) == (AGAIN, OTHERS)) is not is_in_time


def test_long_session_at_the_provider_is_no_fresh_proof(ready: Firm, forger: Provider) -> None:
    """A sign-in that the provider let through on what was shown an hour ago."""
    here = signed_in_by(forger, ready, auth_time=int(time.time()) - 3600)
    assert is_in(here)
    assert asked_where(here.post(OTHERS))[0] == AGAIN


@pytest.mark.parametrize(
    "address", ["/konto/totrinn/app/", "/konto/passnokler/ny/", "/konto/passord/nytt/"]
)
def test_own_ways_in_are_set_up_after_the_provider_has_asked_again(
    ready: Firm, forger: Provider, address: str
) -> None:
    here = signed_in_by(forger, ready)
    assert here.get(address).status_code == 200
    assert asked_where(minutes_later(here).get(address)) == (AGAIN, address)


def test_what_opens_other_firms_too_is_no_way_to_confirm(
    ready: Firm, forger: Provider, user: User
) -> None:
    user.set_password(PASSWORD)
    user.save()
    here = minutes_later(signed_in_by(forger, ready))
    assert [one["url"] for one in here.get(AGAIN).context["others"]] == ["/konto/bekreft/?next="]
    add_user(create_firm("Granli Økonomi AS").id, user.email)
    assert here.get(AGAIN).context["others"] == []


def test_page_of_the_provider_is_for_those_who_came_by_it(
    user: User, ready: Firm, forger: Provider
) -> None:
    user.refresh_from_db()
    assert asked_where(browser_of(user).get(AGAIN, {"next": LIST})) == ("/konto/bekreft/", LIST)
    here = signed_in_by(forger, ready)
    for wanted in ("https://evil.example/", "//evil.example/"):
        assert "evil" not in here.get(AGAIN, {"next": wanted}).content.decode()

    change(ready, is_enabled=False)
    assert "slått av" in here.get(AGAIN).content.decode()


def test_provider_that_says_tomorrow_is_taken_to_say_now() -> None:
    now = time.time()
    assert shown_at({"auth_time": now + 86_400}) <= time.time()
    assert shown_at({"auth_time": now - 900, "iat": now}) == now - 900
    assert shown_at({"iat": now - 5}) == now - 5
    assert shown_at({}) == 0.0
