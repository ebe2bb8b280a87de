"""What an address is to single sign-on: its domain in any letters, and who may change it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from klientbro.identity.models import Invitation, SignInLetter
from klientbro.identity.single_sign_on.models import SignOnLink
from klientbro.identity.tests.forging import Provider
from klientbro.identity.tests.sign_on_support import set_up, signed_in_by
from klientbro.identity.tests.support import browser_of, other_firm, person
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, User
from klientbro.tenants.services import add_user
from klientbro.tenants.ways_in import domain_of_address

pytestmark = pytest.mark.django_db
TYPED, IN_DNS = "bøe.example", "xn--be-lka.example"
WORK = "/brukere/"


@pytest.mark.parametrize("domain", [TYPED, IN_DNS, "BØE.example", "ｂøe.example"])
def test_password_opens_nothing_in_any_letters_where_single_sign_on_is_the_only_way(
    firm_account: Firm, user: User, forger: Provider, domain: str
) -> None:
    ola = person(firm_account, f"ola@{domain}")
    browser = browser_of(ola)
    assert browser.get(WORK).status_code == 200

    set_up(firm_account, forger.issuer, domain=TYPED, is_only=True)

    assert browser.get(WORK).status_code == 403
    assert browser_of(user).get(WORK).status_code == 200  # of another domain


def test_member_is_known_by_the_provider_in_whichever_letters_it_writes(
    firm_account: Firm, forger: Provider
) -> None:
    set_up(firm_account, forger.issuer, domain=TYPED)
    ola = person(firm_account, f"ola@{TYPED}")

    signed_in_by(forger, firm_account, email=f"ola@{IN_DNS}", sub="ola")

    with firm_set(firm_account.id), transaction.atomic():
        assert SignOnLink.objects.get(subject="ola").user_id == ola.pk


def test_invited_person_keeps_the_letters_of_the_invitation(
    firm_account: Firm, forger: Provider
) -> None:
    set_up(firm_account, forger.issuer, domain=TYPED)
    now = timezone.now()
    with firm_set(firm_account.id), transaction.atomic():
        Invitation.objects.create(
            firm=firm_account,
            email=f"siri@{TYPED}",
            role="reader",
            asked_at=now,
            expires_at=now + timedelta(days=1),
        )

    signed_in_by(forger, firm_account, email=f"siri@{TYPED}", sub="siri")

    assert User.objects.filter(email=f"siri@{TYPED}").exists()


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("kari@Furulund.example", "furulund.example"),
        (f"kari@{TYPED}", IN_DNS),
        ("kari@-ø-.example", "-ø-.example"),
    ],
)
def test_domain_of_an_address_is_as_the_dns_writes_it(email: str, domain: str) -> None:
    assert domain_of_address(email) == domain


def test_one_firms_provider_gives_nobody_of_two_firms_another_address(
    firm_account: Firm, user: User, forger: Provider
) -> None:
    set_up(firm_account, forger.issuer)
    add_user(other_firm().id, user.email)
    browser = signed_in_by(forger, firm_account)

    answer = browser.post("/konto/profil/epost/", {"email": "mallory@annet.example"})
    opened = browser.post("/konto/profil/epost/a-token/")

    assert (answer.status_code, opened.status_code) == (403, 403)
    assert not SignInLetter.objects.exists()
