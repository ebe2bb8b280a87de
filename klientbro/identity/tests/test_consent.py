"""What a person lets a tool know: asked the first time, remembered, changed and withdrawn."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.idp.oidc.models import Token
from django.db import connection, transaction
from django.test import Client as DjangoBrowser
from django.utils import timezone

from klientbro.audit.models import Entry
from klientbro.identity.openid_provider import tools
from klientbro.identity.openid_provider.models import ToolConsent
from klientbro.identity.tests.support import browser_of, other_firm, person
from klientbro.identity.tests.test_tools import BACK, Tool, here, tool, tool_of
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership, User
from klientbro.tenants.services import add_user

__all__ = ["here", "tool"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/konto/verktoy/"


def told(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def own(tool: Tool, act: str) -> str:
    return f"{PAGE}{tool.firm.id}/{tool.registered.tool_id}/{act}/"


def test_person_is_asked_the_first_time_and_told_who_asks_for_what(
    tool: Tool, signed_in: Any, user: User
) -> None:
    asked = signed_in.get(tool.question())

    assert asked.status_code == 200
    text = asked.content.decode()
    for words in ("Timeføring", "Furulund Regnskap AS", "tool.example", user.email):
        assert words in text
    for words in ("rollen din", "e-postadressen din", "navnet ditt"):
        assert words in text
    assert "no-store" in asked["Cache-Control"]
    with firm_set(tool.firm.id), transaction.atomic():
        assert not ToolConsent.objects.exists()  # looking gives nothing
    assert tool.tokens(tool.asked(signed_in))["access_token"]
    straight = signed_in.get(tool.question())
    assert straight.status_code == 302
    assert straight["location"].startswith(BACK)


def test_answer_without_our_own_forms_token_is_none(tool: Tool, user: User) -> None:
    browser = DjangoBrowser(enforce_csrf_checks=True)
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = browser.post(tool.question(), {"answer": "yes"})
    assert answer.status_code == 403
    with firm_set(tool.firm.id), transaction.atomic():
        assert not ToolConsent.objects.exists()


def test_who_says_no_is_led_back_with_no_code_and_is_asked_again(
    tool: Tool, signed_in: Any, here: str
) -> None:
    back = signed_in.post(tool.question(state="of the tool"), {"answer": "no"})["location"]
    assert told(back) == {
        "of": "klientbro",
        "error": "access_denied",
        "iss": f"{here}/oidc/{tool.firm.id}",
        "state": "of the tool",
    }
    assert signed_in.get(tool.question()).status_code == 200
    from_our_page = signed_in.post(
        tool.question(), {"answer": "no"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert from_our_page.status_code == 200  # a page that leads there: no form may
    assert "error=access_denied" in from_our_page.content.decode()


def test_what_is_not_agreed_to_is_not_told(tool: Tool, signed_in: Any) -> None:
    signed_in.post(tool.question(), {"answer": "yes", "scope": ["profile", "everything"]})
    tokens = tool.tokens(signed_in.get(tool.question())["location"])
    claims = tool.claims(tokens)
    assert claims["name"] == "Kari Nordahl"
    assert "email" not in claims
    assert "email" not in tool.userinfo(tokens).json()
    assert "openid" in tokens["scope"]
    assert "email" not in tokens["scope"]


def test_person_is_asked_again_when_a_tool_wants_more_and_not_when_it_wants_less(
    tool: Tool, signed_in: Any
) -> None:
    tool.agreed(signed_in, scope="openid profile")
    assert signed_in.get(tool.question(scope="openid")).status_code == 302
    assert signed_in.get(tool.question(scope="openid profile email")).status_code == 200
    signed_in.post(tool.question(), {"answer": "yes", "scope": ["profile"]})
    assert signed_in.get(tool.question()).status_code == 302  # what was said no to stays so


def test_tool_that_is_registered_anew_is_another(
    tool: Tool, signed_in: Any, firm_account: Firm, here: str
) -> None:
    tool.agreed(signed_in)
    with firm_set(firm_account.id), transaction.atomic():
        found = tools.find_tool(tool.registered.tool_id)
        assert found is not None
        tools.remove(found)
        assert not ToolConsent.objects.exists()
    again = tool_of(firm_account, here)
    assert signed_in.get(again.question()).status_code == 200
    again.client.close()


def test_tool_may_ask_for_the_question_and_for_none_at_all(tool: Tool, signed_in: Any) -> None:
    silent = signed_in.get(tool.question(prompt="none"))
    assert silent.status_code == 302
    assert told(silent["location"])["error"] == "consent_required"
    tool.agreed(signed_in)
    assert "code" in told(signed_in.get(tool.question(prompt="none"))["location"])
    assert signed_in.get(tool.question(prompt="consent")).status_code == 200
    led = signed_in.post(tool.question(prompt="consent"), {"answer": "yes"})["location"]
    assert "code" in told(signed_in.get(led)["location"])  # and not asked for ever


def test_one_persons_answer_is_not_anothers(tool: Tool, signed_in: Any, firm_account: Firm) -> None:
    tool.agreed(signed_in)
    ola = person(firm_account, "ola@furulund.example")
    assert browser_of(ola).get(tool.question()).status_code == 200
    assert "Timeføring" not in browser_of(ola).get(PAGE).content.decode()
    assert browser_of(ola).post(own(tool, "trekk")).status_code == 404
    assert browser_of(ola).post(own(tool, "endre")).status_code == 404
    assert signed_in.get(tool.question()).status_code == 302


def test_person_withdraws_and_what_was_given_out_ends(tool: Tool, signed_in: Any) -> None:
    tokens = tool.tokens(tool.asked(signed_in))
    waiting = tool.asked(signed_in)
    assert "Timeføring" in signed_in.get(PAGE).content.decode()

    assert signed_in.post(own(tool, "trekk")).status_code == 302

    assert tool.userinfo(tokens).status_code == 401
    with pytest.raises(Exception, match="invalid_grant"):
        tool.tokens(waiting)
    with firm_set(tool.firm.id), transaction.atomic():
        assert not Token.objects.exists()
    assert not signed_in.get(PAGE).context["firms"]
    assert signed_in.get(tool.question()).status_code == 200
    assert signed_in.post(own(tool, "trekk")).status_code == 404


def test_person_changes_what_is_told_and_what_was_given_out_ends(
    tool: Tool, signed_in: Any
) -> None:
    tokens = tool.tokens(tool.asked(signed_in))
    waiting = tool.asked(signed_in)
    signed_in.post(own(tool, "endre"), {"scope": ["email"]})
    assert tool.userinfo(tokens).status_code == 401
    with pytest.raises(Exception, match="invalid_grant"):
        tool.tokens(waiting)
    claims = tool.claims(tool.tokens(tool.asked(signed_in)))
    assert "email" in claims
    assert "name" not in claims


def test_token_made_while_consent_is_withdrawn_is_good_for_nothing(
    tool: Tool, signed_in: Any
) -> None:
    tokens = tool.tokens(tool.asked(signed_in))
    with firm_set(tool.firm.id), transaction.atomic():
        ToolConsent.objects.all().delete()  # and its token written a moment after
    assert tool.userinfo(tokens).status_code == 401


def test_answers_are_the_firms_own_and_no_other_firm_sees_them(
    tool: Tool, signed_in: Any, user: User, here: str
) -> None:
    second = other_firm()
    theirs = tool_of(second, here)
    add_user(second.id, user.email)
    tool.agreed(signed_in)
    theirs.agreed(signed_in)
    page = signed_in.get(PAGE).content.decode()
    assert "Furulund Regnskap AS" in page
    assert "Granli Økonomi AS" in page
    with firm_set(second.id), transaction.atomic():
        assert [row.tool_id for row in ToolConsent.objects.all()] == [theirs.registered.tool_id]
    with firm_set(None), transaction.atomic():
        assert not ToolConsent.objects.exists()
    mixed = f"{PAGE}{second.id}/{tool.registered.tool_id}/trekk/"
    assert signed_in.post(mixed).status_code == 404
    stranger = browser_of(person(second, "siv@granli.example"))
    assert stranger.post(own(tool, "trekk")).status_code == 404
    with (
        firm_set(second.id),
        pytest.raises(Exception, match="row-level security"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "insert into identity_toolconsent (firm_id, public_id, user_id, tool_id, asked, "
            "granted, given_at) values (%s, gen_random_uuid(), %s, %s, '', '', now())",
            [tool.firm.id, user.pk, tool.registered.tool_id],
        )
    theirs.client.close()


def test_who_has_left_the_firm_reaches_nothing_in_it(
    tool: Tool, signed_in: Any, user: User
) -> None:
    tool.agreed(signed_in)
    with firm_set(tool.firm.id), transaction.atomic():
        Membership.objects.filter(user=user).update(disabled_at=timezone.now())
    assert not signed_in.get(PAGE).context["firms"]
    assert signed_in.post(own(tool, "trekk")).status_code == 404
    assert signed_in.post(own(tool, "endre")).status_code == 404
    with firm_set(tool.firm.id), transaction.atomic():
        assert ToolConsent.objects.get().granted == "openid email profile"


def test_every_answer_is_in_the_firms_log(tool: Tool, signed_in: Any, user: User) -> None:
    tool.agreed(signed_in)
    signed_in.post(own(tool, "trekk"))
    with firm_set(tool.firm.id), transaction.atomic():
        entries = list(Entry.objects.filter(kind="identity_toolconsent").order_by("number"))
    assert [(one.action, one.user_id) for one in entries] == [
        ("insert", user.pk),
        ("delete", user.pk),
    ]
    assert entries[0].after["granted"] == "openid email profile"
