"""What every answer tells a browser: pages, parts, downloads, files, redirects and every error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client

from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import load_environment
from klientbro.shell.headers import may_be_framed
from klientbro.tenants.models import User

from .answers import PUBLIC, behind_tls, every_path

HOST = PUBLIC.removeprefix("https://")
PROXIED = {"host": HOST, "x-forwarded-proto": "https"}
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
}
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "font-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "frame-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "object-src": "'none'",
    "form-action": "'self'",
}


@pytest.fixture
def tls(settings: Any) -> None:
    behind_tls(settings)


@pytest.fixture
def browser(tls: None) -> Client:
    """As people come, through the proxy that ends TLS."""
    return Client(raise_request_exception=False, headers=PROXIED)


@pytest.fixture
def kari(browser: Client, user: User) -> Client:
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def directives(answer: HttpResponseBase) -> dict[str, str]:
    parts = answer.headers.get("Content-Security-Policy", "").split(";")
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in parts)}


def lacks(answer: HttpResponseBase) -> list[str]:
    """What an answer should have said and did not."""
    found = [
        f"{name}: {answer.headers.get(name)}"
        for name, value in ALWAYS.items()
        if answer.headers.get(name) != value
    ]
    if directives(answer) != POLICY:
        found.append(f"policy {answer.headers.get('Content-Security-Policy')}")
    if "camera=()" not in answer.headers.get("Permissions-Policy", ""):
        found.append("no Permissions-Policy")
    if "no-store" not in answer.headers.get("Cache-Control", ""):
        found.append(f"may be kept: {answer.headers.get('Cache-Control')}")
    content = answer.headers.get("Content-Type", "")
    if not getattr(answer, "streaming", False) and getattr(answer, "content", b"") and not content:
        found.append("no Content-Type")
    if content.startswith("text/") and "charset=" not in content:
        found.append(f"no charset: {content}")
    found += [f"cookie {cookie}" for cookie in loose_cookies(answer)]
    return found


def loose_cookies(answer: HttpResponseBase) -> list[str]:
    """Cookies a browser would take from elsewhere, send elsewhere, or show to a script."""
    return [
        morsel.OutputString()
        for name, morsel in answer.cookies.items()
        if not name.startswith("__Host-")
        or not morsel["secure"]
        or not (
            morsel["httponly"] or morsel["max-age"] == 0
        )  # one that is taken away holds nothing
        or morsel["samesite"] not in ("Lax", "Strict")
        or morsel["path"] != "/"
        or morsel["domain"]
    ]


def walked(browser: Client, *methods: str, part: bool = False) -> dict[str, HttpResponseBase]:
    headers = {"HX-Request": "true"} if part else {}
    return {
        f"{method} {name}": browser.generic(method, path, headers=headers)
        for name, path in every_path()
        for method in methods
        if name != "account_logout"  # the walk goes on as the same person
    }


def told(answers: dict[str, HttpResponseBase]) -> list[str]:
    return [f"{what}: {lack}" for what, answer in answers.items() for lack in lacks(answer)]


@pytest.mark.django_db
def test_every_address_answers_a_stranger_with_every_header(browser: Client) -> None:
    answers = walked(browser, "GET", "DELETE")
    assert len(answers) > 300
    assert told(answers) == []


@pytest.mark.django_db
def test_every_address_answers_a_person_with_every_header(kari: Client) -> None:
    answers = walked(kari, "GET", "POST")
    assert {answer.status_code for answer in answers.values()} >= {200, 302, 404, 405}
    assert told(answers) == []


@pytest.mark.django_db
def test_every_address_answers_with_a_part_of_a_page_with_every_header(kari: Client) -> None:
    assert told(walked(kari, "GET", part=True)) == []


@pytest.mark.django_db
def test_method_that_no_page_has_repeats_nothing_of_the_request(browser: Client) -> None:
    for name, path in every_path():
        answer = browser.generic("TRACE", path, headers={"X-Mark": "a-mark-of-this-request"})
        assert b"a-mark-of-this-request" not in getattr(answer, "content", b""), name


def _wrong_host(browser: Client) -> HttpResponseBase:
    return browser.get("/", headers={"host": "elsewhere.example"})


def _too_many_fields(browser: Client) -> HttpResponseBase:
    return browser.post("/valg/", {f"f{number}": "1" for number in range(6_001)})


def _no_token(browser: Client) -> HttpResponseBase:
    strict = Client(enforce_csrf_checks=True, headers=PROXIED)
    return strict.post("/konto/logg-inn/", {"login": "a@b.example"})


def _nowhere(browser: Client) -> HttpResponseBase:
    return browser.get("/finnes-ikke/")


def _wrong_method(browser: Client) -> HttpResponseBase:
    return browser.post("/robots.txt")


def _too_large(browser: Client) -> HttpResponseBase:
    return browser.generic("POST", "/valg/", b"", CONTENT_LENGTH=str(26 * 1024 * 1024))


def _too_often(browser: Client) -> HttpResponseBase:
    for _turn in range(40):
        answer = browser.post("/konto/logg-inn/", {"login": "a@b.example", "password": "feil"})
        if answer.status_code == 429:
            return answer
    return answer


def _led_on(browser: Client) -> HttpResponseBase:
    return browser.get("/")


def _in_the_clear(browser: Client) -> HttpResponseBase:
    return browser.get("/hjelp/", headers={"x-forwarded-proto": "http"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "ask"),
    [
        (301, _in_the_clear),
        (302, _led_on),
        (400, _wrong_host),
        (400, _too_many_fields),
        (403, _no_token),
        (404, _nowhere),
        (405, _wrong_method),
        (413, _too_large),
        (429, _too_often),
    ],
)
def test_every_refusal_has_every_header(
    browser: Client, status: int, ask: Callable[[Client], HttpResponseBase]
) -> None:
    answer = ask(browser)
    assert answer.status_code == status
    assert lacks(answer) == []


@pytest.mark.django_db
def test_fault_of_ours_has_every_header_and_no_trace(
    kari: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object) -> None:
        raise ZeroDivisionError("a word of the inside")

    monkeypatch.setattr("klientbro.shell.views.find_anything", fails)
    answer = kari.get("/finn/?q=a")
    assert answer.status_code == 500
    assert lacks(answer) == []
    assert b"a word of the inside" not in answer.content
    assert b"Traceback" not in answer.content


@pytest.mark.django_db
def test_not_ready_has_every_header(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("klientbro.operations.views.is_ready", lambda _signs: False)
    answer = browser.get("/helse/klar/")
    assert answer.status_code == 503
    assert lacks(answer) == []


@pytest.mark.django_db
def test_static_file_has_every_header_and_may_be_kept(browser: Client) -> None:
    answer = browser.get("/static/shell/kb.js")
    assert answer.status_code == 200
    assert "public" in answer.headers["Cache-Control"]
    assert [lack for lack in lacks(answer) if not lack.startswith("may be kept")] == []
    answer.close()


@pytest.mark.django_db
def test_download_has_every_header(kari: Client) -> None:
    answer = kari.post("/logg/eksport/")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert lacks(answer) == []


def test_file_of_somebody_elses_may_be_framed_by_us_alone_and_can_do_nothing(tls: None) -> None:
    answer = may_be_framed(HttpResponse(b"%PDF-"))
    told_of = directives(answer)
    assert told_of["default-src"] == "'none'"
    assert told_of["frame-ancestors"] == "'self'"
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.django_db
def test_every_cookie_is_bound_to_this_host_and_kept_from_scripts(kari: Client, user: User) -> None:
    set_by = [
        kari.post("/valg/", {"scheme": "dark", "keys": "off"}),
        kari.post("/sprak/", {"language": "en"}),
        kari.post("/logg/eksport/", {"fra": "ikke en dag"}),  # a message waits in a cookie
        kari.post("/konto/logg-ut/"),
    ]
    names = {name for answer in set_by for name in answer.cookies}
    assert {name.removeprefix("__Host-") for name in names} >= {
        "klientbro_color_scheme",
        "klientbro_keys",
        "klientbro_language",
        "klientbro_messages",
        "klientbro_session",
    }
    assert [cookie for answer in set_by for cookie in loose_cookies(answer)] == []


@pytest.mark.django_db
def test_without_tls_cookies_have_plain_names_and_no_host_is_bound(client: Client) -> None:
    answer = client.post("/valg/", {"scheme": "dark"})
    assert list(answer.cookies) == ["klientbro_color_scheme"]
    assert not answer.cookies["klientbro_color_scheme"]["secure"]
    assert "Strict-Transport-Security" not in answer.headers


@pytest.mark.django_db
def test_who_asks_in_the_clear_is_led_to_the_public_address_alone(browser: Client) -> None:
    answer = browser.get("/hjelp/?a=1", headers={"x-forwarded-proto": "http", "host": HOST})
    assert answer.headers["Location"] == f"{PUBLIC}/hjelp/?a=1"
    for watched in ("/helse/", "/metrics"):
        answer = browser.get(watched, headers={"x-forwarded-proto": "http"})
        assert answer.status_code in (200, 404), watched


@pytest.mark.django_db
def test_no_answer_lets_another_site_read_it(browser: Client) -> None:
    for _name, path in [("robots", "/robots.txt"), ("static", "/static/shell/kb.js")]:
        answer = browser.get(path, headers={"origin": "https://elsewhere.example"})
        assert "Access-Control-Allow-Origin" not in answer.headers
        answer.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/.git/config",
        "/.env",
        "/static/",
        "/static/shell/",
        "/static/packages/package.json",
        "/static/../klientbro/settings/django.py",
        "/static/%2e%2e/pyproject.toml",
        "/static/shell/..%2f..%2f..%2fpyproject.toml",
        "/secrets.json",
        "/debug/",
        "/admin/",
    ],
)
def test_nothing_but_listed_files_is_served(kari: Client, path: str) -> None:
    answer = kari.get(path)
    assert answer.status_code == 404
    assert lacks(answer) == []


@pytest.mark.django_db
def test_signing_out_clears_what_the_browser_keeps(kari: Client) -> None:
    assert "Clear-Site-Data" not in kari.get("/integrasjoner/").headers
    assert kari.post("/konto/logg-ut/").headers["Clear-Site-Data"] == '"storage"'


@pytest.mark.django_db
def test_whom_to_tell_of_a_weakness_is_said_and_for_how_long(
    browser: Client, settings: Any
) -> None:
    settings.ENVIRONMENT = load_environment(
        {
            "KLIENTBRO_PUBLIC_URL": PUBLIC,
            "KLIENTBRO_SECURITY_CONTACT": "sikkerhet@klientbro.example.no",
            "KLIENTBRO_SECURITY_TXT_DAYS": "30",
        }
    )
    answer = browser.get("/.well-known/security.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    said = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert said["Contact"] == "mailto:sikkerhet@klientbro.example.no"
    assert said["Canonical"] == f"{PUBLIC}/.well-known/security.txt"
    until = datetime.fromisoformat(said["Expires"])
    left = until - datetime.now(UTC)
    assert timedelta(days=28) < left <= timedelta(days=30)


@pytest.mark.parametrize("contact", ["klientbro", "http://klientbro.example.no", "mailto:a\nb"])
def test_contact_that_is_none_is_refused_at_the_start(contact: str) -> None:
    with pytest.raises(ConfigurationError, match="KLIENTBRO_SECURITY_CONTACT"):
        load_environment({"KLIENTBRO_SECURITY_CONTACT": contact})
