"""The administrator's page of single sign-on, the operator's command, and where we may ask."""

from __future__ import annotations

import dataclasses
import socket
from contextlib import nullcontext
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from klientbro.audit.models import Entry
from klientbro.cli.main import main as klientbro
from klientbro.identity.single_sign_on import fetching
from klientbro.identity.single_sign_on.addresses import domain_of, split_email
from klientbro.identity.single_sign_on.domains import approve, claim, firm_of, withdraw
from klientbro.identity.single_sign_on.errors import SignOnRefusedError
from klientbro.identity.single_sign_on.models import SignOnDomain, SignOnLink, SignOnProvider
from klientbro.identity.tests.forging import CLIENT_ID, CLIENT_SECRET, Provider
from klientbro.identity.tests.sign_on_support import set_up, signed_in_by
from klientbro.identity.tests.support import other_firm
from klientbro.lib.errors import ConfigurationError
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, User
from klientbro.tenants.services import firm_envelopes

pytestmark = pytest.mark.django_db
PAGE = "/brukere/enkel/"


def kept(firm: Firm) -> SignOnProvider:
    with firm_set(firm.id), transaction.atomic():
        return SignOnProvider.objects.get()


def typed(issuer: str, **more: str) -> dict[str, str]:
    return {
        "issuer": issuer,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "new_role": "reader",
        "factor": "told",
    } | more


def text(answer: Any) -> str:
    content: str = answer.content.decode()
    return content


def test_administrator_sets_it_up_from_nothing(
    signed_in: Any, firm_account: Firm, forger: Provider, user: User
) -> None:
    assert signed_in.get(PAGE).status_code == 200
    signed_in.post(PAGE + "domener/", {"domain": "@Furulund.example"})
    signed_in.post(PAGE + "lagre/", typed(forger.issuer))
    shown = text(signed_in.get(PAGE))
    assert f"/konto/enkel/{firm_account.id}/tilbake/" in shown
    assert CLIENT_SECRET not in shown
    assert "Venter på godkjenning" in shown

    assert "Test forbindelsen" in text(signed_in.post(PAGE + "bruk/", {"use": "on"}))
    forger.answers.tokens = {"error": "invalid_grant"}
    assert signed_in.post(PAGE + "test/").status_code == 302
    assert "Legg til et domene" in text(signed_in.post(PAGE + "bruk/", {"use": "on"}))
    with transaction.atomic():
        approve("furulund.example", None)
    assert signed_in.post(PAGE + "bruk/", {"use": "on"}).status_code == 302
    refused = signed_in.post(PAGE + "bruk/", {"use": "only"})
    assert refused.status_code == 422  # nobody has come in this way yet
    forger.answers.tokens = {}
    assert signed_in_by(forger, firm_account).answer.status_code == 302
    assert signed_in.post(PAGE + "bruk/", {"use": "only"}).status_code == 302

    assert kept(firm_account).is_only


def test_secret_is_sealed_under_the_firms_key(
    signed_in: Any, firm_account: Firm, private_allowed: None
) -> None:
    signed_in.post(PAGE + "lagre/", typed("https://login.example/t"))
    row = kept(firm_account)
    assert CLIENT_SECRET.encode() not in bytes(row.client_secret_sealed)
    with firm_set(firm_account.id), transaction.atomic():
        envelopes = firm_envelopes()
    assert envelopes.open("sign_on_secret", bytes(row.client_secret_sealed)) == CLIENT_SECRET
    signed_in.post(PAGE + "lagre/", typed("https://login.example/t", client_secret=""))
    again = kept(firm_account)
    assert bytes(again.client_secret_sealed) == bytes(row.client_secret_sealed)
    assert again.configuration == row.configuration


