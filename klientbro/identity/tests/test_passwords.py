"""Passwords: breached ones refused, forgotten ones replaced, and nobody told who is a user."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client as DjangoBrowser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klientbro.identity.models import ResetLetter
from klientbro.identity.passwords import BreachedPasswordValidator
from klientbro.identity.tasks import send_letters_now
from klientbro.identity.tests.support import (
    PASSWORD,
    browser_of,
    letters,
    link_in,
    signed_in_with_password,
)
from klientbro.tenants.models import SharedValue, User

pytestmark = pytest.mark.django_db(transaction=True)
FORGOTTEN = "/konto/passord/glemt/"
NEW = "fire ord uten mening"


@pytest.mark.parametrize(
    "password", ["qwertyuiop123", "PASSWORD1234", "iloveyou1234", "123456789012"]
)
def test_breached_password_is_refused(password: str) -> None:
    with pytest.raises(ValidationError, match=r"leaked|lekket"):
        BreachedPasswordValidator().validate(password)


@pytest.mark.parametrize("password", [PASSWORD, NEW, "kort", "Ærfugl-ukulele-9-trapp"])
def test_other_passwords_are_not(password: str) -> None:
    BreachedPasswordValidator().validate(password)


def test_the_page_says_why_and_what_instead(user: User) -> None:
    browser = signed_in_with_password(user.email)
    bad = {"oldpassword": PASSWORD, "password1": "iloveyou1234", "password2": "iloveyou1234"}

    answer = browser.post("/konto/passord/", bad)

    assert answer.status_code == 200
    assert "lekket andre steder" in answer.content.decode()
    signed_in_with_password(user.email)  # the old one stands


def test_forgotten_password_is_replaced_by_the_link_in_the_letter(user: User) -> None:
    elsewhere, browser = browser_of(user), DjangoBrowser()
    answer = browser.post(FORGOTTEN, {"email": "Kari.Nordahl@furulund.example"})
    assert answer["location"] == "/konto/passord/glemt/sendt/"
    (letter,) = letters()
    assert letter.to == [user.email]
    page = browser.get(link_in(letter), follow=True)
    assert link_in(letter) not in page.redirect_chain[-1][0]  # the key is not in the address
    action = re.search(r'method="post" action="([^"]+)"', page.content.decode())
    assert action is not None

    done = browser.post(action[1], {"password1": NEW, "password2": NEW}, follow=True)

    assert "Passordet er endret" in done.content.decode()
    signed_in_with_password(user.email, NEW)
    assert elsewhere.get("/integrasjoner/").status_code == 302
    again = DjangoBrowser().get(link_in(letter), follow=True)
    assert "virker ikke lenger" in again.content.decode()


def test_link_of_a_forgotten_password_ends_after_two_hours(user: User, settings: Any) -> None:
    DjangoBrowser().post(FORGOTTEN, {"email": user.email})
    (letter,) = letters()
    settings.PASSWORD_RESET_TIMEOUT = -1
    assert "virker ikke lenger" in DjangoBrowser().get(link_in(letter)).content.decode()


def test_stranger_is_answered_as_a_user_is_with_the_same_work_done(user: User) -> None:
    seen = {}
    for email in (user.email, "ukjent@furulund.example"):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = DjangoBrowser().post(FORGOTTEN, {"email": email}, follow=True)
        said = re.sub(r'value="\w{64}"', "", answer.content.decode())
        seen[email] = (answer.redirect_chain, said, _shapes(asked))
    assert seen[user.email] == seen["ukjent@furulund.example"]
    assert [one.to for one in letters()] == [[user.email]]
    assert not ResetLetter.objects.exists()


def _shapes(asked: CaptureQueriesContext) -> list[str]:
    """The statements without their values."""
    return [re.sub(r"\d+|'[^']*'|NULL", "?", one["sql"])[:60] for one in asked.captured_queries]


def test_wrong_password_and_unknown_address_are_answered_alike(user: User) -> None:
    said = []
    for email in (user.email, "ukjent@furulund.example"):
        answer = DjangoBrowser().post("/konto/logg-inn/", {"login": email, "password": "feil"})
        said.append((answer.status_code, re.sub(r'value="[^"]*"', "", answer.content.decode())))
    assert said[0] == said[1]


def test_letters_for_forgotten_passwords_are_counted(user: User) -> None:
    answers = [DjangoBrowser().post(FORGOTTEN, {"email": user.email}).status_code for _ in range(7)]
    assert answers == [302] * 5 + [429] * 2
    SharedValue.objects.all().delete()
    strangers = [
        DjangoBrowser().post(FORGOTTEN, {"email": "ukjent@furulund.example"}).status_code
        for _ in range(7)
    ]
    assert strangers == answers


def test_letter_nobody_could_be_given_is_dropped_after_an_hour(
    user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.mail.backends.locmem import EmailBackend

    def refuse(*_all: Any) -> int:
        raise OSError

    DjangoBrowser().post(FORGOTTEN, {"email": user.email})
    with monkeypatch.context() as patched:
        patched.setattr(EmailBackend, "send_messages", refuse)
        assert letters() == []
    send_letters_now(timezone.now() + timedelta(hours=2))
    assert mail.outbox == []
    assert not ResetLetter.objects.exists()


def test_disabled_user_gets_no_letter(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    DjangoBrowser().post(FORGOTTEN, {"email": user.email})
    assert letters() == []
