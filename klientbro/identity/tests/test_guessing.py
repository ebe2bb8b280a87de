"""Guessing passwords: it tells nothing, it is stopped, and it does not shut the owner out."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from django.db import connection, transaction
from django.test import Client as DjangoBrowser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klientbro.audit.models import Entry, FailedSignIn
from klientbro.audit.sign_ins import note_failed_sign_ins
from klientbro.identity.known_devices import cookie_name
from klientbro.identity.tests.support import (
    PASSWORD,
    letters,
    link_in,
    other_firm,
    person,
    signed_in_with_password,
)
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.services import add_user

pytestmark = pytest.mark.django_db
SIGN_IN = "/konto/logg-inn/"
WRONG = "feil passord"
LATER = "prøv igjen senere"


def guess(email: str, password: str = WRONG, browser: Any = None, **meta: str) -> Any:
    browser = browser or DjangoBrowser()
    return browser.post(SIGN_IN, {"login": email, "password": password}, **meta)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose password has really been compared."""
    seen: list[str] = []
    genuine = AuthenticationBackend.authenticate

    def counting(self: Any, request: Any, **credentials: Any) -> Any:
        seen.append(credentials["email"])
        return genuine(self, request, **credentials)

    monkeypatch.setattr(AuthenticationBackend, "authenticate", counting)
    return seen


def work_of(email: str) -> tuple[int, str, list[str]]:
    """Status, page and statements of a wrong password, without what is random or typed."""
    with CaptureQueriesContext(connection) as asked:
        answer = guess(email, REMOTE_ADDR="10.9.9.9")
    page = re.sub(r'value="[^"]*"', "", answer.content.decode())
    shapes = [re.sub(r"\d+|'[^']*'|NULL", "?", one["sql"])[:70] for one in asked.captured_queries]
    return answer.status_code, page, shapes


def test_wrong_password_is_the_same_work_whoever_has_the_address(
    firm_account: Firm, user: User
) -> None:
    add_user(other_firm().id, user.email)  # in two firms
    off = person(firm_account, "av@furulund.example")
    User.objects.filter(pk=off.pk).update(is_active=False)
    closed = person(firm_account, "stengt@furulund.example")
    with firm_set(firm_account.id), transaction.atomic():
        Membership.objects.filter(user=closed).update(disabled_at=timezone.now())
    without, _path = add_user(firm_account.id, "uten.passord@furulund.example")
    work_of("varm@furulund.example")

    unknown = work_of("ukjent@furulund.example")

    for known in (user, off, closed, without):
        assert work_of(known.email) == unknown, known
    assert not Entry.objects.exists()
    assert FailedSignIn.objects.count() == 6


def test_failed_sign_ins_stand_in_the_log_of_each_firm_a_minute_later(
    firm_account: Firm, user: User
) -> None:
    second = other_firm()
    add_user(second.id, user.email)
    for _ in range(3):
        guess(user.email, REMOTE_ADDR="10.1.1.1")
    guess("ukjent@furulund.example")

    assert note_failed_sign_ins() == 4

    for firm in (firm_account, second):
        with firm_set(firm.id), transaction.atomic():
            entry = Entry.objects.get(action="sign_in_failed")
        assert (entry.user_id, entry.address) == (user.pk, "10.1.1.1")
        assert entry.after["tries"] == 3
    assert note_failed_sign_ins() == 0


def test_thousand_guesses_at_one_account_are_stopped_wherever_they_come_from(
    user: User, checked: list[str]
) -> None:
    browser = DjangoBrowser()
    for number in range(1_000):
        address = f"10.{number // 250}.{number % 250}.9"
        answer = guess(user.email, browser=browser, REMOTE_ADDR=address)
        assert number < 5 or LATER in answer.content.decode()
    assert len(checked) == 5


def test_guesses_from_one_place_at_many_accounts_are_stopped(
    firm_account: Firm, checked: list[str]
) -> None:
    person(firm_account, "person199@furulund.example")
    browser = DjangoBrowser()
    for number in range(200):
        guess(f"person{number}@furulund.example", PASSWORD, browser, REMOTE_ADDR="10.1.1.1")
    assert len(checked) == 10
    # elsewhere everybody still comes in
    assert guess("person199@furulund.example", PASSWORD, REMOTE_ADDR="10.1.1.2").status_code == 302


def test_a_patient_guesser_with_many_addresses_gets_fifty_tries_a_day(
    user: User, checked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_800_000_000.0]
    monkeypatch.setattr("allauth.core.internal.ratelimit.time.time", lambda: clock[0])
    for number in range(100):  # every six minutes, for ten hours
        guess(user.email, REMOTE_ADDR=f"10.2.{number}.1")
        clock[0] += 360
    assert len(checked) == 50
    clock[0] += 86_400
    assert guess(user.email, PASSWORD, REMOTE_ADDR="10.3.1.1").status_code == 302


