"""A passkey's name holds no personal number: the library keeps it in a row of its own."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from klientbro.clients.tests.fixtures import personal_number
from klientbro.identity.forms import AddForm
from klientbro.identity.tests.support import signed_in_with_password
from klientbro.tenants.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_new_name_of_a_passkey_is_masked(user: User) -> None:
    number = personal_number()
    browser = signed_in_with_password(user.email)
    passkey = Authenticator.objects.create(user=user, type="webauthn", data={"name": "Min"})
    answer = browser.post(
        reverse("mfa_edit_webauthn", args=[passkey.pk]), {"name": f"Telefonen {number}"}
    )
    assert answer.status_code == 302, answer.url
    passkey.refresh_from_db()
    assert passkey.data["name"] == f"Telefonen {number[:6]} *****"


def test_first_name_of_a_passkey_is_masked(user: User) -> None:
    number = personal_number()
    form = AddForm(data={"name": f"Nøkkelen {number}", "credential": ""}, user=user)
    assert not form.is_valid()
    assert form.cleaned_data["name"] == f"Nøkkelen {number[:6]} *****"
