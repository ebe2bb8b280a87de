"""The token endpoint and what a token is worth."""

from __future__ import annotations

import base64
import time

import httpx

from simulators.poweroffice_go.testing import Simulator

from .conftest import Client


def form(simulator: Simulator, **changes) -> dict:
    """A good token request, with changes."""
    key = simulator.install(1)
    request = {
        "url": simulator.token_url,
        "data": {"grant_type": "client_credentials"},
        "auth": (simulator.application_key, key),
        "headers": {"Ocp-Apim-Subscription-Key": simulator.subscription_key},
    }
    return {**request, **changes}


def test_good_keys_give_a_token_for_twenty_minutes(simulator):
    answer = httpx.post(**form(simulator))
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "bearer"
    assert answer.json()["expires_in"] == 1200
    assert answer.json()["access_token"].count(".") == 2


def test_stray_form_fields_and_any_case_of_the_path_are_tolerated(simulator):
    data = {"client_id": "", "client_secret": "", "grant_type": "client_credentials"}
    url = simulator.token_url.replace("/OAuth/Token", "/oauth/token")
    assert httpx.post(**form(simulator, url=url, data=data)).status_code == 200


def test_subscription_key_may_come_in_the_query_and_be_the_secondary(simulator):
    url = simulator.token_url + "?Subscription-Key=" + simulator.said["secondary_subscription_key"]
    assert httpx.post(**form(simulator, url=url, headers={})).status_code == 200


def test_missing_or_wrong_subscription_key_gives_the_gateways_401(simulator):
    for headers in ({}, {"Ocp-Apim-Subscription-Key": "0" * 32}):
        answer = httpx.post(**form(simulator, headers=headers))
        assert answer.status_code == 401
        assert answer.json()["statusCode"] == 401
        assert "subscription key" in answer.json()["message"]


def test_wrong_keys_give_invalid_client(simulator):
    good = simulator.install(1)
    wrong = "00000000-0000-4000-8000-000000000000"
    for auth in ((wrong, good), (simulator.application_key, wrong), None):
        answer = httpx.post(**form(simulator, auth=auth))
        assert answer.status_code == 400
        assert answer.json()["error"] == "invalid_client"
        assert answer.json()["error_description"]


def test_malformed_basic_header_gives_invalid_client(simulator):
    headers = {
        "Ocp-Apim-Subscription-Key": simulator.subscription_key,
        "Authorization": "Basic not-base64!",
    }
    answer = httpx.post(**form(simulator, auth=None, headers=headers))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client")


def test_other_grant_types_are_refused_by_name(simulator):
    answer = httpx.post(**form(simulator, data={"grant_type": "password"}))
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    answer = httpx.post(**form(simulator, data={"scope": "x"}))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_keys_of_one_environment_never_work_in_the_other(simulator):
    key = simulator.install(1)
    demo = simulator.demo
    answer = simulator.token_answer(key, token_url=demo["token_url"])
    assert answer.json()["error"] == "invalid_client"
    answer = simulator.token_answer(
        key, token_url=demo["token_url"], application_key=demo["application_key"]
    )
    assert answer.json()["error"] == "invalid_client"
    done = simulator.control("POST", "companies/1/add_extension", {}, environment="demo")
    assert simulator.token_answer(done["client_key"]).json()["error"] == "invalid_client"
    answer = simulator.token_answer(
        done["client_key"], token_url=demo["token_url"], application_key=demo["application_key"]
    )
    assert answer.status_code == 200
    headers = simulator.headers(answer.json()["access_token"])
    path = "/ClientIntegrationInformation"
    assert httpx.get(demo["api_url"] + path, headers=headers).status_code == 200
    assert httpx.get(simulator.api_url + path, headers=headers).status_code == 401


def test_removing_the_extension_kills_key_and_token(simulator):
    client = Client(simulator, 2)
    assert client.get("/ClientIntegrationInformation").status_code == 200
    simulator.uninstall(2)
    answer = client.get("/ClientIntegrationInformation")
    assert (answer.status_code, answer.content) == (401, b"")
    assert simulator.token_answer(client.key).json()["error"] == "invalid_client"
    assert simulator.install(2) != client.key


def test_token_dies_after_its_lifetime(simulator):
    simulator.settings(token_lifetime=1)
    client = Client(simulator, 1)
    assert client.get("/ClientIntegrationInformation").status_code == 200
    time.sleep(1.1)
    assert client.get("/ClientIntegrationInformation").status_code == 401


def test_call_without_or_with_a_made_up_token_is_refused_with_an_empty_body(simulator):
    url = simulator.api_url + "/TrialBalance?date=2026-01-31"
    basic = "Basic " + base64.b64encode(b"a:b").decode()
    for authorization in (None, "Bearer nonsense", basic):
        headers = {"Ocp-Apim-Subscription-Key": simulator.subscription_key}
        if authorization:
            headers["Authorization"] = authorization
        answer = httpx.get(url, headers=headers)
        assert (answer.status_code, answer.content) == (401, b"")


def test_offboarding_removes_the_integration(simulator):
    client = Client(simulator, 3)
    url = simulator.api_url + "/Offboarding/RemoveIntegration"
    answer = simulator.http.delete(url, headers=simulator.headers(client.token))
    assert answer.status_code == 200
    assert answer.json()["Success"] is True
    assert simulator.token_answer(client.key).status_code == 400
    simulator.install(3)
