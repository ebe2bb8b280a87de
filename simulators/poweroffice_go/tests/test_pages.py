"""The pages, used as a person would: links followed and forms sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Self

import httpx
import pytest


class Page(HTMLParser):
    """Collects hidden and other values of a page's inputs, its links and its headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.inputs: dict[str, str] = {}
        self.unlabelled: list[str] = []
        self.links: dict[str, str] = {}
        self._labels = set(re.findall(r'<label for="([^"]+)"', html))
        self._href = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in ("input", "select"):
            self.inputs.setdefault(attributes.get("name", ""), attributes.get("value") or "")
            named = attributes.get("aria-label") or attributes.get("id") in self._labels
            if attributes.get("type") not in ("hidden", "checkbox") and not named:
                self.unlabelled.append(str(attributes))
        self._href = attributes.get("href", "") if tag == "a" else self._href

    def handle_data(self, data):
        if self._href and data.strip():
            self.links.setdefault(data.strip(), self._href)

    def handle_endtag(self, tag):
        if tag == "a":
            self._href = ""


class Browser:
    """Keeps cookies and fills in the hidden token of forms."""

    def __init__(self, simulator, base: str | None = None) -> None:
        self.base = (base or simulator.ui_url).rstrip("/")
        self.origin = simulator.ui_url.rstrip("/")
        self.http = httpx.Client(trust_env=False, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.http.close()

    def get(self, path: str) -> httpx.Response:
        return self.http.get(self._url(path))

    def _url(self, path: str) -> str:
        if path.startswith("http"):
            return path
        return (self.origin if path.startswith("/Demo/") else self.base) + path

    def submit(self, path: str, page: str | None = None, /, **fields) -> httpx.Response:
        form = Page(self.get(page or path).text).inputs
        token = {"skjemanokkel": form["skjemanokkel"]}
        return self.http.post(self._url(path), data={**token, **fields})

    def sign_in(self, email: str = "kari.nordmann@regnskap.example") -> httpx.Response:
        return self.submit("/logg-inn", "/", epost=email, passord="demo", neste="")


@pytest.fixture
def stranger(simulator) -> Iterator[Browser]:
    """A browser that nobody has signed in with."""
    with Browser(simulator) as browser:
        yield browser


@pytest.fixture
def browser(stranger) -> Browser:
    assert stranger.sign_in().status_code == 303
    return stranger


def test_sign_in_is_needed(stranger):
    browser = stranger
    answer = browser.get("/klienter")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?neste=/klienter")
    wrong = browser.submit("/logg-inn", "/", epost="kari.nordmann@regnskap.example", passord="x")
    assert wrong.headers["location"] == "/"
    assert "Feil e-postadresse eller passord" in browser.get("/").text


def test_form_without_its_token_is_refused(browser):
    path = "/klienter/1/innstillinger/utvidelser/ny"
    answer = browser.http.post(browser.base + path, data={"utvidelse": "klientbro"})
    assert answer.status_code == 403


def test_the_articles_steps_give_a_working_client_key(simulator, browser):
    simulator.uninstall(11)
    name = simulator.companies[10]["name"]
    listed = Page(browser.get(f"/klienter?sok={name}").text)
    home = Page(browser.get(listed.links[name]).text)
    settings = Page(browser.get(home.links["Innstillinger"]).text)
    extensions = Page(browser.get(settings.links["Utvidelser"]).text)
    add = extensions.links["Legg til utvidelse"]
    answer = browser.submit(add, utvidelse="klientbro")
    dialog = browser.get(answer.headers["location"])
    assert "Klientnøkkel" in dialog.text
    key = re.search(r'id="klientnokkel"[^>]*value="([^"]+)"', dialog.text)[1]
    assert simulator.token_answer(key).status_code == 200
    after = browser.get(Page(dialog.text).links["Ok"])
    assert "Klientbro" in after.text
    removal = Page(after.text).links["Fjern"]
    browser.submit(removal)
    assert simulator.token_answer(key).status_code == 400
    simulator.install(11)


def test_custom_extension_needs_the_application_key(simulator, browser):
    simulator.uninstall(12)
    path = "/klienter/12/innstillinger/utvidelser/ny"
    browser.submit(path, utvidelse="egendefinert", applikasjonsnokkel="wrong")
    assert "ikke gyldig" in browser.get(path).text
    answer = browser.submit(
        path, utvidelse="egendefinert", applikasjonsnokkel=simulator.application_key
    )
    assert answer.headers["location"].endswith("klientnokkel")
    simulator.install(12)


def test_user_without_the_right_cannot_add_extensions(stranger):
    browser = stranger
    browser.sign_in("per.hansen@regnskap.example")
    path = "/klienter/1/innstillinger/utvidelser"
    assert "Du må være administrator" in browser.get(path).text
    assert browser.get(f"{path}/ny").status_code == 403
    assert browser.get(f"{path}/klientnokkel").status_code == 403


def test_voucher_posted_on_the_control_page_shows_in_the_ledger(browser, client):
    path = "/klienter/1/kontroll"
    form = {
        "posting_date": "2026-06-11", "voucher_type": "ManualJournal", "text": "Fra siden",
        "konto_1": "6800", "debet_1": "1 234,50", "konto_2": "1920", "kredit_2": "1234,50",
    }  # fmt: skip
    browser.submit(f"{path}/post_voucher", path, **form)
    page = browser.get(path).text
    number = re.search(r"Bilag (\d+) er bokført", page)[1]
    rows = client.transactions(2026, voucherNos=number)
    assert sorted(row["Amount"] for row in rows) == [-1234.5, 1234.5]
    assert "1\u00a0234,50" in browser.get(f"/klienter/1/bilag/{number}").text
    browser.submit(f"{path}/reverse_voucher", path, voucher_no=number)
    assert "Reversert med bilag" in browser.get(path).text
    browser.submit(f"{path}/edit_text", path, voucher_no=number, text="Rettet")
    assert client.transactions(2026, voucherNos=number)[0]["Description"] == "Rettet"


def test_refused_change_says_why_in_norwegian(browser):
    path = "/klienter/1/kontroll"
    form = {"konto_1": "6800", "debet_1": "10", "konto_2": "1920", "kredit_2": "9"}
    browser.submit(f"{path}/post_voucher", path, **form)
    page = browser.get(path).text
    assert 'role="alert"' in page


def test_fault_set_on_the_control_page_strikes(browser, client):
    path = "/klienter/1/kontroll"
    fault = {"kind": "500", "path": "/trialbalance", "scope": "denne", "count": "1"}
    browser.submit(f"{path}/feil", path, **fault)
    assert "500 intern feil" in browser.get(path).text
    assert client.get("/TrialBalance", date="2026-01-31").status_code == 500
    browser.submit(f"{path}/feil/fjern", path)
    assert client.simulator.control("GET", "faults") == []


@pytest.mark.parametrize(
    "path",
    ["/klienter", "/klienter/1", "/klienter/1/bilag", "/klienter/1/saldobalanse",
     "/klienter/1/innstillinger", "/klienter/1/innstillinger/firmaopplysninger",
     "/klienter/1/innstillinger/utvidelser", "/klienter/1/innstillinger/utvidelser/ny",
     "/klienter/1/kontroll"],
)  # fmt: skip
def test_page_has_a_heading_a_language_and_labels(browser, path):
    answer = browser.get(path)
    assert answer.status_code == 200
    assert '<html lang="nb">' in answer.text
    assert answer.text.count("<h1") == 1
    assert Page(answer.text).unlabelled == []


def test_demo_is_a_site_of_its_own(simulator):
    with Browser(simulator, simulator.demo["ui_url"]) as demo:
        assert demo.get("/klienter").status_code == 303
        demo.sign_in()
        page = demo.get("/klienter")
    assert page.status_code == 200
    assert "demo" in page.text


def test_pages_of_every_special_company_open(simulator, browser):
    for company in simulator.companies:
        for part in ("", "/saldobalanse", "/kontroll"):
            path = f"/klienter/{company['number']}{part}"
            assert browser.get(path).status_code == 200, (company["name"], part)


def test_what_does_not_exist_is_not_found(browser):
    for path in ("/klienter/9999", "/klienter/1/bilag/99999999", "/onboarding/nonsense"):
        assert browser.get(path).status_code == 404
