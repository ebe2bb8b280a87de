"""Requests another site makes: no change without our token, no way out to it, no link of its."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as ours
from django.http.response import HttpResponseBase
from django.test import Client

from klientbro.identity.tests.support import BACKEND, letters
from klientbro.tenants.models import User

from .answers import PUBLIC, behind_tls, every_path

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# Addresses that take an unsafe request without our token, each with what stands in its place.
WITHOUT_TOKEN = {
    "identity:tool_token": "a tool's server shows its own secret; no cookie counts",
    "identity:tool_userinfo": "a tool shows the access token it was given; no cookie counts",
    "identity:tool_revoke": "a tool's server shows its own secret; no cookie counts",
}
# Addresses that a GET may write at, each for a reason.
WRITES_WHEN_READ = {
    "identity:sign_on_back": "the provider leads the browser here; its state is bound to a cookie",
    "identity:sign_on_start": "begins a sign-in at the provider: attempts are counted",
}
ELSEWHERE = "https://elsewhere.example"
WAYS_OUT = (
    f"{ELSEWHERE}/",
    "//elsewhere.example/",
    "/\\elsewhere.example",
    "https:elsewhere.example",
    "javascript:alert(1)",
)
NAMES_OF_WAYS = ("next", "neste", "to", "url", "return", "return_to", "redirect", "redirect_uri")


def strict(user: User | None = None) -> Client:
    """A browser that Django asks for the token, as it asks everybody but its test client."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if user is not None:
        browser.force_login(user, backend=BACKEND)
    return browser


def is_forgery_refused(answer: HttpResponseBase) -> bool:
    return answer.status_code == 403 and "stått åpen for lenge" in getattr(
        answer, "content", b""
    ).decode("utf-8", "replace")


def leads_off(answer: HttpResponseBase) -> str:
    """Where an answer leads to outside of us, or nothing."""
    for name in ("Location", "HX-Redirect", "HX-Location", "Refresh"):
        address = answer.headers.get(name, "")
        if address.startswith(("//", "/\\", "\\")) or urlsplit(address).scheme not in ("", "http"):
            return address
        if urlsplit(address).netloc not in ("", "testserver"):
            return address
    return ""


@pytest.mark.django_db
@pytest.mark.parametrize("signed_in_first", [True, False])
def test_every_address_refuses_an_unsafe_request_without_our_token(
    user: User, signed_in_first: bool
) -> None:
    browser = strict(user if signed_in_first else None)
    taken = [
        f"{method} {name}"
        for name, path in every_path()
        for method in (UNSAFE if signed_in_first else ("POST",))
        if name not in WITHOUT_TOKEN and not is_forgery_refused(browser.generic(method, path))
    ]
    assert taken == []


@pytest.mark.django_db
def test_token_is_worth_nothing_from_another_site_or_in_another_session(
    user: User, settings: Any
) -> None:
    behind_tls(settings)
    host = {"host": urlsplit(PUBLIC).netloc, "x-forwarded-proto": "https"}

    def token_of(browser: Client) -> str:
        page = browser.get("/integrasjoner/", headers=host).content.decode()
        found = re.search(r'"x-csrftoken": "(\w+)"', page)
        assert found is not None
        return found[1]

    kari, other = strict(user), strict(user)
    token = token_of(kari)
    for headers, status in (
        ({"x-csrftoken": token, "origin": PUBLIC}, 302),
        ({"x-csrftoken": token, "origin": ELSEWHERE}, 403),
        ({"x-csrftoken": token, "origin": "null"}, 403),
        ({"x-csrftoken": token, "referer": f"{ELSEWHERE}/a"}, 403),
        ({"x-csrftoken": token}, 403),  # over TLS one of the two is always there
        ({"x-csrftoken": token_of(other), "origin": PUBLIC}, 403),
    ):
        answer = kari.post("/valg/", {"scheme": "dark"}, headers=host | headers)
        assert answer.status_code == status, headers


@pytest.mark.django_db
def test_no_address_leads_to_another_site_whatever_it_is_asked(user: User) -> None:
    led: list[str] = []
    for browser in (Client(raise_request_exception=False), signed_in_client(user)):
        for name, path in every_path():
            if name == "account_logout":
                continue
            query = dict.fromkeys(NAMES_OF_WAYS, WAYS_OUT[0])
            answers = browser.get(path, query), browser.post(path, query)
            led += [f"{name}: {leads_off(one)}" for one in answers if leads_off(one)]
    assert led == []


@pytest.mark.django_db
@pytest.mark.parametrize("way", WAYS_OUT)
def test_pages_that_lead_on_lead_nowhere_else(user: User, way: str) -> None:
    password = "blå elg i motvind 47"
    browser = Client()
    signed = browser.post(
        f"/konto/logg-inn/?next={way}", {"login": user.email, "password": password, "next": way}
    )
    assert signed.status_code == 302
    kari = signed_in_client(user)
    answers = [
        signed,
        kari.post("/valg/", {"scheme": "dark", "next": way}),
        kari.post("/sprak/", {"language": "en", "next": way}),
        kari.post("/konto/firma/", {"firm": "x", "next": way}),
        kari.post("/konto/bekreft/", {"password": password, "next": way}),
        kari.get("/konto/logg-inn/", {"next": way}),
        kari.post("/konto/logg-ut/", {"next": way}),
    ]
    assert [leads_off(answer) for answer in answers] == [""] * len(answers)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "claims",
    [
        {"x-forwarded-host": "elsewhere.example"},
        {"forwarded": "host=elsewhere.example"},
        {"x-original-host": "elsewhere.example", "x-forwarded-server": "elsewhere.example"},
        {"host": "127.0.0.1:9"},
    ],
)
def test_links_of_letters_lead_to_the_address_of_the_settings(
    user: User, claims: dict[str, str]
) -> None:
    asked = Client().post("/konto/passord/glemt/", {"email": user.email}, headers=claims)
    assert asked.status_code == 302
    (letter,) = letters()
    found = re.findall(r"https?://[^/\s]+", letter.body)
    assert found
    assert set(found) == {ours.ENVIRONMENT.public_url}


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["elsewhere.example", "localhost.elsewhere.example", "a@b", "a b"])
def test_host_that_is_not_ours_is_refused_before_anything_is_done(user: User, host: str) -> None:
    answer = Client(raise_request_exception=False).post(
        "/konto/passord/glemt/", {"email": user.email}, headers={"host": host}
    )
    assert answer.status_code == 400
    assert letters() == []


@pytest.mark.django_db
def test_reading_an_address_changes_nothing(user: User) -> None:
    """A picture or a link on another site can make a browser GET; that must be harmless."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    kari = signed_in_client(user)
    kari.get("/integrasjoner/")  # the token, and the minute's note that one is here
    wrote: list[str] = []
    for name, path in every_path():
        with CaptureQueriesContext(connection) as asked:
            kari.get(path)
        wrote += [
            f"{name}: {one['sql'][:90]}"
            for one in asked.captured_queries
            if name not in WRITES_WHEN_READ
            and re.match(r"\s*(insert|update|delete|merge)\b", one["sql"], re.IGNORECASE)
            and not re.search(r"identity_session", one["sql"])
        ]
    assert wrote == []


def signed_in_client(user: User) -> Client:
    browser = Client(raise_request_exception=False)
    browser.force_login(user, backend=BACKEND)
    return browser
