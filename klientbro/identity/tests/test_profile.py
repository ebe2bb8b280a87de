"""A person's own name and address, and the letters about what lets them in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client as DjangoBrowser
from django.utils import timezone

from klientbro.audit.models import Entry
from klientbro.identity.models import SignInLetter
from klientbro.identity.profile import asked_by, token_of
from klientbro.identity.tests.sign_on_support import set_up
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
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, User

pytestmark = pytest.mark.django_db(transaction=True)
PAGE, ASK = "/konto/profil/", "/konto/profil/epost/"
NEW = "kari.lie@furulund.example"


@pytest.fixture
def known(user: User) -> User:
    """Somebody who has been here for a while."""
    user.date_joined = timezone.now() - timedelta(days=30)
    user.save()
    return user


def told(firm: Firm, action: str) -> list[dict[str, Any]]:
    with firm_set(firm.id), transaction.atomic():
        return [entry.after for entry in Entry.objects.filter(action=action).order_by("number")]


def link_for(browser: Any, new: str = NEW) -> str:
    answer = browser.post(ASK, {"email": new})
    assert answer.status_code == 302, answer.content
    (letter,) = letters()
    assert letter.to == [new.strip().lower()]
    return link_in(letter)


def test_name_is_changed_and_noted(known: User, firm_account: Firm) -> None:
    browser = signed_in_with_password(known.email)
    assert browser.post(PAGE, {"name": "  Kari   Lie "}).status_code == 302
    known.refresh_from_db()
    assert known.name == "Kari Lie"
    assert told(firm_account, "renamed") == [{"name": "Kari Lie"}]


@pytest.mark.parametrize("typed", ["", "   ", "x" * 201])
def test_name_that_cannot_be_is_refused_at_its_field(known: User, typed: str) -> None:
    before = known.name
    answer = signed_in_with_password(known.email).post(PAGE, {"name": typed})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.content.decode()
    known.refresh_from_db()
    assert known.name == before


def test_address_changes_when_the_link_is_opened_and_the_old_one_is_told(
    known: User, firm_account: Firm
) -> None:
    old = known.email
    browser = signed_in_with_password(old)
    link = link_for(browser, " Kari.Lie@Furulund.Example ")
    known.refresh_from_db()
    assert known.email == old  # nothing yet

    shown = browser.get(link).content.decode()
    assert old in shown
    assert NEW in shown
    known.refresh_from_db()
    assert known.email == old  # a mail scanner opens links too

    assert browser.post(link).status_code == 302
    known.refresh_from_db()
    assert known.email == NEW
    (letter,) = letters()
    assert letter.to == [old]
    assert told(firm_account, "address_changed") == [{"email": NEW}]
    assert browser.get("/integrasjoner/").status_code == 200  # and is still signed in

    assert signed_in_with_password(NEW).get("/integrasjoner/").status_code == 200
    tried = DjangoBrowser().post("/konto/logg-inn/", {"login": old, "password": PASSWORD})
    assert tried.status_code != 302


def test_link_works_once_and_for_the_one_who_asked(known: User, firm_account: Firm) -> None:
    browser = signed_in_with_password(known.email)
    link = link_for(browser)
    assert DjangoBrowser().get(link)["location"].startswith("/konto/logg-inn/")
    stranger = browser_of(person(firm_account, "ola@furulund.example"))
    assert stranger.post(link).status_code == 404
    assert browser.post(link).status_code == 302
    assert browser.post(link).status_code == 404
    known.refresh_from_db()
    assert known.email == NEW


def test_link_is_over_after_a_day_and_an_altered_one_is_none(known: User) -> None:
    now = timezone.now()
    token = token_of(known, NEW, now)
    assert asked_by(token, known, now + timedelta(hours=23)) is not None
    assert asked_by(token, known, now + timedelta(hours=25)) is None
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "B"
    for altered in (token[:middle] + other + token[middle + 1 :], "", "x", token[:-8], "é" * 40):
        assert asked_by(altered, known, now) is None
    assert NEW not in token


def test_taken_address_answers_as_a_free_one_and_tells_its_mailbox_alone(
    known: User, firm_account: Firm
) -> None:
    taken = person(other_firm(), "ola@granli.example").email
    browser = signed_in_with_password(known.email)
    free = browser.post(ASK, {"email": NEW}, follow=True).content.decode()
    letters()
    answer = browser.post(ASK, {"email": taken}, follow=True).content.decode()
    assert answer.replace(taken, NEW).count(NEW) == free.count(NEW)
    (letter,) = letters()
    assert letter.to == [taken]
    assert "/profil/epost/" not in letter.body


def test_address_taken_since_is_refused_when_the_link_is_opened(
    known: User, firm_account: Firm
) -> None:
    browser = signed_in_with_password(known.email)
    link = link_for(browser)
    person(other_firm(), NEW)
    assert browser.post(link).status_code == 404
    known.refresh_from_db()
    assert known.email != NEW


@pytest.mark.parametrize("typed", ["", "kari", "kari@", "x" * 250 + "@a.no"])
def test_address_that_is_none_is_refused_at_its_field(known: User, typed: str) -> None:
    answer = signed_in_with_password(known.email).post(ASK, {"email": typed})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.content.decode()
    assert not SignInLetter.objects.exists()


def test_new_address_is_asked_for_by_who_has_just_shown_who_they_are(known: User) -> None:
    browser = minutes_later(signed_in_with_password(known.email))
    answer = browser.post(ASK, {"email": NEW})
    assert answer["location"].startswith("/konto/bekreft/")
    assert not SignInLetter.objects.exists()


def test_only_way_in_by_the_firms_provider_is_not_got_round_by_another_address(
    known: User, firm_account: Firm
) -> None:
    browser = signed_in_with_password(known.email)
    link = link_for(browser, "kari@hjemme.example")
    domain = known.email.rpartition("@")[2]
    set_up(firm_account, "https://provider.example", domain=domain, is_only=True)
    assert browser.post(link).status_code == 404
    assert browser.post(ASK, {"email": NEW}).status_code == 422
    known.refresh_from_db()
    assert known.email != "kari@hjemme.example"


def test_letters_for_new_addresses_are_counted(known: User) -> None:
    browser = signed_in_with_password(known.email)
    answers = [
        browser.post(ASK, {"email": f"kari{number}@furulund.example"}).status_code
        for number in range(6)
    ]
    assert answers == [302] * 5 + [422]
    assert len(letters()) == 5


def test_changed_password_is_told_by_letter(known: User) -> None:
    browser = signed_in_with_password(known.email)
    fresh = "grønn gås på hylla 83"
    answer = browser.post(
        "/konto/passord/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    )
    assert answer.status_code == 302, answer.content
    (letter,) = letters()
    assert letter.to == [known.email]
    assert fresh not in letter.body


def test_newcomer_is_not_told_of_what_they_are_just_doing(user: User) -> None:
    browser = signed_in_with_password(user.email)
    fresh = "grønn gås på hylla 83"
    browser.post(
        "/konto/passord/", {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh}
    )
    assert letters() == []


def test_letter_waits_for_a_mail_server_that_is_gone(known: User, monkeypatch: Any) -> None:
    from klientbro.identity import letters as sending

    signed_in_with_password(known.email).post(ASK, {"email": NEW})
    monkeypatch.setattr(sending.EmailMessage, "send", _gone)
    assert sending.send_notices(timezone.now()) == 0
    monkeypatch.undo()
    assert sending.send_notices(timezone.now()) == 0  # not yet
    mail.outbox.clear()
    assert sending.send_notices(timezone.now() + timedelta(minutes=5)) == 1
    assert len(mail.outbox) == 1
    assert not SignInLetter.objects.exists()


def _gone(*_given: Any, **_more: Any) -> None:
    raise OSError("no mail server")
