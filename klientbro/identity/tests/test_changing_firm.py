"""A page of one firm that is still open writes nothing in the firm one works in now."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client as DjangoBrowser
from django.utils import timezone

from klientbro.identity.models import Invitation
from klientbro.identity.tests.support import BACKEND, letters, link_in, other_firm
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.services import add_user, all_firms

pytestmark = pytest.mark.django_db(transaction=True)
INVITE = "/brukere/inviter/"


@pytest.fixture
def second(firm_account: Firm, user: User) -> Firm:
    """Another firm of the same person's."""
    made = other_firm()
    add_user(made.id, user.email)
    return made


@pytest.fixture
def browser(user: User, second: Firm) -> Any:
    """Signed in, and held to the token that a form carries."""
    made = DjangoBrowser(enforce_csrf_checks=True)
    made.force_login(user, backend=BACKEND)
    return made


def token_of(browser: Any, address: str = INVITE) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text_of(browser, address))
    assert found is not None
    return found[1]


def text_of(browser: Any, address: str) -> str:
    return str(browser.get(address).content.decode())


def invite(browser: Any, token: str, **headers: str) -> Any:
    sent = {"people": "kari@furulund.example", "role": "reader", "clients": "alle"}
    return browser.post(INVITE, sent | {"csrfmiddlewaretoken": token}, headers=headers)


def invited() -> int:
    found = 0
    for firm_id, _name in all_firms():
        with firm_set(firm_id), transaction.atomic():
            found += Invitation.objects.count()
    return found


def change_to(browser: Any, firm: Firm) -> None:
    sent = {"firm": str(firm.id), "csrfmiddlewaretoken": token_of(browser)}
    assert browser.post("/konto/firma/", sent).status_code == 302


def test_form_of_the_firm_before_is_refused_after_a_change_in_another_window(
    browser: Any, second: Firm
) -> None:
    token = token_of(browser)
    change_to(browser, second)

    answer = invite(browser, token)
    by_script = invite(browser, "", **{"X-CSRFToken": token, "HX-Request": "true"})

    assert (answer.status_code, by_script.status_code) == (403, 403)
    assert "valgt et annet firma" in answer.content.decode()
    assert invited() == 0
    assert invite(browser, token_of(browser)).status_code == 302
    assert invited() == 1


def test_form_of_a_firm_that_has_closed_ones_access_writes_nothing_in_the_next(
    browser: Any, firm_account: Firm, user: User
) -> None:
    token = token_of(browser)
    with firm_set(firm_account.id), transaction.atomic():
        Membership.objects.filter(user=user).update(disabled_at=timezone.now())

    refused = invite(browser, token)
    again = invite(browser, token)

    assert (refused.status_code, again.status_code) == (403, 403)
    assert invited() == 0
    assert invite(browser, token_of(browser)).status_code == 302


def test_form_of_the_firm_before_is_refused_after_an_invitation_to_another_was_accepted(
    browser: Any, user: User
) -> None:
    third = other_firm("Tredje Regnskap AS")
    with firm_set(third.id), transaction.atomic():
        Invitation.objects.create(
            firm=third, email=user.email, role="reader", asked_at=timezone.now()
        )
    [letter] = letters()
    token = token_of(browser)
    address = link_in(letter)

    joined = browser.post(address, {"csrfmiddlewaretoken": token_of(browser, address)})

    assert joined.status_code == 302
    assert invite(browser, token).status_code == 403
    assert invited() == 1  # the one accepted


def test_page_that_shows_the_next_firm_by_itself_has_forms_that_work_and_the_old_do_not(
    browser: Any, firm_account: Firm, user: User
) -> None:
    before = token_of(browser)
    with firm_set(firm_account.id), transaction.atomic():
        Membership.objects.filter(user=user).update(disabled_at=timezone.now())

    token = token_of(browser)  # the first page after it, of the other firm

    assert invite(browser, before).status_code == 403
    assert invite(browser, token).status_code == 302
