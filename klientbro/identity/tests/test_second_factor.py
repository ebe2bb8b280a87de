"""Second factors: set up, asked for at every way in, required by a firm, and kept sealed."""

from __future__ import annotations

import dataclasses
import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.conf import settings
from django.db import connection
from django.test import Client as DjangoBrowser

from klientbro.identity.adapters import SecondFactorAdapter
from klientbro.identity.factor_keys import factors_by_key, seal_factors_anew
from klientbro.identity.tests.support import (
    PASSWORD,
    browser_of,
    letters,
    link_in,
    minutes_later,
    other_firm,
    person,
    signed_in_with_password,
)
from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import SecretKey
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.envelopes import open_personal, seal_personal
from klientbro.tenants.models import Firm, User
from klientbro.tenants.permissions import Open, need_of
from klientbro.tenants.services import add_user, sign_in_path
from tests.architecture.addresses import addresses

pytestmark = pytest.mark.django_db(transaction=True)
WORK = "/integrasjoner/"
APP = "/konto/totrinn/app/"
CODE = "/konto/totrinn/kode/"


class Clock:
    """The time that codes are made for; it stands still until it is moved."""

    now = 1_800_000_000

    def next_code(self, secret: str) -> str:
        """The code of the next half minute."""
        self.now += 30
        return auth.format_hotp_value(auth.hotp_value(secret, self.now // 30))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: made.now))
    return made


def confirmed(browser: Any) -> Any:
    """The browser has just shown its password anew, as changes of sign-in ask for."""
    browser.post("/konto/bekreft/", {"password": PASSWORD})
    return browser


def turn_on(browser: Any, clock: Clock) -> str:
    """Codes from an app for whoever is signed in; the secret."""
    page = confirmed(browser).get(APP).content.decode()
    found = re.search(r'id="totp-key">(\w+)<', page)
    assert found is not None, page
    answer = browser.post(APP, {"code": clock.next_code(found[1])})
    assert answer.status_code == 302
    return found[1]


@pytest.fixture
def kari(user: User, clock: Clock) -> tuple[User, str]:
    """Somebody with codes from an app."""
    return user, turn_on(signed_in_with_password(user.email), clock)


def require(firm: Firm) -> None:
    with in_firm(firm.id):
        Firm.objects.filter(pk=firm.id).update(requires_second_factor=True)


def test_setting_up_asks_for_the_password_again(user: User) -> None:
    browser = signed_in_with_password(user.email)
    assert browser.get(APP).status_code == 200
    answer = minutes_later(browser).get(APP)
    assert answer.status_code == 302
    assert answer["location"].startswith("/konto/bekreft/")
    assert confirmed(browser).get(APP).status_code == 200


def test_wrong_code_turns_nothing_on(user: User, clock: Clock) -> None:
    browser = confirmed(signed_in_with_password(user.email))
    browser.get(APP)
    answer = browser.post(APP, {"code": "000000"})
    assert "feil eller for gammel" in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_password_alone_no_longer_lets_in(kari: tuple[User, str], clock: Clock) -> None:
    user, secret = kari
    browser = DjangoBrowser()
    answer = browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
    assert answer["location"] == CODE
    assert browser.get(WORK).status_code == 302

    assert browser.post(CODE, {"code": clock.next_code(secret)}).status_code == 302

    assert browser.get(WORK).status_code == 200


def test_second_step_offers_no_passkey_to_who_has_none(user: User, clock: Clock) -> None:
    turn_on(signed_in_with_password(user.email), clock)
    browser = DjangoBrowser()
    browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
    page = browser.get(CODE).content.decode()
    assert 'name="code"' in page
    assert 'inputmode="numeric"' in page
    assert "passkey-button" not in page
    # letters too, so no keypad of digits
    assert 'inputmode="numeric"' not in browser.get(CODE + "?reserve").content.decode()


def test_code_works_once(kari: tuple[User, str], clock: Clock) -> None:
    user, secret = kari
    code = clock.next_code(secret)
    credentials = {"login": user.email, "password": PASSWORD}
    first, second = DjangoBrowser(), DjangoBrowser()
    for browser in (first, second):
        browser.post("/konto/logg-inn/", credentials)
        browser.post(CODE, {"code": code})
    assert [one.get(WORK).status_code for one in (first, second)] == [200, 302]


def test_guesses_at_the_code_are_stopped(kari: tuple[User, str], clock: Clock) -> None:
    user, secret = kari
    browser = DjangoBrowser()
    browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
    for number in range(6):
        answer = browser.post(CODE, {"code": f"{number:06}"})
    assert "prøv igjen senere" in answer.content.decode()
    browser.post(CODE, {"code": clock.next_code(secret)})
    assert browser.get(WORK).status_code == 302


def test_recovery_code_lets_in_once(user: User, clock: Clock) -> None:
    here = signed_in_with_password(user.email)
    turn_on(here, clock)
    codes = here.get("/konto/totrinn/koder/").context["unused_codes"]
    assert len(set(codes)) == 10
    seen = []
    for _time in range(2):
        browser = DjangoBrowser()
        browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
        browser.post(CODE, {"code": codes[0]})
        seen.append(browser.get(WORK).status_code)
    assert seen == [200, 302]


def test_recovery_codes_are_shown_downloaded_and_renewed(user: User, clock: Clock) -> None:
    browser = signed_in_with_password(user.email)
    turn_on(browser, clock)
    shown = browser.get("/konto/totrinn/koder/").context["unused_codes"]
    assert browser.get("/konto/totrinn/koder/last-ned/").content.decode().count("\n") == 11

    browser.post("/konto/totrinn/koder/nye/")

    fresh = browser.get("/konto/totrinn/koder/").context["unused_codes"]
    assert len(set(fresh)) == 10
    assert set(fresh).isdisjoint(shown)


def test_one_time_link_does_not_get_round_the_second_factor(kari: tuple[User, str]) -> None:
    user, _secret = kari
    browser = DjangoBrowser()
    answer = browser.post(sign_in_path(user))
    assert answer["location"] == CODE
    assert browser.get(WORK).status_code == 302


def test_new_password_by_letter_does_not_get_round_it_either(kari: tuple[User, str]) -> None:
    user, _secret = kari
    browser = DjangoBrowser()
    browser.post("/konto/passord/glemt/", {"email": user.email})
    page = browser.get(link_in(letters()[0]), follow=True).content.decode()
    action = re.search(r'method="post" action="([^"]+)"', page)
    new = "fire ord uten mening"
    assert action is not None
    browser.post(action[1], {"password1": new, "password2": new})
    assert browser.get(WORK).status_code == 302
    answer = browser.post("/konto/logg-inn/", {"login": user.email, "password": new})
    assert answer["location"] == CODE


def test_other_sessions_end_when_a_factor_is_added(user: User, clock: Clock) -> None:
    here, elsewhere = signed_in_with_password(user.email), browser_of(user)
    turn_on(here, clock)
    assert [here.get(WORK).status_code, elsewhere.get(WORK).status_code] == [200, 302]


def test_secret_is_sealed_where_it_is_stored(kari: tuple[User, str]) -> None:
    _user, secret = kari
    with connection.cursor() as cursor:
        cursor.execute("select string_agg(data::text, ' ') from mfa_authenticator")
        stored = cursor.fetchone()[0]
    assert secret not in stored
    assert Authenticator.objects.get(type="totp").data["secret"].startswith("test:")


def test_sealed_secret_opens_with_its_own_key_and_purpose_only() -> None:
    old, new = SecretKey("old", b"o" * 32), SecretKey("new", b"n" * 32)
    sealed = seal_personal("second factor", "hemmelig", [old])
    assert open_personal("second factor", sealed, [new, old]) == "hemmelig"
    for purpose, keys in (("other", [old]), ("second factor", [new])):
        with pytest.raises(ConfigurationError) as refused:
            open_personal(purpose, sealed, keys)
        assert "hemmelig" not in str(refused.value)


def test_member_without_is_led_to_set_it_up_before_anything_else(
    user: User, firm_account: Firm, clock: Clock
) -> None:
    browser = signed_in_with_password(user.email)
    require(firm_account)
    answer = browser.get(WORK)
    assert (answer.status_code, answer["location"]) == (302, "/konto/totrinn/")
    assert "Én ting først" in browser.get("/konto/totrinn/").content.decode()

    turn_on(browser, clock)

    assert browser.get(WORK).status_code == 200


def test_no_address_but_those_of_setting_up_opens_meanwhile(user: User, firm_account: Firm) -> None:
    browser = signed_in_with_password(user.email)
    require(firm_account)
    opened, asked = [], 0
    for route, name, space in addresses():
        if need_of(f"{space}:{name}".strip(":")) in (Open.ANYBODY, Open.OWN):
            continue
        address = re.sub(r"<uuid:[^>]+>", "00000000-0000-4000-8000-000000000000", route)
        address = re.sub(r"<(?:int|str|slug|path):[^>]+>", "1", address)
        for method in ("get", "post"):
            asked += 1
            answer = getattr(browser, method)(address)
            if answer.status_code == 404 and answer.resolver_match is None:
                continue  # the made-up value is none the route takes
            if answer.status_code != 302 or answer["location"] != "/konto/totrinn/":
                opened.append(f"{method} {address}: {answer.status_code}")
    assert opened == []
    assert asked > 200


def test_part_of_a_page_leads_the_whole_page_there(user: User, firm_account: Firm) -> None:
    browser = signed_in_with_password(user.email)
    require(firm_account)
    answer = browser.get(WORK, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/konto/totrinn/"


def test_a_firm_that_asks_for_nothing_can_still_be_worked_in(
    user: User, firm_account: Firm
) -> None:
    browser = signed_in_with_password(user.email)
    second = other_firm()
    add_user(second.id, user.email)
    require(firm_account)
    assert browser.get(WORK).status_code == 302
    browser.post("/konto/firma/", {"firm": str(second.id)})
    assert browser.get(WORK).status_code == 200


def test_administrator_asks_for_it_and_takes_it_back(
    user: User, firm_account: Firm, clock: Clock
) -> None:
    browser = signed_in_with_password(user.email)
    turn_on(browser, clock)
    per = browser_of(person(firm_account, "per@furulund.example"))
    browser.post("/brukere/innlogging/", {"second_factor": "on"})
    assert per.get(WORK).status_code == 302
    warning = browser.post("/brukere/innlogging/").content.decode()
    assert "Ikke lenger kreve totrinnsinnlogging?" in warning
    assert per.get(WORK).status_code == 302
    browser.post("/brukere/innlogging/", {"sure": "on"})
    assert per.get(WORK).status_code == 200


def test_last_factor_stays_while_the_firm_asks_for_one(
    kari: tuple[User, str], firm_account: Firm, clock: Clock
) -> None:
    user, secret = kari
    browser = DjangoBrowser()
    browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
    browser.post(CODE, {"code": clock.next_code(secret)})
    confirmed(browser)
    require(firm_account)

    answer = browser.post("/konto/totrinn/app/av/")

    assert "krever totrinnsinnlogging" in answer.content.decode()
    assert Authenticator.objects.filter(type="totp").exists()


def test_factor_can_be_turned_off_where_nobody_asks(kari: tuple[User, str], clock: Clock) -> None:
    user, secret = kari
    browser = DjangoBrowser()
    browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
    browser.post(CODE, {"code": clock.next_code(secret)})
    confirmed(browser).post("/konto/totrinn/app/av/")
    assert not Authenticator.objects.exists()
    assert signed_in_with_password(user.email).get(WORK).status_code == 200


def test_passkeys_without_tls_are_taken_on_localhost_only() -> None:
    assert settings.ENVIRONMENT.public_url.startswith("http://localhost")
    assert settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN
    assert SecondFactorAdapter().get_totp_issuer() == settings.BRAND


def test_passkey_answers_that_are_nonsense_are_refused(client: Any) -> None:
    options = client.get("/konto/passnokler/logg-inn/", headers={"Accept": "application/json"})
    assert options.json()["request_options"]["publicKey"]["challenge"]
    whole = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}
    whole_answer = {"id": "AA", "rawId": "AA", "type": "public-key", "response": whole}
    for credential in (
        *("", "{}", '{"id": "x"}', '{"response": {"userHandle": "MQ"}}', "[]", "7", "null"),
        json.dumps(whole_answer),
        json.dumps(whole_answer | {"response": whole | {"userHandle": "MQ"}}),
    ):
        answer = client.post("/konto/passnokler/logg-inn/", {"credential": credential})
        assert answer.status_code == 302
        assert answer["location"] == "/konto/logg-inn/"
        assert client.get(WORK).status_code == 302


@pytest.mark.parametrize("credential", ["{}", "7", '{"id": "AA", "rawId": "AA", "type": "x"}'])
def test_new_passkey_that_is_nonsense_is_refused(user: User, credential: str) -> None:
    browser = confirmed(signed_in_with_password(user.email))
    browser.get("/konto/passnokler/ny/")
    answer = browser.post("/konto/passnokler/ny/", {"name": "x", "credential": credential})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_every_secret_follows_a_new_operator_key(
    kari: tuple[User, str], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, secret = kari
    old = settings.ENVIRONMENT.secret_keys
    new = SecretKey("new", b"n" * 32)
    count = factors_by_key()["test"]
    assert count == 1  # the app's secret; of recovery codes there are hashes only
    monkeypatch.setattr(
        settings, "ENVIRONMENT", dataclasses.replace(settings.ENVIRONMENT, secret_keys=(new, *old))
    )
    assert seal_factors_anew() == count
    assert seal_factors_anew() == 0
    assert factors_by_key() == {"new": count}
    monkeypatch.setattr(
        settings, "ENVIRONMENT", dataclasses.replace(settings.ENVIRONMENT, secret_keys=(new,))
    )
    browser = DjangoBrowser()
    browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
    assert browser.post(CODE, {"code": clock.next_code(secret)}).status_code == 302
    assert browser.get(WORK).status_code == 200
