"""Sessions: listed, ended, limited in time, and under a new id at sign-in."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as DjangoBrowser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from klientbro.identity.devices import browser_of as browser_name
from klientbro.identity.devices import system_of
from klientbro.identity.models import Session
from klientbro.identity.sessions import SessionStore, key_hash
from klientbro.identity.tasks import tidy_now
from klientbro.identity.tests.support import (
    PASSWORD,
    browser_of,
    other_firm,
    person,
    signed_in_with_password,
)
from klientbro.tenants.models import User

pytestmark = pytest.mark.django_db
WORK = "/integrasjoner/"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


def is_in(browser: Any) -> bool:
    return bool(browser.get(WORK).status_code == 200)


def age(user: User, **changes: timedelta) -> None:
    """As if so long had passed."""
    for row in Session.objects.filter(user=user):
        for field, by in changes.items():
            setattr(row, field, getattr(row, field) - by)
        row.save()


def test_sessions_are_listed_with_device_and_place(user: User, signed_in: Any) -> None:
    elsewhere = DjangoBrowser(HTTP_USER_AGENT=EDGE, REMOTE_ADDR="192.0.2.7")
    elsewhere.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})

    answer = signed_in.get("/konto/okter/")

    shown = answer.content.decode()
    assert "Edge på Windows" in shown
    assert "192.0.2.7" in shown
    assert [one.is_this for one in answer.context["sessions"]] == [True, False]


def test_ended_session_is_out_at_its_next_request(user: User) -> None:
    signed_in = signed_in_with_password(user.email)
    elsewhere = browser_of(user)
    other = next(
        one for one in signed_in.get("/konto/okter/").context["sessions"] if not one.is_this
    )

    assert signed_in.post(f"/konto/okter/{other.public_id}/avslutt/").status_code == 302

    assert not is_in(elsewhere)
    assert is_in(signed_in)


def test_somebody_elses_session_is_not_found(user: User, firm_account: Any) -> None:
    signed_in = signed_in_with_password(user.email)
    per = browser_of(person(firm_account, "per@furulund.example"))
    theirs = Session.objects.get(user__email="per@furulund.example")

    assert signed_in.post(f"/konto/okter/{theirs.public_id}/avslutt/").status_code == 404
    assert is_in(per)


def test_all_others_can_be_ended_at_once(user: User, firm_account: Any) -> None:
    signed_in = signed_in_with_password(user.email)
    others = [browser_of(user), browser_of(user)]
    per = browser_of(person(firm_account, "per@furulund.example"))

    signed_in.post("/konto/okter/andre/")

    assert [is_in(one) for one in (*others, signed_in, per)] == [False, False, True, True]


def test_idle_session_ends(user: User, signed_in: Any) -> None:
    age(user, last_seen_at=settings.SESSION_IDLE - timedelta(minutes=5))
    assert is_in(signed_in)
    age(user, last_seen_at=settings.SESSION_IDLE)
    assert not is_in(signed_in)


def test_work_moves_the_idle_limit_on_but_not_the_absolute_one(user: User, signed_in: Any) -> None:
    for _hour in range(int(settings.SESSION_ABSOLUTE / timedelta(hours=1)) - 1):
        age(user, last_seen_at=timedelta(hours=1), created_at=timedelta(hours=1))
        assert is_in(signed_in)
    age(user, last_seen_at=timedelta(hours=1), created_at=timedelta(hours=1))
    assert not is_in(signed_in)


def test_page_that_asks_by_the_clock_keeps_no_session_alive(user: User, signed_in: Any) -> None:
    age(user, last_seen_at=timedelta(minutes=90))
    before = Session.objects.get(user=user).last_seen_at

    assert signed_in.get(WORK, headers={"KB-Unattended": "1"}).status_code == 200

    assert Session.objects.get(user=user).last_seen_at == before


def test_shorter_limit_holds_for_sessions_that_exist(user: User, signed_in: Any) -> None:
    from django.test import override_settings

    age(user, last_seen_at=timedelta(minutes=30))
    with override_settings(SESSION_IDLE=timedelta(minutes=20)):
        assert not is_in(signed_in)


def test_being_here_is_noted_once_a_minute_in_one_statement(user: User, signed_in: Any) -> None:
    signed_in.get("/hjelp/")
    with CaptureQueriesContext(connection) as at_once:
        signed_in.get("/hjelp/")
    age(user, last_seen_at=timedelta(minutes=2))
    with CaptureQueriesContext(connection) as after_two_minutes:
        signed_in.get("/hjelp/")

    assert len(after_two_minutes) == len(at_once) + 1
    about_sessions = [one for one in at_once.captured_queries if "identity_session" in one["sql"]]
    assert len(about_sessions) == 1


def test_sign_in_gives_a_new_id(user: User) -> None:
    browser = DjangoBrowser()
    browser.get("/konto/logg-inn/")
    before = browser.session.session_key
    browser.cookies[settings.SESSION_COOKIE_NAME] = before
    browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})

    after = browser.cookies[settings.SESSION_COOKIE_NAME].value

    assert before
    assert after != before
    assert not SessionStore().exists(before)


def test_planted_id_is_never_taken_over(user: User) -> None:
    browser = DjangoBrowser()
    planted = "a" * 32
    browser.cookies[settings.SESSION_COOKIE_NAME] = planted
    browser.post("/konto/logg-inn/", {"login": user.email, "password": PASSWORD})
    assert browser.cookies[settings.SESSION_COOKIE_NAME].value != planted
    assert not SessionStore().exists(planted)


def test_new_password_ends_the_other_sessions(user: User) -> None:
    here = signed_in_with_password(user.email)
    elsewhere = browser_of(user)
    new = "et annet langt passord 77"
    answer = here.post(
        "/konto/passord/",
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert answer.status_code == 302
    assert [is_in(here), is_in(elsewhere)] == [True, False]


def test_signing_out_deletes_the_row(user: User, signed_in: Any) -> None:
    signed_in.post("/konto/logg-ut/")
    assert not Session.objects.filter(user=user).exists()


def test_table_holds_no_key(user: User, signed_in: Any) -> None:
    key = signed_in.cookies[settings.SESSION_COOKIE_NAME].value
    row = Session.objects.get(user=user)
    assert bytes(row.key_hash) == key_hash(key) == hashlib.sha256(key.encode()).digest()
    assert key not in row.content


def test_disabled_user_is_out_at_the_next_request(user: User, signed_in: Any) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert not is_in(signed_in)


@pytest.mark.django_db(transaction=True)  # the job ends with its connections closed
def test_sessions_that_let_nobody_in_are_deleted(user: User, signed_in: Any) -> None:
    browser_of(person(other_firm(), "ola@granli.example"))
    age(user, last_seen_at=settings.SESSION_IDLE)
    tidy_now(timezone.now())
    assert [row.user.email for row in Session.objects.all()] == ["ola@granli.example"]


@pytest.mark.parametrize(
    ("agent", "browser", "system"),
    [
        (EDGE, "Edge", "Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Firefox/140.0", "Firefox", "Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari/604.1", "Safari", "iPhone"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/140 Safari/5", "Chrome", "macOS"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140 Mobile Safari/5", "Chrome", "Android"),
        ("curl/8", "", ""),
    ],
)
def test_device_is_named_as_people_know_it(agent: str, browser: str, system: str) -> None:
    assert (browser_name(agent), system_of(agent)) == (browser, system)