@pytest.mark.parametrize(
    "changes",
    [{"issuer": "https://other.example"}, {"client_id": "another"}, {"client_secret": "another"}],
)
def test_another_provider_must_be_tested_anew(
    signed_in: Any, firm_account: Firm, forger: Provider, changes: dict[str, str]
) -> None:
    before = set_up(firm_account, forger.issuer)
    signed_in_by(forger, firm_account)
    form = typed(forger.issuer, client_secret="") | changes

    signed_in.post(PAGE + "lagre/", form)

    row = kept(firm_account)
    assert (row.is_enabled, row.tested_at) == (False, None)
    assert row.configuration != before.configuration
    with firm_set(firm_account.id), transaction.atomic():
        assert SignOnLink.objects.exists() is ("issuer" not in changes)


TESTED = [
    ("a wrong secret", lambda a: a.tokens.update(error="invalid_client"), "Klient-id"),
    ("another issuer", lambda a: a.metadata.update(issuer="https://x.example"), "x.example"),
    ("a template for tenants", lambda a: a.metadata.update(issuer="https://x/{tenantid}"), "{ten"),
    ("no keys", lambda a: a.keys.clear(), "nøkkel"),
    ("an endpoint in the clear", lambda a: a.metadata.update(token_endpoint="http://x.example/"),
     "token_endpoint"),
    ("a key address that is a file", lambda a: a.metadata.update(jwks_uri="file:///etc/passwd"),
     "jwks_uri"),
    ("no PKCE", lambda a: a.metadata.update(code_challenge_methods_supported=["plain"]),
     "code_challenge"),
    ("HMAC only", lambda a: a.metadata.update(id_token_signing_alg_values_supported=["HS256"]),
     "id_token_signing"),
    ("private keys only", lambda a: a.metadata.update(
        token_endpoint_auth_methods_supported=["private_key_jwt"]), "token_endpoint_auth"),
    ("an answer too large", lambda a: setattr(a, "padding", 300_000), "too large"),
    ("a redirect", lambda a: setattr(a, "redirects", "http://127.0.0.1:1/"), "302"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "breaks", "said"), TESTED, ids=[name for name, _breaks, _said in TESTED]
)
def test_test_tells_what_is_wrong(
    signed_in: Any, firm_account: Firm, forger: Provider, name: str, breaks: Any, said: str
) -> None:
    set_up(firm_account, forger.issuer)
    with firm_set(firm_account.id), transaction.atomic():
        SignOnProvider.objects.update(tested_at=None)
    breaks(forger.answers)

    answer = signed_in.post(PAGE + "test/")

    assert answer.status_code == 422
    assert said in text(answer)
    assert kept(firm_account).tested_at is None


def test_secret_goes_as_the_provider_takes_it(
    signed_in: Any, firm_account: Firm, forger: Provider
) -> None:
    set_up(firm_account, forger.issuer)
    forger.answers.tokens = {"error": "invalid_grant"}
    signed_in.post(PAGE + "test/")
    # RFC 6749 2.3.1: both are encoded before they are joined
    assert forger.answers.authorizations[-1].startswith("Basic ")
    assert "client_secret" not in forger.answers.forms[-1]
    forger.answers.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    signed_in.post(PAGE + "test/")
    assert forger.answers.forms[-1]["client_secret"] == [CLIENT_SECRET]
    assert forger.answers.authorizations[-1] == ""


@pytest.mark.parametrize(
    "issuer",
    [
        "",
        "http://login.example",
        "https://login.example?x=1",
        "https://login.example#x",
        "https://user:pass@login.example",
        "https://login.example\\@evil.example",
        "https://løgin.example",
        "javascript:alert(1)",
        "https://login.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/organizations/v2.0",
        "https://[::1",
    ],
)
def test_issuer_that_cannot_be_used_is_refused(
    signed_in: Any, firm_account: Firm, private_allowed: None, issuer: str
) -> None:
    answer = signed_in.post(PAGE + "lagre/", typed(issuer))
    assert answer.status_code == 422
    assert 'id="issuer-error"' in text(answer)


# where we may ask


