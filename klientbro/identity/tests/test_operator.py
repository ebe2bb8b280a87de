"""What the operator does for a person: closed everywhere, and helped who lost a factor."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator

from klientbro.identity.operator import forget_factors, switch_off, switch_on
from klientbro.identity.tests.support import browser_of, signed_in_with_password
from klientbro.lib.errors import ConfigurationError
from klientbro.tenants.models import User

pytestmark = pytest.mark.django_db
WORK = "/integrasjoner/"


def test_closed_user_is_out_everywhere_and_stays_out(user: User) -> None:
    browsers = [browser_of(user), browser_of(user)]

    assert switch_off("Kari.Nordahl@furulund.example") == 2

    assert [one.get(WORK).status_code for one in browsers] == [302, 302]
    switch_on(user.email)
    assert [one.get(WORK).status_code for one in browsers] == [302, 302]  # sessions do not return
    assert signed_in_with_password(user.email).get(WORK).status_code == 200


def test_lost_factors_are_forgotten_and_sessions_with_them(user: User, signed_in: Any) -> None:
    for kind in ("totp", "recovery_codes", "webauthn"):
        Authenticator.objects.create(user=user, type=kind, data={})

    assert forget_factors(user.email) == 3

    assert signed_in.get(WORK).status_code == 302
    assert signed_in_with_password(user.email).get(WORK).status_code == 200


def test_unknown_address_is_told_with_its_cure(db: None) -> None:
    for act in (switch_off, switch_on, forget_factors):
        with pytest.raises(ConfigurationError, match="klientbro user create"):
            act("ukjent@furulund.example")