def test_owner_comes_in_from_a_known_browser_while_strangers_guess(user: User) -> None:
    own = signed_in_with_password(user.email)
    own.post("/konto/logg-ut/")
    for number in range(8):
        said = guess(user.email, REMOTE_ADDR=f"10.4.{number}.1").content.decode()
    assert LATER in said

    assert LATER in guess(user.email, PASSWORD).content.decode()  # a browser never seen
    assert guess(user.email, PASSWORD, own).status_code == 302


def test_whoever_sits_at_a_known_browser_has_few_tries_too(user: User, checked: list[str]) -> None:
    own = signed_in_with_password(user.email)
    own.post("/konto/logg-ut/")
    checked.clear()
    for _ in range(9):
        guess(user.email, browser=own)
    assert len(checked) == 5
    # and they do not shut out the owner elsewhere
    assert guess(user.email, PASSWORD).status_code == 302


@pytest.mark.parametrize("whose", ["made up", "another person's", "altered"])
def test_word_of_a_known_browser_helps_nobody_else(
    firm_account: Firm, user: User, whose: str
) -> None:
    person(firm_account, "per@furulund.example")
    theirs = signed_in_with_password("per@furulund.example")
    word = theirs.cookies[cookie_name()].value
    stranger = DjangoBrowser()
    stranger.cookies[cookie_name()] = {
        "made up": "eyJuIjoieCIsInAiOltdfQ:1:x",
        "another person's": word,
        "altered": word[:-2] + "xx",
    }[whose]
    for number in range(5):
        guess(user.email, REMOTE_ADDR=f"10.5.{number}.1")

    assert LATER in guess(user.email, PASSWORD, stranger).content.decode()


def test_word_of_a_known_browser_says_nothing_and_lets_nobody_in(user: User) -> None:
    own = signed_in_with_password(user.email)
    morsel = own.cookies[cookie_name()]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert user.email not in morsel.value
    stranger = DjangoBrowser()
    stranger.cookies[cookie_name()] = morsel.value
    assert stranger.get("/konto/okter/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_new_password_by_letter_ends_the_wait(user: User) -> None:
    for number in range(6):
        said = guess(user.email, REMOTE_ADDR=f"10.6.{number}.1").content.decode()
    assert LATER in said
    browser = DjangoBrowser()
    browser.post("/konto/passord/glemt/", {"email": user.email})
    (letter,) = letters()
    page = browser.get(link_in(letter), follow=True)
    new = "fire ord uten sammenheng 9"
    browser.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})

    assert guess(user.email, new).status_code == 302


def test_wait_is_the_same_for_an_address_nobody_has(user: User) -> None:
    said = {}
    for email in (user.email, "ukjent@furulund.example"):
        for number in range(7):
            answer = guess(email, REMOTE_ADDR=f"10.7.{number}.{len(email)}")
        said[email] = re.sub(r'value="[^"]*"', "", answer.content.decode())
    assert LATER in said[user.email]
    assert len(set(said.values())) == 1


def second_step(user: User, browser: Any, code: str, **where: str) -> str:
    """The password is known, and this code is tried; what is said."""
    browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD}, **where)
    answer = browser.post("/konto/totrinn/kode/", {"code": code}, **where)
    return str(answer.content.decode())


def test_thief_of_the_password_does_not_shut_the_owner_out_of_the_second_step(user: User) -> None:
    own = signed_in_with_password(user.email)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    own.post("/konto/logg-ut/")
    for number in range(8):
        said = second_step(user, DjangoBrowser(), "000000", REMOTE_ADDR=f"10.8.{number}.1")
    assert LATER in said
    right = format_hotp_value(hotp_value(secret, int(time.time()) // 30))

    assert LATER in second_step(user, DjangoBrowser(), right, REMOTE_ADDR="10.8.9.1")

    # the owner's browser is not counted with them: the code is looked at, and a wrong one is wrong
    assert LATER not in second_step(user, own, "000000")
    for _attempt in range(3):  # a half minute may end between the making and the pressing
        right = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        if not second_step(user, own, right):
            break
    assert own.get("/konto/okter/").status_code == 200


def test_known_browser_has_few_tries_at_the_second_step_too(user: User) -> None:
    own = signed_in_with_password(user.email)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    own.post("/konto/logg-ut/")
    said = [LATER in second_step(user, own, f"00000{number}") for number in range(7)]
    assert said == [False] * 5 + [True] * 2
