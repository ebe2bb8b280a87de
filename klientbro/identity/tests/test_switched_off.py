"""Who was closed stays closed, by whatever link, and is left in peace where they work now."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client as DjangoBrowser
from django.utils import timezone

from klientbro.clients.errors import RefusedError
from klientbro.identity.choosing import Choice
from klientbro.identity.members import change_member, disable_member
from klientbro.identity.models import Invitation
from klientbro.identity.openid_provider.tools import register
from klientbro.identity.operator import switch_off
from klientbro.identity.tests.support import browser_of, letters, link_in, other_firm, person
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership
from klientbro.tenants.permissions import Role
from klientbro.tenants.services import add_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_invitation_opens_nothing_for_who_the_operator_has_switched_off(
    firm_account: Firm,
) -> None:
    per = person(other_firm(), "per@furulund.example")
    with firm_set(firm_account.id), transaction.atomic():
        Invitation.objects.create(
            firm=firm_account, email=per.email, role="reader", asked_at=timezone.now()
        )
    [letter] = letters()
    switch_off(per.email)

    assert DjangoBrowser().post(link_in(letter)).status_code == 404
    with firm_set(firm_account.id), transaction.atomic():
        assert not Membership.objects.filter(user=per).exists()


def test_one_time_link_opens_nothing_for_who_the_operator_has_switched_off(
    firm_account: Firm,
) -> None:
    per, path = add_user(firm_account.id, "per@furulund.example")
    switch_off(per.email)
    browser = DjangoBrowser()

    assert browser.post(path)["location"] == "/konto/logg-inn/"
    assert browser.get("/oversikt/").status_code == 302


def test_closed_again_and_again_a_person_stays_signed_in_where_they_work_now(
    signed_in: Any, firm_account: Firm
) -> None:
    per = person(firm_account, "per@furulund.example")
    second = other_firm()
    add_user(second.id, per.email)
    with firm_set(firm_account.id), transaction.atomic():
        member = Membership.objects.get(user=per)
    signed_in.post(f"/brukere/{member.public_id}/steng/")
    browser = browser_of(per)
    assert browser.get("/brukere/").status_code == 200

    assert signed_in.post(f"/brukere/{member.public_id}/steng/").status_code == 302

    assert browser.get("/brukere/").status_code == 200


def test_who_has_lost_the_role_since_the_page_was_loaded_changes_nobody(
    firm_account: Firm, user: Any
) -> None:
    former = person(firm_account, "former@furulund.example")
    per = person(firm_account, "per@furulund.example")
    with firm_set(firm_account.id), transaction.atomic():
        Membership.objects.filter(user=former).update(role=Role.READER)
        member = Membership.objects.get(user=per)
    lesser = Choice(Role.READER, has_all_clients=True)

    for change in (
        lambda: disable_member(member.public_id, former.pk),
        lambda: change_member(member.public_id, lesser, former.pk),
    ):
        with (
            firm_set(firm_account.id),
            pytest.raises(RefusedError, match="ikke lenger administrator"),
        ):
            change()
    with firm_set(firm_account.id), transaction.atomic():
        kept = Membership.objects.get(user=per)
    assert (kept.role, kept.disabled_at) == (Role.ADMINISTRATOR, None)


def test_tool_of_a_firm_that_asks_for_a_second_factor_learns_nothing_without_one(
    signed_in: Any, firm_account: Firm, user: Any
) -> None:
    second = other_firm()  # beside the one worked in, which asks for none
    add_user(second.id, user.email)
    with firm_set(second.id), transaction.atomic():
        tool = register("Timeføring", "https://tool.example/back")
    question = {
        "client_id": tool.tool_id,
        "redirect_uri": "https://tool.example/back",
        "response_type": "code",
        "scope": "openid",
        "state": "a-state",
        "code_challenge": "c" * 43,
        "code_challenge_method": "S256",
    }
    path = f"/oidc/{second.id}/authorize"
    without_demand = signed_in.get(path, question)
    with firm_set(second.id), transaction.atomic():
        Firm.objects.filter(pk=second.pk).update(requires_second_factor=True)

    asked = signed_in.get(path, question)

    assert without_demand.get("location") != "/konto/totrinn/"
    assert (asked.status_code, asked["location"]) == (302, "/konto/totrinn/")
