"""A code that comes twice: whoever sends it the second time, what it gave is withdrawn."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.idp.oidc import views as provider
from allauth.idp.oidc.models import Token
from django.db import connection, transaction

from klientbro.audit.models import Entry
from klientbro.identity.tests.test_tools import BACK, VERIFIER, Tool, here, tool
from klientbro.identity.views import openid_provider
from klientbro.tenants.context import firm_set

__all__ = ["here", "tool"]
pytestmark = pytest.mark.django_db(transaction=True)


def sent(tool: Tool, address: str, **changes: str) -> httpx.Response:
    """The code, as the tool's server sends it."""
    form = {
        "grant_type": "authorization_code",
        "code": parse_qs(urlsplit(address).query)["code"][0],
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        "client_id": tool.registered.tool_id,
        "client_secret": tool.registered.secret,
    } | changes
    return httpx.post(tool.metadata["token_endpoint"], data=form, timeout=60)


@pytest.mark.parametrize(
    "changes",
    [{}, {"client_secret": "another"}, {"code_verifier": "x" * 43}],
    ids=["by the tool", "with another secret", "with another verifier"],
)
def test_code_that_comes_again_withdraws_what_it_gave(
    tool: Tool, signed_in: Any, changes: dict[str, str]
) -> None:
    address = tool.asked(signed_in)
    tokens = sent(tool, address).json()
    untouched = tool.tokens(tool.asked(signed_in))
    assert tool.userinfo(tokens).status_code == 200

    again = sent(tool, address, **changes)

    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})
    assert tool.userinfo(tokens).status_code == 401
    assert tool.userinfo(untouched).status_code == 200
    with firm_set(tool.firm.id), transaction.atomic():
        assert Entry.objects.filter(action="tool_code_again").count() == 1


def test_code_is_known_again_when_its_own_minute_is_over(
    tool: Tool, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openid_provider, "CODE_SECONDS", 1)
    address = tool.asked(signed_in)
    tokens = sent(tool, address).json()
    monkeypatch.setattr(openid_provider.cache, "get", lambda *_a, **_k: None)
    assert sent(tool, address).status_code == 400
    monkeypatch.undo()
    with firm_set(tool.firm.id), transaction.atomic():
        assert not Token.objects.exists()
    assert "access_token" in tokens


def test_of_two_that_come_at_once_neither_has_a_token_that_is_good(
    tool: Tool, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = tool.asked(signed_in)
    give = provider.token

    def give_when_the_other_waits(request: Any) -> Any:
        answer = give(request)
        deadline = time.monotonic() + 50
        while time.monotonic() < deadline and not _somebody_waits():
            time.sleep(0.02)
        return answer

    monkeypatch.setattr(provider, "token", give_when_the_other_waits)
    # from two places: those from one wait for each other where requests are counted already
    monkeypatch.setattr(openid_provider, "consume", lambda *_a, **_k: object())
    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(lambda _n: sent(tool, address), range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 400]
    won = next(answer.json() for answer in answers if answer.status_code == 200)
    assert tool.userinfo(won).status_code == 401


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("select exists (select from pg_locks where locktype='advisory' "
                       "and not granted)")  # fmt: skip
        return bool(cursor.fetchone()[0])