INSIDE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fd00::1", "::ffff:10.0.0.1",  # noqa: S104
    "2002:a00:1::", "64:ff9b::a00:1", "::", "::a00:1", "::ffff:0:a00:1", "64:ff9b:1::a00:1",
    "fec0::1",
]  # fmt: skip


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """One host that the operator lets firms use, and nothing inside."""
    known = dataclasses.replace(settings.ENVIRONMENT, sign_on_hosts=("login.example",))
    monkeypatch.setattr(settings, "ENVIRONMENT", known)


LISTED = "https://login.example/.well-known/openid-configuration"


@pytest.mark.parametrize("address", INSIDE)
def test_address_inside_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, listed: None, address: str
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: found)
    with pytest.raises(SignOnRefusedError, match="private address"):
        fetching.ask(LISTED)


def test_name_with_one_address_inside_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, listed: None
) -> None:
    both = [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: both)
    with pytest.raises(SignOnRefusedError, match="private address"):
        fetching.ask(LISTED)


@pytest.mark.parametrize(
    "url",
    ["https://login.example.evil.example/", "https://xlogin.example/", "https://10.0.0.1/"],
)
def test_host_that_the_operator_has_not_listed_is_not_even_looked_up(
    monkeypatch: pytest.MonkeyPatch, listed: None, url: str
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **_k: asked.append(a) or [])
    with pytest.raises(SignOnRefusedError, match="not on the list"):
        fetching.ask(url)
    assert asked == []


def test_administrator_is_told_that_the_operator_must_list_the_service(
    signed_in: Any, firm_account: Firm, listed: None
) -> None:
    signed_in.post(PAGE + "lagre/", typed("https://login.other.example"))
    answer = text(signed_in.post(PAGE + "test/"))
    assert "login.other.example" in answer
    assert "KLIENTBRO_SIGN_ON_HOSTS" in answer


