"""Tokens are shared, renewed before they end, and bound to the key they came from."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import cast

import httpx
import pytest

from klientbro.connectors.contract import Resource, Unit
from klientbro.connectors.errors import (
    AuthorizationError,
    ConnectorError,
    ContractError,
    OperatorSettingsError,
    UnreadableError,
)
from klientbro.connectors.poweroffice.tests.support import (
    CLIENT_KEY,
    OPERATOR,
    FakeApi,
    batches,
    response,
    run,
)
from klientbro.connectors.poweroffice.tokens import good_for
from klientbro.connectors.stand_ins import MemoryTokens

PROJECTS = Unit(Resource.PROJECTS)


@dataclass
class MovedClock:
    moment: datetime = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def api() -> FakeApi:
    return FakeApi(Projects=[])


def token_calls(api: FakeApi) -> int:
    return api.paths().count("/OAuth/Token")


def stored(api: FakeApi) -> MemoryTokens:
    return cast(MemoryTokens, api.surroundings.tokens)


def refusing(api: FakeApi, answer: httpx.Response) -> ConnectorError:
    def refuse(request: httpx.Request, given: httpx.Response) -> httpx.Response:
        return answer if request.url.path == "/OAuth/Token" else given

    api.change = refuse
    with pytest.raises(ConnectorError) as caught:
        api.read(PROJECTS)
    return caught.value


def test_token_is_asked_for_with_both_keys(api: FakeApi) -> None:
    api.read(PROJECTS)
    asked = api.asked[0]
    assert (asked.method, asked.content) == ("POST", b"grant_type=client_credentials")
    credentials = base64.b64decode(asked.headers["authorization"].removeprefix("Basic "))
    assert credentials.decode() == f"{OPERATOR['application_key']}:{CLIENT_KEY}"
    assert api.asked[1].headers["authorization"] == "Bearer eyJhbGciOi.eksempel.token"


def test_token_is_shared_between_sources_of_one_connection(api: FakeApi) -> None:
    api.read(PROJECTS)
    api.read(PROJECTS)
    assert token_calls(api) == 1


def test_token_of_a_key_not_saved_yet_is_shared_with_nobody(api: FakeApi) -> None:
    async def work() -> None:
        async with api.open(reference="") as source:
            await batches(source.read(PROJECTS))

    run(work())
    run(work())
    assert token_calls(api) == 2
    assert stored(api).kept == {}


def test_new_key_of_a_connection_does_not_find_the_old_companys_token(api: FakeApi) -> None:
    async def work(key: str) -> None:
        async with api.open(key=key) as source:
            await batches(source.read(PROJECTS))

    run(work(CLIENT_KEY))
    run(work("0b6f0a51-6a0e-4b43-b2a5-5d6f7c1d2e30"))
    assert token_calls(api) == 2
    assert len(stored(api).kept) == 2


def test_references_of_stored_tokens_tell_nothing_of_the_key(api: FakeApi) -> None:
    api.read(PROJECTS)
    (reference,) = stored(api).kept
    assert reference.startswith("connection-1:")
    assert CLIENT_KEY not in reference
    assert len(reference) <= len("connection-1:") + 16


def test_many_requests_at_once_ask_for_one_token(api: FakeApi) -> None:
    async def work() -> None:
        async with api.open() as one, api.open() as other:
            await asyncio.gather(*(batches(s.read(PROJECTS)) for s in (one, other) * 5))

    run(work())
    assert token_calls(api) == 1


@pytest.mark.parametrize(
    ("lifetime", "seconds"), [(1200.0, 1140.0), (600.0, 540.0), (10.0, 8.0), (0.0, 0.0)]
)
def test_token_is_renewed_a_minute_early_and_a_short_one_after_four_fifths(
    lifetime: float, seconds: float
) -> None:
    assert good_for(lifetime) == timedelta(seconds=seconds)


def test_token_about_to_end_is_renewed_before_it_is_refused(api: FakeApi) -> None:
    clock = MovedClock()
    api.surroundings = replace(api.surroundings, clock=clock)

    async def work() -> None:
        async with api.open() as source:
            await batches(source.read(PROJECTS))
            clock.moment += timedelta(seconds=1139)
            await batches(source.read(PROJECTS))
            assert token_calls(api) == 1
            clock.moment += timedelta(seconds=2)
            await batches(source.read(PROJECTS))
            assert token_calls(api) == 2

    run(work())


def test_token_that_died_early_is_renewed_once(api: FakeApi) -> None:
    refused = iter([True])

    def refuse(request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        is_page = request.url.path == "/v2/Projects"
        return httpx.Response(401) if is_page and next(refused, False) else answer

    api.change = refuse
    (batch,) = api.read(PROJECTS)
    assert token_calls(api) == 2
    assert batch.requests == 4


def test_key_that_is_refused_must_be_reconnected_and_its_token_forgotten(api: FakeApi) -> None:
    api.read(PROJECTS)
    api.surroundings = replace(
        api.surroundings, clock=MovedClock(datetime.now(UTC) + timedelta(days=1))
    )
    error = refusing(api, httpx.Response(400, content=response("token_refused")))
    assert type(error) is AuthorizationError
    assert "The client key is not valid" in str(error)
    assert stored(api).kept == {}


def test_empty_key_is_refused_without_a_request(api: FakeApi) -> None:
    async def work() -> None:
        async with api.open(key="  ") as source:
            await source.check()

    with pytest.raises(AuthorizationError):
        run(work())
    assert api.asked == []


def test_request_that_is_malformed_is_our_fault_not_the_customers(api: FakeApi) -> None:
    error = refusing(api, httpx.Response(400, json={"error": "invalid_request"}))
    assert type(error) is ContractError


@pytest.mark.parametrize("status", [401, 403, 404])
def test_subscription_that_is_refused_is_the_operators_matter(api: FakeApi, status: int) -> None:
    body = {"statusCode": status, "message": f"invalid {OPERATOR['subscription_key']}"}
    error = refusing(api, httpx.Response(status, json=body))
    assert type(error) is OperatorSettingsError
    assert OPERATOR["subscription_key"] not in str(error)


def test_firewall_in_front_of_the_token_endpoint_refuses_no_key(api: FakeApi) -> None:
    error = refusing(api, httpx.Response(403, html="<html>Blocked</html>"))
    assert type(error) is UnreadableError


@pytest.mark.parametrize("body", [{"token_type": "bearer"}, {"access_token": 5, "expires_in": 1}])
def test_answer_without_a_token_breaks_the_contract(api: FakeApi, body: dict[str, object]) -> None:
    assert type(refusing(api, httpx.Response(200, json=body))) is ContractError
