"""Every address, found by the test itself: nothing without sign-in, nothing of another firm's.

Another firm's ids answer 404 on every method that a page has at all, with the same body as an id
that exists nowhere, and nothing in the database moves.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection, transaction

from klientbro.clients.models import Connection, Integration, KeyCheck
from klientbro.identity.models import Invitation, Session
from klientbro.practice.models import Assignment, AssignmentTemplate, LineRule, Task
from klientbro.products.liquidity.models import Loan, Offer, PlannedLine, Scenario
from klientbro.products.overview.models import SavedView
from klientbro.products.reconciliation.models import (
    Attachment,
    KeptFile,
    MatchRule,
    SignOff,
)
from klientbro.products.report.models import (
    BudgetVersion,
    Group,
    GroupElimination,
    Pack,
    PackTemplate,
    Published,
)
from klientbro.sync.models import DocumentRequest, TestRun
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership
from klientbro.tenants.services import add_user, create_firm

from .addresses import addresses
from .rows import one_of_everything

OWNED = (
    "client",
    "connection",
    "check",
    "run",
    "template",
    "view",
    "group",
    "texts",
    "member",
    "invitation",
    "session",
)
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
# Open to anybody, each for a reason: what a stranger may see shows nothing of any firm.
OPEN = {
    "health": "load balancers ask without signing in",
    "ready": "the same; details only with the token of the metrics",
    "metrics": "Prometheus, with its token; 404 where none is set",
    "causes": "why a client may stand still, without figures",
    "robots": "search engines are turned away",
    "security_txt": "whom to tell of a weakness",
    "preferences": "language and colours of the sign-in page",
    "set_language": "the sign-in page in English",
    "account_login": "signing in",
    "account_logout": "signing out twice does no harm",
    "account_reset_password": "a new password, with the same answer for everybody",
    "account_reset_password_done": "the same answer for everybody",
    "account_reset_password_from_key": "the link of that letter",
    "account_reset_password_from_key_done": "the password is changed",
    "mfa_login_webauthn": "signing in with a passkey",
    "accept": "the link of an invitation",
    "account_inactive": "says that a user is switched off",
    "account_signup": "leads to the sign-in page",
    "one_time_link": "the first sign-in",
    "tool_configuration": "what a firm's tools must know; 404 without tools",
    "tool_keys": "the public keys of the firm's issuer; 404 without tools",
    "tool_token": "asks for the tool's own secret",
    "tool_userinfo": "asks for a token",
    "tool_revoke": "asks for the tool's own secret",
    "sign_on": "signing in through the firm's own provider",
    "sign_on_start": "the way to it; 404 without one",
    "sign_on_back": "the way back from it",
    "help": "how to connect a client, without figures",
    "help_local": "the same",
    "help_roles": "what each role may do",
    "help_system": "the same",
}


def filled(route: str, ids: dict[str, str]) -> str:
    """The route with ids in the place of its parameters."""
    for name, value in ids.items():
        for kind in ("uuid", "slug", "str", "int", "path"):
            route = route.replace(f"<{kind}:{name}>", value)
    assert "<" not in route, f"this test knows no value for {route}: add it"
    return route


@pytest.fixture
def other_ids(db: None) -> dict[str, str]:
    """One of everything, in another firm."""
    other = create_firm("Naboen Regnskap AS")
    with firm_set(other.id), transaction.atomic():
        neighbour = Membership.objects.get(
            user=add_user(other.id, "nabo2@example.no", "Naboens")[0]
        )
        found = one_of_everything(other, "Naboens", "310000019", neighbour)
    with transaction.atomic():  # the savepoint takes the other firm off the open transaction
        pass
    return found


def everything_of(other_firm_of: dict[str, str]) -> tuple[object, ...]:
    """What stands in the other firm, to see that nothing moved."""
    with connection.cursor() as cursor:
        cursor.execute("select set_config('klientbro.operator', 'list firms', true)")
        cursor.execute("select id from tenants_firm where name = 'Naboen Regnskap AS'")
        firm_id = cursor.fetchone()[0]
    with firm_set(firm_id), transaction.atomic():
        found: tuple[object, ...] = (
            list(Connection.objects.values_list("is_active", "deleted_at", "name")),
            Integration.objects.count(),
            KeyCheck.objects.count(),
            TestRun.objects.count(),
            DocumentRequest.objects.count(),
            list(AssignmentTemplate.objects.values_list("name", "version")),
            list(Assignment.objects.values_list("valid_to", "version")),
            SavedView.objects.count(),
            Task.objects.count(),
            SignOff.objects.count(),
            list(MatchRule.objects.values_list("name", "version")),
            list(PlannedLine.objects.values_list("title", "version")),
            list(Loan.objects.values_list("title", "version")),
            list(Offer.objects.values_list("key", "state")),
            list(Scenario.objects.values_list("name", "version")),
            list(Pack.objects.values_list("title", "version", "removed_at")),
            list(Group.objects.values_list("name", "version")),
            list(PackTemplate.objects.values_list("name", "version")),
            BudgetVersion.objects.count() + Published.objects.count(),
            GroupElimination.objects.count(),
            list(LineRule.objects.values_list("prefix", "line")),
            KeptFile.objects.count(),
            list(Attachment.objects.values_list("name", "removed_at")),
            list(Membership.objects.values_list("disabled_at", "role")),
            list(Invitation.objects.values_list("asked_at", "withdrawn_at", "used_at")),
            list(Firm.objects.filter(pk=firm_id).values_list("requires_second_factor")),
        )
    with transaction.atomic():
        pass
    people = Session.objects.count(), Authenticator.objects.count()
    return (*found, *people)


def test_every_address_asks_for_sign_in(client: Any, other_ids: dict[str, str]) -> None:
    shown: list[str] = []
    for route, name, _space in addresses():
        if name in OPEN:
            continue
        for method in METHODS:
            answer = getattr(client, method)(filled(route, other_ids))
            to_sign_in = answer.status_code == 302 and "/konto/logg-inn/" in answer["location"]
            refused = answer.status_code in (401, 403, 404, 405)
            start = name == "start" and answer.status_code == 302
            if not (to_sign_in or refused or start):
                shown.append(f"{method} {route}: {answer.status_code}")

    assert shown == []


def test_another_firms_ids_answer_as_if_they_did_not_exist(
    signed_in: Any, firm_account: Any, other_ids: dict[str, str]
) -> None:
    with firm_set(firm_account.id), transaction.atomic():
        Integration.objects.create(firm=firm_account, system="poweroffice")
    before = everything_of(other_ids)
    nowhere = {
        name: str(uuid.uuid4()) if name.endswith("_id") and name != "account_id" else value
        for name, value in other_ids.items()
    }
    told: list[str] = []
    asked = 0
    for route, name, _space in addresses():
        if not any(f":{key}_id>" in route for key in OWNED):
            continue
        for method in METHODS:
            theirs = getattr(signed_in, method)(filled(route, other_ids))
            none = getattr(signed_in, method)(filled(route, nowhere))
            asked += 1
            if theirs.status_code not in (404, 405) or theirs.status_code != none.status_code:
                told.append(f"{method} {name}: {theirs.status_code}, nowhere {none.status_code}")
            if b"Naboens" in getattr(theirs, "content", b""):
                told.append(f"{method} {name} names the other firm's client")

    assert told == []
    assert asked > 100
    assert everything_of(other_ids) == before
