"""The key of a firm's issuer is followed by another, or taken away, with a real tool beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.db import transaction
from django.utils import timezone

from klientbro.audit.models import Entry
from klientbro.identity.openid_provider import keys
from klientbro.identity.openid_provider.models import SigningKey
from klientbro.identity.tasks import tidy_now
from klientbro.identity.tests.support import browser_of, person
from klientbro.identity.tests.test_tools import Tool, here, tool
from klientbro.tenants.context import firm_set
from klientbro.tenants.models import Firm, Membership

__all__ = ["here", "tool"]
pytestmark = pytest.mark.django_db(transaction=True)
PAGE, NEW, LEAKED = (
    "/brukere/verktoy/",
    "/brukere/verktoy/nokkel/ny/",
    "/brukere/verktoy/nokkel/lekket/",
)


def published(tool: Tool) -> list[str]:
    answer = httpx.get(tool.metadata["jwks_uri"], timeout=60)
    assert answer.headers["Cache-Control"].startswith("max-age=")
    return [key["kid"] for key in answer.json()["keys"]]


def aged(tool: Tool, age: timedelta) -> None:
    with firm_set(tool.firm.id), transaction.atomic():
        SigningKey.objects.exclude(retired_at=None).update(retired_at=timezone.now() - age)


def test_new_key_signs_and_what_the_old_one_signed_is_good_until_it_is_over(
    tool: Tool, signed_in: Any
) -> None:
    old = published(tool)
    before = tool.tokens(tool.asked(signed_in))

    assert signed_in.post(NEW).status_code == 302

    assert set(published(tool)) > set(old)
    assert tool.claims(before)["firm"] == str(tool.firm.id)
    after = tool.tokens(tool.asked(signed_in))
    assert tool.claims(after)["firm"] == str(tool.firm.id)
    shown = signed_in.get(PAGE).context["keys"]
    assert [one.told_until is None for one in shown] == [True, False]
    aged(tool, keys.KEPT + timedelta(seconds=1))
    assert len(published(tool)) == 1
    assert published(tool) != old
    with pytest.raises(Exception, match=r"No key|signature|kid"):
        tool.claims(before)
    assert tool.claims(after)["firm"] == str(tool.firm.id)
    tidy_now(timezone.now())
    with firm_set(tool.firm.id), transaction.atomic():
        assert SigningKey.objects.count() == 1


def test_key_that_has_leaked_is_gone_at_once_when_it_is_confirmed(
    tool: Tool, signed_in: Any
) -> None:
    signed_in.post(NEW)
    old = published(tool)
    before = tool.tokens(tool.asked(signed_in))
    assert "lekket" in signed_in.get(LEAKED).content.decode()
    assert published(tool) == old  # asking is not doing

    assert signed_in.post(LEAKED).status_code == 302

    assert len(published(tool)) == 1
    assert not set(published(tool)) & set(old)
    with pytest.raises(Exception, match=r"No key|signature|kid"):
        tool.claims(before)
    assert tool.claims(tool.tokens(tool.asked(signed_in)))["firm"] == str(tool.firm.id)
    with firm_set(tool.firm.id), transaction.atomic():
        entry = Entry.objects.get(action="tool_key_leaked")
        assert entry.after == {"removed": 2}


def test_tools_are_told_to_forget_our_keys_before_an_old_one_is_gone(
    tool: Tool, signed_in: Any
) -> None:
    signed_in.post(NEW)
    aged(tool, keys.KEPT - timedelta(seconds=20))
    answer = httpx.get(tool.metadata["jwks_uri"], timeout=60)
    seconds = int(answer.headers["Cache-Control"].split("=")[1].split(",")[0])
    assert 0 <= seconds <= 20


def test_of_two_presses_after_each_other_one_key_signs(tool: Tool, signed_in: Any) -> None:
    signed_in.post(NEW)
    signed_in.post(NEW)
    with firm_set(tool.firm.id), transaction.atomic():
        assert SigningKey.objects.filter(retired_at=None).count() == 1
        assert SigningKey.objects.count() == 3


def test_only_administrators_change_keys_and_only_where_there_are_tools(
    signed_in: Any, firm_account: Firm, here: str
) -> None:
    assert signed_in.post(NEW).status_code == 404
    assert signed_in.post(LEAKED).status_code == 404
    ola = person(firm_account, "ola@furulund.example")
    with firm_set(firm_account.id), transaction.atomic():
        Membership.objects.filter(user=ola).update(role="reader")
        assert not SigningKey.objects.exists()
    assert browser_of(ola).post(NEW).status_code == 403
    assert browser_of(ola).post(LEAKED).status_code == 403
