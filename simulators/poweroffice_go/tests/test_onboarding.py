"""Client keys without copy and paste: Initiate, consent in the browser, Finalize."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from .test_pages import Browser

REDIRECT = "http://localhost:9/back?state=abc"


def initiate(simulator, **changes) -> httpx.Response:
    body = {"ApplicationKey": simulator.application_key, "RedirectUri": REDIRECT, **changes}
    return simulator.http.post(
        simulator.api_url + "/Onboarding/Initiate",
        json={name: value for name, value in body.items() if value is not None},
        headers={"Ocp-Apim-Subscription-Key": simulator.subscription_key},
    )


def finalize(simulator, token: str) -> httpx.Response:
    return simulator.http.post(
        simulator.api_url + "/onboarding/finalize",
        json={"onboardingToken": token},
        headers={"Ocp-Apim-Subscription-Key": simulator.subscription_key},
    )


def consent(simulator, url: str, answer: str, companies=(), email=None) -> dict[str, list[str]]:
    """What the browser comes back to RedirectUri with."""
    with Browser(simulator) as browser:
        browser.sign_in(**({"email": email} if email else {}))
        assert browser.get(url).status_code == 200
        done = browser.submit(url, svar=answer, klient=[str(number) for number in companies])
    assert done.status_code == 303
    back = urlsplit(done.headers["location"])
    assert (back.netloc, back.path) == ("localhost:9", "/back")
    return parse_qs(back.query)


def test_several_companies_are_onboarded_in_one_go(simulator):
    started = initiate(simulator).json()
    assert re.fullmatch(r".{19}\.\d{7}\+00:00", started["ValidUntilDateTimeOffset"])
    back = consent(simulator, started["TemporaryUrl"], "godta", (1, 2))
    assert (back["state"], back["status"]) == (["abc"], ["Success"])
    answer = finalize(simulator, back["token"][0])
    said = answer.json()
    assert said["UserEmail"].endswith(".example")
    names = [company["ClientName"] for company in said["OnboardedClientsInformation"]]
    assert names == [simulator.companies[0]["name"], simulator.companies[1]["name"]]
    for company in said["OnboardedClientsInformation"]:
        assert simulator.token_answer(company["ClientKey"]).status_code == 200
    assert finalize(simulator, back["token"][0]).status_code == 400


def test_an_organisation_number_narrows_the_choice(simulator):
    company = simulator.companies[0]
    url = initiate(simulator, ClientOrganizationNo=company["orgnr"]).json()["TemporaryUrl"]
    with Browser(simulator) as browser:
        browser.sign_in()
        page = browser.get(url).text
    assert company["name"] in page
    assert page.count('name="klient"') == 1


def test_cancel_and_unknown_company_and_missing_access_come_back_as_status(simulator):
    url = initiate(simulator).json()["TemporaryUrl"]
    assert consent(simulator, url, "avbryt") == {"state": ["abc"], "status": ["Canceled"]}
    url = initiate(simulator, clientOrganizationNo="399999999").json()["TemporaryUrl"]
    assert consent(simulator, url, "godta")["status"] == ["ClientNotFound"]
    url = initiate(simulator).json()["TemporaryUrl"]
    email = "per.hansen@regnskap.example"
    assert consent(simulator, url, "godta", (1,), email)["status"] == ["NoClientAccess"]
    simulator.settings(onboarding_blocked=True)
    url = initiate(simulator).json()["TemporaryUrl"]
    assert consent(simulator, url, "godta", (1,))["status"] == ["IntegrationBlocked"]
    simulator.settings(onboarding_blocked=False)


def test_used_link_is_dead(simulator):
    url = initiate(simulator).json()["TemporaryUrl"]
    consent(simulator, url, "avbryt")
    with Browser(simulator) as browser:
        browser.sign_in()
        assert browser.get(url).status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"ApplicationKey": "00000000-0000-4000-8000-000000000000"},
        {"RedirectUri": "https://evil.example/"},
        {"RedirectUri": None},
    ],
)
def test_wrong_application_key_or_redirect_is_refused(simulator, changes):
    answer = initiate(simulator, **changes)
    assert (answer.status_code, "title" in answer.json()) == (400, True)


def test_whitelisted_redirect_is_allowed_whatever_its_query(simulator):
    simulator.settings(allowed_redirect_uris=["https://portal.example/back"])
    assert initiate(simulator, RedirectUri="https://portal.example/back?x=1").status_code == 200
    assert initiate(simulator, RedirectUri="https://portal.example/other").status_code == 400
    simulator.settings(allowed_redirect_uris=[])
