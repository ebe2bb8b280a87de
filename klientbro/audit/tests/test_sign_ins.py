"""Every way in and out leaves an entry in the person's firm, the refused ones too."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as DjangoBrowser

from klientbro.audit.models import Entry
from klientbro.audit.sign_ins import note_failed_sign_ins
from klientbro.identity.tests.support import PASSWORD, signed_in_with_password
from klientbro.tenants.context import firm as in_firm

pytestmark = pytest.mark.django_db(transaction=True)


def acts(firm: Any) -> list[tuple[str, int | None, str]]:
    with in_firm(firm.id):
        found = Entry.objects.filter(kind="tenants_user").order_by("number")
        return list(found.values_list("action", "user_id", "address"))


def test_every_way_in_and_out_leaves_an_entry(user: Any, firm_account: Any) -> None:
    browser = signed_in_with_password(user.email)
    new = "fire ord uten mening"
    browser.post("/konto/passord/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    browser.post("/konto/logg-ut/")

    told = acts(firm_account)
    assert [one[0] for one in told] == ["signed_in", "password_changed", "signed_out"]
    assert {one[1] for one in told} == {user.pk}
    assert {one[2] for one in told} == {"127.0.0.1"}


def test_failed_sign_in_leaves_an_entry_and_one_at_an_address_of_nobody_does_not(
    user: Any, firm_account: Any
) -> None:
    for email in (user.email, "ingen@furulund.example"):
        DjangoBrowser().post("/konto/logg-inn/", {"login": email, "password": "feil passord"})
    note_failed_sign_ins()  # what the worker does each minute
    assert [one[0] for one in acts(firm_account)] == ["sign_in_failed"]
