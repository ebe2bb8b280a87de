"""The pages every firm meets: signing in, help, errors; languages, colours, the security policy."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from klientbro.shell.error_pages import server_error
from klientbro.tenants.services import add_user

OPEN_PAGES = [
    "/konto/logg-inn/",
    "/konto/passord/glemt/",
    "/konto/inaktiv/",
    "/hjelp/",
    "/hjelp/poweroffice/",
    "/hjelp/lokale-integrasjoner/",
    "/finnes-ikke/",
    "/inn/ukjent-lenke/",
]
SIGNED_IN_PAGES = [
    "/hjelp/",
    "/hjelp/poweroffice/",
    "/finn/",
    "/finnes-ikke/",
    "/konto/passord/nytt/",
]


def check_no_inline(html: str) -> None:
    """The policy allows neither scripts nor styles in the page; data for a script is none."""
    assert not re.search(r'<script(?![^>]*\b(?:src=|type="application/json"))', html)
    assert not re.search(r"<style|\sstyle=", html)
    assert not re.search(r"\son[a-z]+=", html)


@pytest.mark.django_db
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_an_open_page_is_whole_norwegian_and_within_the_policy(client: Client, path: str) -> None:
    answer = client.get(path)
    html = answer.content.decode()
    assert answer.status_code == (404 if path == "/finnes-ikke/" else 200)
    assert '<html lang="nb"' in html
    assert html.count("<h1") == 1
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    check_no_inline(html)


@pytest.mark.django_db
@pytest.mark.parametrize("path", SIGNED_IN_PAGES)
def test_a_signed_in_page_has_the_rail_and_is_within_the_policy(
    signed_in: Client, path: str
) -> None:
    answer = signed_in.get(path, follow=True)
    html = answer.content.decode()
    assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    check_no_inline(html)
    if not path.startswith("/konto/"):
        for address in ("/integrasjoner/", "/klienter/", "/hjelp/"):
            assert f'href="{address}"' in html
        assert "Kari Nordahl" in html
        assert "Furulund Regnskap AS" in html


@pytest.mark.django_db
def test_the_start_page_is_the_portal_for_whoever_connects_clients(signed_in: Client) -> None:
    assert signed_in.get("/").headers["Location"] == "/integrasjoner/"
    assert Client().get("/").headers["Location"] == "/konto/logg-inn/?next=/"


@pytest.mark.django_db
def test_english_is_one_press_away_and_the_browsers_language_decides_nothing(
    client: Client,
) -> None:
    english_browser = {"HTTP_ACCEPT_LANGUAGE": "en-US,en;q=0.9"}
    assert (
        "Logg inn i Klientbro" in client.get("/konto/logg-inn/", **english_browser).content.decode()
    )
    answer = client.post("/sprak/", {"language": "en", "next": "/konto/logg-inn/"}, follow=True)
    html = answer.content.decode()
    assert '<html lang="en"' in html
    assert "Sign in to Klientbro" in html
    assert answer.headers["Content-Language"] == "en"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "shown"), [("dark", "dark"), ("light", "light"), ("", "auto"), ("pink", "auto")]
)
def test_light_or_dark_is_in_the_page_from_the_server(
    client: Client, cookie: str, shown: str
) -> None:
    client.cookies["klientbro_color_scheme"] = cookie
    html = client.get("/konto/logg-inn/").content.decode()
    assert f'data-color-scheme="{shown}"' in html


@pytest.mark.django_db
def test_a_choice_is_kept_and_leads_back_but_never_to_another_site(client: Client) -> None:
    answer = client.post("/valg/", {"scheme": "dark", "keys": "off", "next": "/hjelp/?a=1"})
    assert answer.headers["Location"] == "/hjelp/?a=1"
    assert answer.cookies["klientbro_color_scheme"].value == "dark"
    assert answer.cookies["klientbro_keys"].value == "off"
    for wicked in ("https://example.com/", "//example.com", "javascript:alert(1)", ""):
        answer = client.post("/valg/", {"scheme": "pink", "next": wicked})
        assert answer.headers["Location"] == "/"
        assert not answer.cookies
    assert client.get("/valg/").status_code == 405


def test_whoever_restarts_processes_gets_an_answer_without_a_database(client: Client) -> None:
    answer = client.get("/helse/")
    assert answer.json() == {"status": "ok"}
    assert "no-store" in answer.headers["Cache-Control"]


def test_search_engines_are_turned_away(client: Client) -> None:
    assert client.get("/robots.txt").content.decode() == "User-agent: *\nDisallow: /\n"


def test_a_fault_of_ours_is_said_plainly_and_without_a_trace() -> None:
    request = RequestFactory().get("/")
    request.COOKIES["klientbro_color_scheme"] = "dark"
    answer = server_error(request)
    html = answer.content.decode()
    assert answer.status_code == 500
    assert "Noe gikk galt hos oss" in html
    assert 'data-color-scheme="dark"' in html
    assert "Traceback" not in html
    check_no_inline(html)


@pytest.mark.django_db
def test_an_old_form_is_refused_with_what_to_do(firm_account: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/konto/logg-inn/", {"login": "a@b.example", "password": "x"})
    assert answer.status_code == 403
    assert "Siden hadde stått åpen for lenge" in answer.content.decode()
    check_no_inline(answer.content.decode())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "template",
    ["400.html", "403_csrf.html", "404.html", "413.html", "429.html", "500.html"],
)
def test_every_error_page_renders_with_and_without_a_request(
    rf: RequestFactory, template: str
) -> None:
    from django.contrib.auth.models import AnonymousUser
    from django.template.loader import render_to_string

    request = rf.get("/")
    request.user = AnonymousUser()
    for html in (render_to_string(template), render_to_string(template, request=request)):
        assert html.count("<h1") == 1
        assert 'href="/"' in html
        check_no_inline(html)


# ---------- help ----------


@pytest.mark.django_db
def test_help_shows_the_steps_of_the_article_in_both_languages(client: Client) -> None:
    html = client.get("/hjelp/poweroffice/").content.decode()
    for words in ("Utvidelser", "Legg til utvidelse", "Ny integrasjon", "Aktiver alle"):
        assert words in html
    assert '<h2 id="del-1">' in html
    assert 'href="#del-1"' in html
    assert 'src="/static/shell/help/client-key.png"' in html
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "client key" in client.get("/hjelp/poweroffice/").content.decode()


@pytest.mark.django_db
def test_help_says_plainly_what_is_not_possible(client: Client) -> None:
    html = client.get("/hjelp/lokale-integrasjoner/").content.decode()
    assert "bare derfra" in html
    assert 'href="/hjelp/poweroffice/"' in html
    assert "Klientbro" in html


@pytest.mark.django_db
@pytest.mark.parametrize("system", ["ukjent", "tests", "contract"])
def test_help_for_what_there_is_none_for_is_not_found(client: Client, system: str) -> None:
    assert client.get(f"/hjelp/{system}/").status_code == 404


def test_html_in_a_help_text_stays_text(tmp_path: Any) -> None:
    from klientbro.shell import help_texts

    (tmp_path / "x.nb.md").write_text("# T\n\n<script>alert(1)</script>\n\n[a](javascript:b)\n")
    text = help_texts._read(tmp_path, "x", "en", "Merke")
    assert text is not None
    assert text.title == "T"
    assert "<script" not in text.html
    assert "href" not in text.html


# ---------- signing in ----------


@pytest.mark.django_db
def test_a_one_time_link_signs_in_once_and_only_when_pressed(
    client: Client, firm_account: Any
) -> None:
    _user, path = add_user(firm_account.id, "ny@furulund.example", "Ny Bruker")
    first = client.get(path)
    assert "Velkommen til Klientbro" in first.content.decode()
    assert "_auth_user_id" not in client.session  # looking uses nothing up
    answer = client.post(path)
    assert answer.headers["Location"] == "/konto/passord/nytt/"
    assert "_auth_user_id" in client.session
    page = client.get("/konto/passord/nytt/").content.decode()
    assert "Velg et passord" in page
    chosen = {"password1": "blå elg i motvind 47", "password2": "blå elg i motvind 47"}
    assert client.post("/konto/passord/nytt/", chosen).status_code == 302

    other = Client()
    again = other.post(path, follow=True)
    assert "Lenken er brukt eller for gammel" in again.content.decode()
    assert "_auth_user_id" not in other.session
    other.post(
        "/konto/logg-inn/", {"login": "ny@furulund.example", "password": "blå elg i motvind 47"}
    )
    assert "_auth_user_id" in other.session


@pytest.mark.django_db
def test_a_short_password_is_refused_with_words_at_the_field(signed_in: Client, user: Any) -> None:
    answer = signed_in.post(
        "/konto/passord/",
        {"oldpassword": "blå elg i motvind 47", "password1": "kort", "password2": "kort"},
    )
    html = answer.content.decode()
    assert 'aria-invalid="true"' in html
    assert "12 tegn" in html


@pytest.mark.django_db
def test_wrong_passwords_end_in_a_message_that_says_to_wait(client: Client, user: Any) -> None:
    typed = {"login": user.email, "password": "galt"}
    first = client.post("/konto/logg-inn/", typed).content.decode()
    assert 'role="alert"' in first
    for _attempt in range(12):
        last = client.post("/konto/logg-inn/", typed)
    assert "For mange" in last.content.decode()
    client.post("/konto/logg-inn/", typed | {"password": "blå elg i motvind 47"})
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_signing_out_is_a_press_and_not_an_address(signed_in: Client) -> None:
    assert signed_in.get("/konto/logg-ut/").status_code == 200
    assert "_auth_user_id" in signed_in.session
    signed_in.post("/konto/logg-ut/")
    assert "_auth_user_id" not in signed_in.session


@pytest.mark.django_db
def test_nobody_signs_up(client: Client) -> None:
    assert client.get("/konto/ny/").headers["Location"] == "/konto/logg-inn/"
