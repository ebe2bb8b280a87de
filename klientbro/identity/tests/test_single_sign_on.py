"""Coming in by a firm's provider: who it is, what it opens, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import transaction
from django.test import Client as DjangoBrowser
from django.utils import timezone

from klientbro.audit.models import Entry
from klientbro.identity.models import Invitation
from klientbro.identity.single_sign_on.models import SignOnDomain, SignOnLink
from klientbro.identity.tests.forging import Provider
from klientbro.identity.tests.sign_on_support import DOMAIN, change, set_up, signed_in_by
from klientbro.identity.tests.support import PASSWORD, browser_of, other_firm, person
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.services import add_user, sign_in_path

pytestmark = pytest.mark.django_db
WORK = "/integrasjoner/"
KARI = "kari.nordahl@furulund.example"


@pytest.fixture
def ready(firm_account: Firm, user: User, forger: Provider) -> Firm:
    set_up(firm_account, forger.issuer)
    return firm_account


def in_database(firm: Firm) -> Any:
    return firm_set(firm.id)


def with_password(email: str = KARI) -> Any:
    browser = DjangoBrowser()
    browser.answer = browser.post("/konto/logg-inn/", {"login": email, "password": PASSWORD})
    return browser


def entries(firm: Firm, action: str) -> list[Entry]:
    with firm_set(firm.id), transaction.atomic():
        return list(Entry.objects.filter(action=action).order_by("number"))


def test_member_comes_in_and_is_known_by_the_subject_from_then_on(
    ready: Firm, forger: Provider, user: User
) -> None:
    assert signed_in_by(forger, ready).get(WORK).status_code == 200
    # the address at the provider has changed since: still the same person
    again = signed_in_by(forger, ready, email="kari.berg@furulund.example")

    assert again.get(WORK).wsgi_request.user == user
    noted = entries(ready, "signed_in")
    assert [entry.after["by"] for entry in noted] == ["single_sign_on"] * 2
    assert {entry.user_id for entry in noted} == {user.pk}


def test_session_gets_a_new_key_as_the_person_comes_in(ready: Firm, forger: Provider) -> None:
    browser = DjangoBrowser()
    browser.get(f"/konto/enkel/{ready.id}/")
    before = browser.session.session_key
    signed_in_by(forger, ready, browser)
    assert browser.session.session_key not in (None, before)


def test_person_is_led_on_to_where_they_wanted_and_never_elsewhere(
    ready: Firm, forger: Provider
) -> None:
    for wanted, led_to in (("/oversikt/", "/oversikt/"), ("//evil.example/", "/"), ("x:y", "/")):
        browser = DjangoBrowser()
        asked = browser.get(f"/konto/enkel/{ready.id}/", {"next": wanted})
        state = asked["location"].partition("state=")[2].partition("&")[0]
        nonce = asked["location"].partition("nonce=")[2].partition("&")[0]
        forger.answers.token = forger.sign(forger.honest(nonce))
        answer = browser.get(
            f"/konto/enkel/{ready.id}/tilbake/", {"code": "a-code", "state": state}
        )
        assert answer["location"] == led_to


def test_typed_address_leads_to_the_firm_its_domain_belongs_to(ready: Firm) -> None:
    browser = DjangoBrowser()
    answer = browser.post("/konto/enkel/", {"email": "Anybody@Furulund.Example"})
    assert f"/konto/enkel/{ready.id}/?e=anybody%40furulund.example" in answer.content.decode()

    unknown = browser.post("/konto/enkel/", {"email": "kari@granli.example"})
    assert unknown.status_code == 422
    assert "granli.example" in unknown.content.decode()
    assert browser.post("/konto/enkel/", {"email": "kari"}).status_code == 422


def test_domain_that_is_not_approved_leads_nowhere(ready: Firm, forger: Provider) -> None:
    with in_database(ready), transaction.atomic():
        SignOnDomain.objects.update(approved_at=None)
    assert DjangoBrowser().post("/konto/enkel/", {"email": KARI}).status_code == 422
    assert signed_in_by(forger, ready).answer.status_code == 403


def test_firm_without_a_provider_has_no_such_address(firm_account: Firm) -> None:
    browser = DjangoBrowser()
    assert browser.get(f"/konto/enkel/{firm_account.id}/").status_code == 404
    assert browser.get(f"/konto/enkel/{firm_account.id}/tilbake/").status_code == 403


# whom it lets in


def test_stranger_is_let_in_only_where_the_firm_says_so(ready: Firm, forger: Provider) -> None:
    new = {"sub": "new", "email": "ola@furulund.example", "name": "Ola  Haug\n"}
    assert signed_in_by(forger, ready, **new).answer.status_code == 403
    assert not User.objects.filter(email="ola@furulund.example").exists()

    change(ready, makes_users=True, new_role="accountant")
    assert signed_in_by(forger, ready, **new).answer.status_code == 302

    with in_database(ready), transaction.atomic():
        member = Membership.objects.select_related("user").get(user__email="ola@furulund.example")
    assert (member.role, member.has_all_clients) == ("accountant", False)
    assert member.user.name == "Ola Haug"
    assert not member.user.has_usable_password()


def test_new_person_is_never_an_administrator(
    signed_in: Any, firm_account: Firm, private_allowed: None
) -> None:
    answer = signed_in.post(
        "/brukere/enkel/lagre/",
        {
            "issuer": "https://login.example/tenant",
            "client_id": "us",
            "client_secret": "s",
            "makes_users": "on",
            "new_role": "administrator",
        },
    )
    assert answer.status_code == 422
    assert 'value="administrator"' not in answer.content.decode()


def test_invited_person_becomes_what_the_invitation_says(ready: Firm, forger: Provider) -> None:
    now = timezone.now()
    with in_database(ready), transaction.atomic():
        Invitation.objects.create(
            firm=ready,
            email="ola@furulund.example",
            role="reviewer",
            asked_at=now,
            sent_at=now,
            expires_at=now + timezone.timedelta(days=7),
        )
    browser = signed_in_by(forger, ready, sub="ola", email="ola@furulund.example")
    assert browser.answer.status_code == 302
    with in_database(ready), transaction.atomic():
        assert Membership.objects.get(user__email="ola@furulund.example").role == "reviewer"
        assert Invitation.objects.get().used_at is not None


def test_user_of_another_firm_is_not_joined_by_an_address(ready: Firm, forger: Provider) -> None:
    change(ready, makes_users=True)
    second = other_firm()
    theirs = person(second, "per@furulund.example")

    browser = signed_in_by(forger, ready, sub="per", email="per@furulund.example")

    assert browser.answer.status_code == 403
    assert "elsewhere" in browser.answer.content.decode()
    with in_database(ready), transaction.atomic():
        assert not Membership.objects.filter(user=theirs).exists()
        assert not SignOnLink.objects.exists()


def test_person_whose_access_is_closed_stays_out(ready: Firm, forger: Provider, user: User) -> None:
    signed_in_by(forger, ready)
    with in_database(ready), transaction.atomic():
        Membership.objects.filter(user=user).update(disabled_at=timezone.now())
    assert "closed" in signed_in_by(forger, ready).answer.content.decode()
    with in_database(ready), transaction.atomic():
        Membership.objects.filter(user=user).update(disabled_at=None)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert "closed" in signed_in_by(forger, ready).answer.content.decode()


def test_provider_that_says_nothing_of_addresses_is_believed_where_the_firm_vouches(
    ready: Firm, forger: Provider
) -> None:
    assert signed_in_by(forger, ready, email_verified=None).answer.status_code == 403
    change(ready, vouches_for_addresses=True)
    assert signed_in_by(forger, ready, email_verified=None).answer.status_code == 302
    assert signed_in_by(forger, ready, email_verified=False).answer.status_code == 403


# what it opens


def test_sign_in_through_one_firm_opens_that_firm_alone(
    ready: Firm, forger: Provider, user: User
) -> None:
    second = other_firm()
    add_user(second.id, user.email)
    browser = signed_in_by(forger, ready)

    assert browser.get("/brukere/").context["firm"] == ready
    assert "Granli" not in browser.get("/brukere/").content.decode()
    assert browser.post("/konto/firma/", {"firm": str(second.id)}).status_code == 404
    # a session that says otherwise is not believed
    session = browser.session
    session["firm"] = str(second.id)
    session.save()
    assert browser.get("/brukere/").context["firm"] == ready
    assert entries(second, "signed_in") == []


def test_password_opens_the_other_firm_beside_it(ready: Firm, user: User) -> None:
    second = other_firm()
    add_user(second.id, user.email)
    browser = with_password()
    assert browser.get("/brukere/").context["firm"] == ready
    assert browser.post("/konto/firma/", {"firm": str(second.id)}).status_code == 302


@pytest.mark.parametrize(
    "path", ["/konto/passord/", "/konto/passord/nytt/", "/konto/totrinn/", "/konto/totrinn/app/"]
)
def test_what_opens_every_firm_is_not_changed_through_one_firms_provider(
    ready: Firm, forger: Provider, user: User, path: str
) -> None:
    alone = signed_in_by(forger, ready)
    assert alone.get(path).status_code != 403
    add_user(other_firm().id, user.email)
    browser = signed_in_by(forger, ready)
    assert browser.get(path).status_code == 403
    assert browser.post(path, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 403


def test_sessions_of_a_provider_open_nothing_once_it_is_off_or_another(
    ready: Firm, forger: Provider
) -> None:
    browser = signed_in_by(forger, ready)
    change(ready, is_enabled=False)
    assert browser.get(WORK).status_code == 403
    change(ready, is_enabled=True)
    assert browser.get(WORK).status_code == 200
    set_up(ready, forger.issuer)  # a new secret: tested and turned on anew
    assert browser.get(WORK).status_code == 403
    assert browser.post("/konto/logg-ut/").status_code == 302


# only single sign-on


def test_password_opens_nothing_where_single_sign_on_is_the_only_way(
    ready: Firm, forger: Provider, user: User
) -> None:
    held = with_password()
    assert held.get(WORK).status_code == 200
    change(ready, is_only=True)

    browser = with_password()

    assert browser.answer.status_code == 403
    assert f"/konto/enkel/{ready.id}/" in browser.answer.content.decode()
    assert "/konto/logg-inn/" in browser.get(WORK)["location"]
    assert held.get(WORK).status_code == 403  # a session from before opens nothing either
    assert signed_in_by(forger, ready).get(WORK).status_code == 200


def test_wrong_password_tells_nothing_of_single_sign_on(ready: Firm) -> None:
    change(ready, is_only=True)
    answer = DjangoBrowser().post("/konto/logg-inn/", {"login": KARI, "password": "feil passord"})
    unknown = DjangoBrowser().post(
        "/konto/logg-inn/", {"login": "ingen@furulund.example", "password": "feil passord"}
    )
    assert answer.status_code == unknown.status_code == 200
    assert str(ready.id) not in answer.content.decode()


def test_password_still_opens_it_for_an_address_outside_its_domains(ready: Firm) -> None:
    change(ready, is_only=True)
    person(ready, "revisor@granli.example")
    assert with_password("revisor@granli.example").get(WORK).status_code == 200


def test_password_still_opens_the_persons_other_firm(ready: Firm, user: User) -> None:
    change(ready, is_only=True)
    second = other_firm()
    add_user(second.id, user.email)
    browser = with_password()
    assert browser.get("/brukere/").context["firm"] == second
    assert browser.post("/konto/firma/", {"firm": str(ready.id)}).status_code == 404


def with_recovery_code(user: User) -> Any:
    TOTP.activate(user, generate_totp_secret())
    codes = RecoveryCodes.activate(user).get_unused_codes()
    browser = with_password(user.email)
    assert browser.answer["location"] == "/konto/totrinn/kode/"
    browser.answer = browser.post("/konto/totrinn/kode/", {"code": codes[0]})
    return browser


def test_administrator_comes_in_by_a_recovery_code_when_the_provider_fails(
    ready: Firm, user: User
) -> None:
    change(ready, is_only=True)
    browser = with_recovery_code(user)
    assert browser.answer.status_code == 302
    assert browser.get("/brukere/enkel/").status_code == 200
    assert entries(ready, "signed_in")[-1].after["by"] == "recovery"


def test_administrator_comes_in_by_the_operators_link(ready: Firm, user: User) -> None:
    change(ready, is_only=True)
    browser = DjangoBrowser()
    assert browser.post(sign_in_path(user)).status_code == 302
    assert browser.get("/brukere/enkel/").status_code == 200


def test_recovery_is_for_administrators(ready: Firm, user: User) -> None:
    change(ready, is_only=True)
    ola, eva = person(ready, "ola@furulund.example"), person(ready, "eva@furulund.example")
    with in_database(ready), transaction.atomic():
        Membership.objects.filter(user__in=[ola, eva]).update(role="accountant")
    assert with_recovery_code(ola).answer.status_code == 403
    browser = DjangoBrowser()
    assert browser.post(sign_in_path(eva)).status_code == 403
    assert browser.get(WORK).status_code == 302


def test_code_of_the_app_is_no_recovery(ready: Firm, user: User, monkeypatch: Any) -> None:
    change(ready, is_only=True)
    TOTP.activate(user, generate_totp_secret())
    browser = with_password()
    monkeypatch.setattr(TOTP, "validate_code", lambda self, code: True)
    assert browser.post("/konto/totrinn/kode/", {"code": "123456"}).status_code == 403


# the second factor


@pytest.mark.parametrize(
    ("factor", "claims", "is_met"),
    [
        ("told", {}, False),
        ("told", {"amr": ["pwd"]}, False),
        ("told", {"amr": "mfa"}, False),
        ("told", {"amr": ["pwd", "mfa"]}, True),
        ("told", {"acr": "idporten-loa-high"}, True),
        ("told", {"acr": "idporten-loa-low"}, False),
        ("always", {}, True),
        ("never", {"amr": ["mfa"]}, False),
    ],
)
def test_firm_says_whether_the_provider_is_a_second_factor(
    ready: Firm, forger: Provider, factor: str, claims: dict[str, Any], is_met: bool
) -> None:
    change(ready, factor=factor, factor_levels="idporten-loa-substantial idporten-loa-high")
    with in_database(ready), transaction.atomic():
        Firm.objects.filter(pk=ready.pk).update(requires_second_factor=True)

    answer = signed_in_by(forger, ready, **claims).get(WORK)

    assert answer.status_code == (200 if is_met else 302)
    assert is_met or answer["location"] == "/konto/totrinn/"


def test_own_factor_is_asked_for_where_the_providers_does_not_count(
    ready: Firm, forger: Provider, user: User
) -> None:
    TOTP.activate(user, generate_totp_secret())
    browser = signed_in_by(forger, ready)
    assert browser.answer["location"] == "/konto/totrinn/kode/"
    assert browser.get(WORK).status_code == 302
    change(ready, factor="always")
    assert signed_in_by(forger, ready).answer["location"] == "/"


def test_second_step_after_the_provider_ends_in_that_firm_alone(
    ready: Firm, forger: Provider, user: User
) -> None:
    add_user(other_firm().id, user.email)
    TOTP.activate(user, generate_totp_secret())
    code = RecoveryCodes.activate(user).get_unused_codes()[0]
    browser = signed_in_by(forger, ready)
    assert browser.post("/konto/totrinn/kode/", {"code": code}).status_code == 302
    assert browser.session["way_in"]["kind"] == "single_sign_on"
    assert browser.get("/brukere/").context["firm"] == ready


def test_next_sign_in_in_the_same_browser_forgets_the_way_before(
    ready: Firm, forger: Provider, user: User
) -> None:
    browser = signed_in_by(forger, ready)
    browser.post("/konto/logg-ut/")
    browser.post("/konto/logg-inn/", {"login": KARI, "password": PASSWORD})
    assert "way_in" not in browser.session
    assert browser.get(WORK).status_code == 200


def test_page_asks_the_database_no_more_for_it(
    ready: Firm, forger: Provider, user: User, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    plain, by_provider = browser_of(user), signed_in_by(forger, ready)
    counts = []
    for browser in (plain, by_provider):
        browser.get("/konto/okter/")
        with CaptureQueriesContext(connection) as asked:
            browser.get("/konto/okter/")
        counts.append(len(asked))
    assert counts[0] == counts[1]
    assert Authenticator.objects.count() == 0
    assert DOMAIN in user.email