def test_connection_goes_to_the_address_that_was_checked(
    forger: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    genuine = socket.getaddrinfo

    def once(host: str, *arguments: Any, **more: Any) -> Any:
        asked.append(host)
        return genuine("127.0.0.1" if host == "localhost" else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", once)
    port = forger.issuer.rpartition(":")[2]
    status, _found = fetching.ask(f"http://localhost:{port}/.well-known/openid-configuration")
    assert status == 200
    assert asked.count("localhost") == 1


def test_loopback_is_not_asked_unless_the_operator_lets_it(
    signed_in: Any, firm_account: Firm, one_forger: Provider
) -> None:
    one_forger.fresh()
    assert not settings.ENVIRONMENT.sign_on_private
    assert signed_in.post(PAGE + "lagre/", typed(one_forger.issuer)).status_code == 422
    secure = one_forger.issuer.replace("http:", "https:")
    signed_in.post(PAGE + "lagre/", typed(secure))
    answer = signed_in.post(PAGE + "test/")
    assert "KLIENTBRO_SIGN_ON_HOSTS" in text(answer)
    assert one_forger.answers.asked == []


# domains


@pytest.mark.parametrize(
    ("typed_text", "domain"),
    [
        ("Furulund.NO", "furulund.no"),
        ("bøe.no", "xn--be-lka.no"),
        ("furulund", None),
        ("furulund..no", None),
        ("-furulund.no", None),
        ("furu lund.no", None),
        ("10.0.0.1", None),
        ("\u212aonto.no", None),
        ("furulund\u3002no", None),
        ("", None),
    ],
)
def test_domain_is_compared_in_one_form(typed_text: str, domain: str | None) -> None:
    assert domain_of(typed_text) == domain


def test_address_is_compared_in_one_form() -> None:
    assert split_email("Kari@BØE.no".replace("Ø", "ø")) == ("kari@xn--be-lka.no", "xn--be-lka.no")
    assert split_email("kari@furulund.no ") is None
    assert split_email("kari") is None
    assert split_email(None) is None


@pytest.mark.parametrize("domain", ["gmail.com", "ikke et domene", ""])
def test_domain_that_can_be_no_firms_is_refused(signed_in: Any, domain: str) -> None:
    answer = signed_in.post(PAGE + "domener/", {"domain": domain})
    assert answer.status_code == 422
    assert "Domene:" in text(answer)


def test_two_firms_never_have_the_same_domain(firm_account: Firm) -> None:
    second = other_firm()
    for firm in (firm_account, second):
        with firm_set(firm.id), transaction.atomic():
            claim("furulund.example")
    with pytest.raises(ConfigurationError, match="Several firms"):
        approve("furulund.example", None)
    approve("furulund.example", firm_account.name)
    with pytest.raises(ConfigurationError, match="approved for another firm"):
        approve("furulund.example", second.name)
    assert firm_of("furulund.example") == firm_account.id
    with (
        firm_set(second.id),
        pytest.raises(IntegrityError),
        transaction.atomic(),
    ):
        SignOnDomain.objects.update(approved_at=timezone.now())

    withdraw("furulund.example", firm_account.name)
    assert firm_of("furulund.example") is None
    approve("furulund.example", second.name)
    assert firm_of("furulund.example") == second.id


def test_nothing_but_the_typed_domain_is_seen_before_sign_in(firm_account: Firm) -> None:
    set_up_domain(firm_account)
    with transaction.atomic():
        assert not SignOnDomain.objects.exists()
        assert not SignOnProvider.objects.exists()


def set_up_domain(firm: Firm) -> None:
    with firm_set(firm.id), transaction.atomic():
        claim("furulund.example")
    approve("furulund.example", None)


def test_last_domain_given_up_turns_it_off(
    firm_account: Firm, user: User, forger: Provider
) -> None:
    set_up(firm_account, forger.issuer, is_only=True)
    browser = signed_in_by(forger, firm_account)
    with firm_set(firm_account.id), transaction.atomic():
        domain_id = SignOnDomain.objects.get().public_id
    assert browser.post(f"{PAGE}domener/{domain_id}/fjern/").status_code == 302
    row = kept(firm_account)
    assert not row.is_enabled
    assert not row.is_only


def test_account_at_the_provider_is_released(
    signed_in: Any, firm_account: Firm, forger: Provider
) -> None:
    set_up(firm_account, forger.issuer)
    signed_in_by(forger, firm_account)
    assert signed_in_by(forger, firm_account, sub="new-account").answer.status_code == 403
    with firm_set(firm_account.id), transaction.atomic():
        link_id = SignOnLink.objects.get().pk
    assert signed_in.post(f"{PAGE}personer/{link_id}/slipp/").status_code == 302
    assert signed_in_by(forger, firm_account, sub="new-account").answer.status_code == 302


def test_removed_provider_lets_nobody_in(
    signed_in: Any, firm_account: Firm, forger: Provider
) -> None:
    set_up(firm_account, forger.issuer)
    browser = signed_in_by(forger, firm_account)
    assert signed_in.post(PAGE + "fjern/").status_code == 302
    assert browser.get("/integrasjoner/").status_code == 403
    assert signed_in.get(f"/konto/enkel/{firm_account.id}/").status_code == 404


def test_operator_lists_approves_and_withdraws(
    firm_account: Firm, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("klientbro.cli.sign_on.open_house", nullcontext)
    with firm_set(firm_account.id), transaction.atomic():
        proof = claim("furulund.example").proof

    assert klientbro(["sign-on", "list"]) == 0
    assert f"_klientbro.furulund.example TXT {proof}" in capsys.readouterr().out
    assert klientbro(["sign-on", "approve", "furulund.example"]) == 0
    assert klientbro(["sign-on", "list"]) == 0
    assert "approved 2" in capsys.readouterr().out
    assert klientbro(["sign-on", "withdraw", "furulund.example"]) == 0
    assert klientbro(["sign-on", "approve", "granli.example"]) == 2
    assert "No firm claims granli.example" in capsys.readouterr().err

    with firm_set(firm_account.id), transaction.atomic():
        noted = Entry.objects.filter(kind="identity_signondomain", way="command")
        assert [entry.action for entry in noted.order_by("number")] == [
            "domain_approved",
            "domain_withdrawn",
        ]
