"""Forged, stale and stray answers of a provider, through the real way back: none lets in."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import time
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from django.db import transaction
from django.test import Client as DjangoBrowser
from joserfc.jwk import RSAKey

from klientbro.audit.models import Entry
from klientbro.identity.models import Session
from klientbro.identity.single_sign_on.models import SignOnLink
from klientbro.identity.tests.forging import ACCESS_TOKEN, Provider, left_half
from klientbro.identity.tests.sign_on_support import (
    begun,
    change,
    come_back,
    set_up,
    signed_in_by,
)
from klientbro.identity.tests.support import other_firm
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, User

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:Key size should be"),  # the library warns, we refuse
]
Claims = dict[str, Any]
Forge = Callable[[Provider, Claims], str]


@dataclasses.dataclass(frozen=True)
class Case:
    """One forgery: how its token is made, and the reason it is refused for."""

    name: str
    reason: str
    forge: Forge


def claimed(**changes: Any) -> Forge:
    """Well signed, but with other claims; None takes one away."""

    def forge(provider: Provider, claims: Claims) -> str:
        changed = claims | {
            name: value(provider) if callable(value) else value for name, value in changes.items()
        }
        return provider.sign({name: value for name, value in changed.items() if value is not None})

    return forge


def headed(key: Callable[[Provider], Any] | None = None, **header: Any) -> Forge:
    """Honest claims under another header, or signed with another key."""

    def forge(provider: Provider, claims: Claims) -> str:
        written = {n: value(provider) if callable(value) else value for n, value in header.items()}
        return provider.sign(claims, written, key(provider) if key else None)

    return forge


def altered(provider: Provider, claims: Claims) -> str:
    head, _body, signature = provider.sign(claims).split(".")
    body = json.dumps(claims | {"sub": "somebody-else"}).encode()
    return f"{head}.{base64.urlsafe_b64encode(body).rstrip(b'=').decode()}.{signature}"


def own_key(provider: Provider) -> Mapping[str, Any]:
    return provider.stranger.as_dict(private=False)


def now(plus: int) -> Callable[[Provider], int]:
    return lambda _provider: int(time.time()) + plus


CASES = [
    Case("no signature, alg none", "algorithm", headed(alg="none")),
    Case("alg None in other letters", "algorithm", lambda p, c: p.sign(c, {"alg": "none"}).replace(
        base64.urlsafe_b64encode(b'{"alg": "none"')[:18].decode(),
        base64.urlsafe_b64encode(b'{"alg": "nOnE"')[:18].decode(), 1)),
    Case("HMAC with the public key", "algorithm", lambda p, c: p.signed_with_public_key(c)),
    Case("an algorithm that is not the key's", "key_unknown", headed(
        key=lambda p: p.rsa, alg="RS256", kid="ec-1")),
    Case("a stranger's key under a known key id", "signature", headed(key=lambda p: p.stranger)),
    Case("an unknown key id", "key_unknown", headed(kid="nobody's")),
    Case("no key id while several keys fit", "key_unknown", lambda p, c: _with_two_keys(p, c)),
    Case("a key that is for encryption", "key_unknown", lambda p, c: _with_use(p, c, "enc")),
    Case("a key of 1024 bits", "key_weak", lambda p, c: _with_weak_key(p, c)),
    Case("a key in the header (jwk)", "header", headed(key=lambda p: p.stranger, jwk=own_key)),
    Case("an address of keys in the header (jku)", "header", headed(jku="https://evil.example/k")),
    Case("a certificate's address in the header (x5u)", "header", headed(x5u="https://evil.ex/c")),
    Case("a critical extension (crit)", "header", headed(crit=["exp"], exp=1)),
    Case("an access token's type (at+jwt)", "token_type", headed(typ="at+jwt")),
    Case("an encrypted token", "token_encrypted", lambda p, c: p.encrypted(c)),
    Case("an altered payload", "signature", altered),
    Case("a signature cut off", "signature", lambda p, c: p.sign(c).rpartition(".")[0] + "."),
    Case("two parts only", "token_form", lambda p, c: p.sign(c).rpartition(".")[0]),
    Case("no token at all", "token_missing", lambda p, c: ""),
    Case("a token too large", "token_too_large", claimed(padding="x" * 20_000)),
    Case("another issuer", "issuer", claimed(iss="https://evil.example")),
    Case("the issuer with a slash more", "issuer", claimed(iss=lambda p: p.issuer + "/")),
    Case("another tenant's issuer", "issuer", claimed(iss=lambda p: p.issuer + "/tenant-2/v2.0")),
    Case("no issuer", "issuer", claimed(iss=None)),
    Case("another audience", "audience", claimed(aud="another-client")),
    Case("no audience", "audience", claimed(aud=None)),
    Case("several audiences without azp", "authorized_party", claimed(
        aud=["klientbro-test", "another-client"])),
    Case("several audiences, azp another", "authorized_party", claimed(
        aud=["klientbro-test", "another-client"], azp="another-client")),
    Case("azp of another client", "authorized_party", claimed(azp="another-client")),
    Case("expired", "expired", claimed(exp=now(-120))),
    Case("no expiry", "times", claimed(exp=None)),
    Case("expiry that is a text", "times", claimed(exp="2999999999")),
    Case("not yet valid", "not_yet", claimed(nbf=now(600))),
    Case("issued far in the future", "issued_later", claimed(iat=now(3600), exp=now(7200))),
    Case("issued long ago, good for years", "issued_long_ago", claimed(iat=now(-86_400))),
    Case("no time of issue", "times", claimed(iat=None)),
    Case("no nonce", "nonce", claimed(nonce=None)),
    Case("another nonce", "nonce", claimed(nonce="another")),
    Case("nonce in a list", "nonce", lambda p, c: p.sign(c | {"nonce": [c["nonce"]]})),
    Case("at_hash of another access token", "at_hash", claimed(at_hash=left_half("another"))),
    Case("no subject", "subject", claimed(sub=None)),
    Case("an empty subject", "subject", claimed(sub="")),
    Case("a subject that is a number", "subject", claimed(sub=17)),
    Case("a subject of 300 letters", "subject", claimed(sub="s" * 300)),
    Case("an address not verified", "email_unverified", claimed(email_verified=False)),
    Case("nothing said of the address", "email_unverified", claimed(email_verified=None)),
    Case("no address", "userinfo", claimed(email=None)),
    Case("a foreign domain", "foreign_domain", claimed(email="kari.nordahl@evil.example")),
    Case("a subdomain", "foreign_domain", claimed(email="kari@post.furulund.example")),
    Case("the domain as a subdomain", "foreign_domain", claimed(
        email="kari@furulund.example.evil.no")),
    Case("a domain with more before it", "foreign_domain", claimed(
        email="kari@ikkefurulund.example")),
    Case("a look-alike letter (Cyrillic)", "foreign_domain", claimed(
        email="kari.nordahl@furulund.ex\u0430mple")),
    Case("a letter that small letters would fold (Kelvin)", "foreign_domain", claimed(
        email="\u212aari.nordahl@furulund.example")),
    Case("two @", "foreign_domain", claimed(email="kari@furulund.example@evil.example")),
    Case("an address with a line break", "foreign_domain", claimed(
        email="kari.nordahl@furulund.example\n")),
    Case("a list of addresses", "foreign_domain", claimed(email=["kari@furulund.example"])),
]  # fmt: skip


def _with_two_keys(provider: Provider, claims: Claims) -> str:
    other = {**provider.next.as_dict(private=False), "kid": "ec-9"}
    provider.answers.keys = [provider.ec.as_dict(private=False), other]
    return provider.sign(claims, {"kid": None})


def _with_use(provider: Provider, claims: Claims, use: str) -> str:
    provider.answers.keys = [{**provider.ec.as_dict(private=False), "use": use}]
    return provider.sign(claims)


def _with_weak_key(provider: Provider, claims: Claims) -> str:
    key = generate_private_key(65537, 1024)  # noqa: S505 that is what must be refused
    weak = RSAKey.import_key(key, {"kid": "rsa-9", "use": "sig"})
    provider.answers.keys = [weak.as_dict(private=False)]
    return provider.sign(claims, {"alg": "RS256", "kid": "rsa-9"}, weak)


@pytest.fixture
def ready(firm_account: Firm, user: User, forger: Provider) -> Firm:
    set_up(firm_account, forger.issuer)
    return firm_account


def is_outside(browser: Any) -> bool:
    answer = browser.get("/konto/okter/")
    return answer.status_code == 302 and "/konto/logg-inn/" in answer["location"]


def refusals(firm: Firm) -> list[str]:
    with firm_set(firm.id), transaction.atomic():
        found = Entry.objects.filter(action="sign_on_refused").order_by("number")
        return [entry.after["reason"] for entry in found]


def test_the_same_token_unforged_lets_in(ready: Firm, forger: Provider, user: User) -> None:
    browser = signed_in_by(forger, ready, at_hash=left_half(ACCESS_TOKEN), nbf=int(time.time()))

    assert browser.answer.status_code == 302, browser.answer.content
    assert not is_outside(browser)
    with firm_set(ready.id), transaction.atomic():
        assert SignOnLink.objects.get().user == user


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_forged_token_is_refused(ready: Firm, forger: Provider, case: Case) -> None:
    browser = DjangoBrowser()
    asked = begun(browser, ready)
    forger.answers.token = case.forge(forger, forger.honest(asked["nonce"]))

    answer = come_back(browser, ready, asked["state"])

    assert answer.status_code == 403, answer
    assert case.reason in answer.content.decode()
    assert is_outside(browser)
    assert refusals(ready) == [case.reason]
    assert not Session.objects.filter(user__isnull=False).exists()
    with firm_set(ready.id), transaction.atomic():
        assert not SignOnLink.objects.exists()


STRAY = [
    ("no code", {"code": ""}, "code"),
    ("a code too long", {"code": "c" * 3_000}, "code"),
    ("two codes", {"code": ["one", "two"]}, "code"),
    ("an error of the provider", {"code": "", "error": "server_error"}, "code"),
    ("stopped by the person", {"code": "", "error": "access_denied"}, "cancelled"),
    ("the answer of another issuer (RFC 9207)", {"iss": "https://evil.example"}, "answer_issuer"),
    ("an empty issuer of the answer", {"iss": ""}, "answer_issuer"),
]


@pytest.mark.parametrize(("name", "query", "reason"), STRAY, ids=[one[0] for one in STRAY])
def test_stray_answer_is_refused(
    ready: Firm, forger: Provider, name: str, query: dict[str, Any], reason: str
) -> None:
    browser = DjangoBrowser()
    asked = begun(browser, ready)
    forger.answers.token = forger.sign(forger.honest(asked["nonce"]))

    answer = come_back(browser, ready, asked["state"], **query)

    assert answer.status_code == 403
    assert reason in answer.content.decode()
    assert is_outside(browser)
    assert "/token" not in forger.answers.asked  # nothing was asked with it


def test_answer_without_issuer_is_refused_where_the_provider_names_itself(
    ready: Firm, forger: Provider
) -> None:
    forger.answers.metadata = {"authorization_response_iss_parameter_supported": True}
    browser = DjangoBrowser()
    asked = begun(browser, ready)
    forger.answers.token = forger.sign(forger.honest(asked["nonce"]))
    assert "answer_issuer" in come_back(browser, ready, asked["state"]).content.decode()
    again = begun(browser, ready)
    forger.answers.token = forger.sign(forger.honest(again["nonce"]))
    assert come_back(browser, ready, again["state"], iss=forger.issuer).status_code == 302


def test_state_is_good_once(ready: Firm, forger: Provider) -> None:
    browser = DjangoBrowser()
    asked = begun(browser, ready)
    forger.answers.token = forger.sign(forger.honest(asked["nonce"]))
    assert come_back(browser, ready, asked["state"]).status_code == 302
    assert come_back(browser, ready, asked["state"]).status_code == 403
    assert forger.answers.asked.count("/token") == 1


def test_two_answers_at_once_with_one_state_ask_once(ready: Firm, forger: Provider) -> None:
    browser, twin = DjangoBrowser(), DjangoBrowser()
    asked = begun(browser, ready)
    twin.cookies = SimpleCookie(browser.cookies.output(header="", sep=";"))
    row = Session.objects.get()
    forger.answers.token = forger.sign(forger.honest(asked["nonce"]))
    assert come_back(browser, ready, asked["state"]).status_code == 302

    # the twin read the row before the first had written that its question is answered
    row.save(force_insert=True)

    assert come_back(twin, ready, asked["state"]).status_code == 403
    assert forger.answers.asked.count("/token") == 1


@pytest.mark.parametrize("state", ["", "made-up", "theirs"])
def test_state_of_no_sign_in_of_ours_is_refused(ready: Firm, forger: Provider, state: str) -> None:
    browser, other = DjangoBrowser(), DjangoBrowser()
    begun(browser, ready)
    wanted = begun(other, ready)["state"] if state == "theirs" else state

    answer = come_back(browser, ready, wanted)

    assert answer.status_code == 403
    assert "/token" not in forger.answers.asked
    assert refusals(ready) == []  # strangers do not fill the firm's log


def test_state_too_old_is_refused(
    ready: Firm, forger: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = DjangoBrowser()
    asked = begun(browser, ready)
    later = time.time() + 700
    monkeypatch.setattr("klientbro.identity.single_sign_on.flow.time.time", lambda: later)
    forger.answers.token = forger.sign(forger.honest(asked["nonce"]))  # as good then
    assert come_back(browser, ready, asked["state"]).status_code == 403
    assert "/token" not in forger.answers.asked


def test_state_of_one_firm_does_not_come_back_to_another(ready: Firm, forger: Provider) -> None:
    second = other_firm()
    set_up(second, forger.issuer, domain="granli.example")
    browser = DjangoBrowser()
    asked = begun(browser, ready)
    forger.answers.token = forger.sign(forger.honest(asked["nonce"]))

    assert come_back(browser, second, asked["state"]).status_code == 403
    assert "/token" not in forger.answers.asked


def test_code_used_before_is_refused_as_the_provider_says(ready: Firm, forger: Provider) -> None:
    forger.answers.tokens = {"error": "invalid_grant"}
    browser = DjangoBrowser()
    answer = come_back(browser, ready, begun(browser, ready)["state"])
    assert answer.status_code == 403
    assert refusals(ready) == ["code"]


def test_another_subject_with_a_linked_users_address_is_refused(
    ready: Firm, forger: Provider
) -> None:
    assert signed_in_by(forger, ready).answer.status_code == 302

    browser = signed_in_by(forger, ready, sub="another-subject")

    assert browser.answer.status_code == 403
    assert refusals(ready) == ["other_subject"]


def test_linked_subject_with_a_foreign_address_is_refused(ready: Firm, forger: Provider) -> None:
    assert signed_in_by(forger, ready).answer.status_code == 302
    browser = signed_in_by(forger, ready, email="kari@evil.example")
    assert browser.answer.status_code == 403


def test_userinfo_about_somebody_else_is_refused(ready: Firm, forger: Provider) -> None:
    said = {"email": "kari.nordahl@furulund.example", "email_verified": True}
    forger.answers.userinfo = {"sub": "somebody-else"} | said
    assert signed_in_by(forger, ready, email=None).answer.status_code == 403
    forger.answers.userinfo = {"sub": "subject-of-kari"} | said
    assert signed_in_by(forger, ready, email=None, email_verified=None).answer.status_code == 302


def test_rotated_key_is_fetched_once_and_a_flood_of_unknown_ones_is_not(
    ready: Firm, forger: Provider
) -> None:
    signed_in_by(forger, ready)
    forger.answers.keys = [forger.next.as_dict(private=False)]
    browser = DjangoBrowser()
    asked = begun(browser, ready)
    claims = forger.honest(asked["nonce"])
    forger.answers.token = forger.sign(claims, {"kid": "ec-2"}, forger.next)
    assert come_back(browser, ready, asked["state"]).status_code == 302
    assert forger.answers.asked.count("/keys") == 2

    for number in range(4):
        other = DjangoBrowser()
        asked = begun(other, ready)
        token = forger.sign(forger.honest(asked["nonce"]), {"kid": f"unknown-{number}"})
        forger.answers.token = token
        assert come_back(other, ready, asked["state"]).status_code == 403
    assert forger.answers.asked.count("/keys") == 2


def test_google_account_outside_the_firms_workspace_is_refused(
    ready: Firm, forger: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A private Google account can be made with an address of the firm."""
    monkeypatch.setattr("klientbro.identity.single_sign_on.people.GOOGLE", forger.issuer)
    assert signed_in_by(forger, ready).answer.status_code == 403
    assert signed_in_by(forger, ready, hd="furulund.example").answer.status_code == 302


def test_provider_turned_off_while_the_person_was_there_lets_nobody_in(
    ready: Firm, forger: Provider
) -> None:
    browser = DjangoBrowser()
    asked = begun(browser, ready)
    forger.answers.token = forger.sign(forger.honest(asked["nonce"]))
    change(ready, is_enabled=False)
    assert come_back(browser, ready, asked["state"]).status_code == 403
    assert refusals(ready) == ["off"]


def test_our_question_has_all_that_binds_the_answer(ready: Firm, forger: Provider) -> None:
    browser = DjangoBrowser()
    asked, again = begun(browser, ready, e="kari.nordahl@furulund.example"), begun(browser, ready)

    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["login_hint"] == "kari.nordahl@furulund.example"
    assert asked["redirect_uri"].endswith(f"/konto/enkel/{ready.id}/tilbake/")
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 43
        assert asked[name] != again[name]
    forger.answers.token = forger.sign(forger.honest(asked["nonce"]))
    come_back(browser, ready, asked["state"])
    form = forger.answers.forms[0]
    assert challenge_of(form["code_verifier"][0]) == asked["code_challenge"]
    assert form["redirect_uri"][0] == asked["redirect_uri"]


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
