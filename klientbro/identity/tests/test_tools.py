"""Klientbro as OpenID provider, asked by Authlib, a relying party of other make, over HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from allauth.idp.oidc.models import Client, Token
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from django.conf import settings
from django.db import transaction
from django.test import Client as DjangoBrowser
from django.utils import timezone
from joserfc import jwt
from joserfc.jwk import KeySet

from klientbro.audit.models import Entry
from klientbro.identity.openid_provider.tools import Registered, register
from klientbro.identity.tests.support import browser_of, other_firm, person
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.services import add_user

pytestmark = pytest.mark.django_db(transaction=True)
BACK = "https://tool.example/back?of=klientbro"
VERIFIER = "a-verifier-of-the-test-that-is-long-enough-for-it"


@dataclasses.dataclass
class Tool:
    """A tool of the firm, as Authlib knows it."""

    firm: Firm
    registered: Registered
    metadata: Mapping[str, Any]
    client: OAuth2Client

    def question(self, **changes: str) -> str:
        """The path that the tool sends the browser to."""
        address, _state = self.client.create_authorization_url(
            self.metadata["authorization_endpoint"], code_verifier=VERIFIER, nonce="a-nonce"
        )
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changes
        kept = {name: value for name, value in query.items() if value}
        return str(httpx.URL(parts.path, params=kept))

    def agreed(self, browser: Any, **changes: str) -> Any:
        """The answer once the person has agreed to all that the page names, if it asks."""
        path = self.question(**changes)
        answer = browser.get(path)
        if answer.status_code == 200 and "told" in answer.context:
            scopes = [one.scope for one in answer.context["told"]]
            answer = browser.post(path, {"answer": "yes", "scope": scopes})
            assert answer.status_code == 302, answer.content
            answer = browser.get(answer["location"])
        return answer

    def asked(self, browser: Any) -> str:
        """Where the browser is sent back to."""
        answer = self.agreed(browser)
        assert answer.status_code == 302, answer.content
        assert answer["location"].startswith(BACK)
        return str(answer["location"])

    def tokens(self, address: str, verifier: str = VERIFIER) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.client.fetch_token(
            self.metadata["token_endpoint"],
            authorization_response=address,
            code_verifier=verifier,
        )
        return found

    def userinfo(self, tokens: Mapping[str, Any]) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        return httpx.get(self.metadata["userinfo_endpoint"], headers=bearer, timeout=60)

    def claims(self, tokens: Mapping[str, Any], nonce: str = "a-nonce") -> Mapping[str, Any]:
        """The ID token, checked as Authlib checks one."""
        keys = httpx.get(self.metadata["jwks_uri"], timeout=60).json()
        decoded = jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), ["RS256"])
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {
                "iss": {"essential": True, "value": self.metadata["issuer"]},
                "aud": {"essential": True, "value": self.registered.tool_id},
            },
            {"nonce": nonce, "client_id": self.registered.tool_id, "access_token": None},
        )
        claims.validate()
        return dict(claims)


@pytest.fixture
def here(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    known = dataclasses.replace(settings.ENVIRONMENT, public_url=live_server.url)
    monkeypatch.setattr(settings, "ENVIRONMENT", known)
    url: str = live_server.url
    return url


def tool_of(firm: Firm, here: str) -> Tool:
    with firm_set(firm.id), transaction.atomic():
        registered = register("Timeføring", BACK)
    metadata = httpx.get(
        f"{here}/oidc/{firm.id}/.well-known/openid-configuration", timeout=60
    ).json()
    client = OAuth2Client(
        registered.tool_id,
        registered.secret,
        redirect_uri=BACK,
        scope="openid email profile",
        code_challenge_method="S256",
        timeout=60,
    )
    return Tool(firm, registered, metadata, client)


@pytest.fixture
def tool(firm_account: Firm, here: str) -> Iterator[Tool]:
    made = tool_of(firm_account, here)
    yield made
    made.client.close()


def test_tool_learns_who_it_is_of_which_firm_and_in_which_role(
    tool: Tool, firm_account: Firm, user: User, signed_in: Any, here: str
) -> None:
    assert tool.metadata["issuer"] == f"{here}/oidc/{firm_account.id}"
    tokens = tool.tokens(tool.asked(signed_in))
    claims = tool.claims(tokens)

    with firm_set(firm_account.id), transaction.atomic():
        member = Membership.objects.get(user=user)
    assert claims["sub"] == str(member.public_id)
    assert claims["firm"] == str(firm_account.id)
    assert (claims["firm_name"], claims["role"]) == ("Furulund Regnskap AS", "administrator")
    assert (claims["email"], claims["name"]) == (user.email, "Kari Nordahl")
    told = tool.userinfo(tokens).json()
    assert told["sub"] == claims["sub"]
    assert told["role"] == "administrator"
    assert "refresh_token" not in tokens
    with firm_set(firm_account.id), transaction.atomic():
        assert [one.type for one in Token.objects.all()] == [Token.Type.ACCESS_TOKEN]
    with pytest.raises(Exception, match="nonce"):
        tool.claims(tokens, nonce="another")


def test_code_is_good_once_and_with_its_verifier_only(tool: Tool, signed_in: Any) -> None:
    address = tool.asked(signed_in)
    with pytest.raises(Exception, match="invalid_grant"):
        tool.tokens(address, verifier="another-verifier-that-is-long-enough-to-be-one")
    address = tool.asked(signed_in)
    assert tool.tokens(address)["access_token"]
    with pytest.raises(Exception, match="invalid_grant"):
        tool.tokens(address)


REFUSED = {
    "no PKCE": {"code_challenge": "", "code_challenge_method": ""},
    "a plain challenge": {"code_challenge_method": "plain"},
    "a challenge too short": {"code_challenge": "short"},
    "a token instead of a code": {"response_type": "token"},
    "code and token": {"response_type": "code id_token"},
    "another address": {"redirect_uri": "https://evil.example/back"},
    "the address and more": {"redirect_uri": BACK + "&more=1"},
    "the address without its query": {"redirect_uri": "https://tool.example/back"},
    "no address": {"redirect_uri": ""},
    "an unknown tool": {"client_id": "nobody"},
    "a scope it does not have": {"scope": "openid everything"},
}


@pytest.mark.parametrize("changes", REFUSED.values(), ids=list(REFUSED))
def test_question_that_is_not_as_registered_is_refused_here(
    tool: Tool, signed_in: Any, changes: dict[str, str]
) -> None:
    answer = signed_in.get(tool.question(**changes))
    assert answer.status_code == 400
    assert "Location" not in answer


def test_wrong_secret_gets_nothing(tool: Tool, signed_in: Any) -> None:
    address = tool.asked(signed_in)
    tool.client.client_secret = "another"
    with pytest.raises(Exception, match="invalid_client"):
        tool.tokens(address)
    with firm_set(tool.firm.id), transaction.atomic():
        assert not Token.objects.exists()


def test_ended_session_takes_its_tokens_along(tool: Tool, user: User, signed_in: Any) -> None:
    other = browser_of(user)
    mine, theirs = tool.tokens(tool.asked(signed_in)), tool.tokens(tool.asked(other))
    waiting = tool.asked(signed_in)
    signed_in.post("/konto/logg-ut/")

    refused = tool.userinfo(mine)

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert tool.userinfo(theirs).status_code == 200
    with pytest.raises(Exception, match="invalid_grant"):
        tool.tokens(waiting)


def test_person_switched_off_or_closed_out_is_out_of_the_tools_too(
    tool: Tool, user: User, signed_in: Any
) -> None:
    tokens = tool.tokens(tool.asked(signed_in))
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert tool.userinfo(tokens).status_code == 401
    User.objects.filter(pk=user.pk).update(is_active=True)
    waiting = tool.asked(signed_in)
    with firm_set(tool.firm.id), transaction.atomic():
        Membership.objects.filter(user=user).update(disabled_at=timezone.now())
    assert tool.userinfo(tokens).status_code == 401
    with pytest.raises(Exception, match="invalid_grant"):
        tool.tokens(waiting)


def test_stranger_signs_in_first_and_then_goes_on(tool: Tool) -> None:
    answer = DjangoBrowser().get(tool.question())
    assert answer.status_code == 302
    assert answer["location"].startswith("/konto/logg-inn/?next=/oidc/")


def test_tool_of_one_firm_is_nothing_to_another(
    tool: Tool, user: User, signed_in: Any, here: str
) -> None:
    second = other_firm()
    theirs = tool_of(second, here)
    assert signed_in.get(theirs.question()).status_code == 404  # no member there
    add_user(second.id, user.email)
    mixed = theirs.question(client_id=tool.registered.tool_id)
    assert signed_in.get(mixed).status_code == 400
    tokens = tool.tokens(tool.asked(signed_in))
    theirs_tokens = theirs.tokens(theirs.asked(signed_in))
    assert theirs.claims(theirs_tokens)["firm"] == str(second.id)
    assert theirs.claims(theirs_tokens)["sub"] != tool.claims(tokens)["sub"]
    assert theirs.userinfo(tokens).status_code == 401
    with pytest.raises(Exception, match=r"No key|signature"):
        theirs.claims(tokens)  # signed with the other firm's key
    theirs.client.close()


def test_firm_without_tools_is_no_issuer(here: str, firm_account: Firm) -> None:
    base = f"{here}/oidc/{firm_account.id}"
    assert httpx.get(f"{base}/.well-known/openid-configuration", timeout=60).status_code == 404
    assert httpx.get(f"{base}/keys", timeout=60).status_code == 404


def test_tool_gives_a_token_back(tool: Tool, signed_in: Any) -> None:
    tokens = tool.tokens(tool.asked(signed_in))
    tool.client.revoke_token(tool.metadata["revocation_endpoint"], tokens["access_token"])
    assert tool.userinfo(tokens).status_code == 401


def test_second_factor_of_the_firm_holds_for_its_tools(tool: Tool, signed_in: Any) -> None:
    with firm_set(tool.firm.id), transaction.atomic():
        Firm.objects.filter(pk=tool.firm.pk).update(requires_second_factor=True)
    assert signed_in.get(tool.question())["location"] == "/konto/totrinn/"


def test_administrator_registers_a_tool_and_sees_its_secret_once(
    signed_in: Any, firm_account: Firm
) -> None:
    page = "/brukere/verktoy/"
    answer = signed_in.post(page + "ny/", {"name": "Timeføring", "addresses": BACK})
    secret = answer.context["made"].secret
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert secret not in signed_in.get(page).content.decode()
    with firm_set(firm_account.id), transaction.atomic():
        row = Client.objects.get()
        assert row.secret.startswith("argon2")
        entry = Entry.objects.get(action="tool_registered")
        assert secret not in str(entry.after)

    again = signed_in.post(f"{page}{row.pk}/hemmelighet/").context["made"].secret
    assert again != secret
    assert signed_in.post(f"{page}{row.pk}/fjern/").status_code == 302
    assert signed_in.post(f"{page}{row.pk}/fjern/").status_code == 404


@pytest.mark.parametrize(
    "addresses",
    [
        "",
        "http://tool.example/",
        "https://*.tool.example/",
        "https://tool.example/#part",
        "javascript:alert(1)",
        "https://user@tool.example/",
    ],
)
def test_address_that_cannot_be_trusted_is_not_registered(signed_in: Any, addresses: str) -> None:
    answer = signed_in.post("/brukere/verktoy/ny/", {"name": "x", "addresses": addresses})
    assert answer.status_code == 422


def test_member_who_is_no_administrator_registers_nothing(firm_account: Firm, user: User) -> None:
    ola = person(firm_account, "ola@furulund.example")
    with firm_set(firm_account.id), transaction.atomic():
        Membership.objects.filter(user=ola).update(role="reader")
    answer = browser_of(ola).post("/brukere/verktoy/ny/", {"name": "x", "addresses": BACK})
    assert answer.status_code == 403
