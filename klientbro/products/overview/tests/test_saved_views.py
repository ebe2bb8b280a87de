"""A saved view is the person's own: others of the firm neither see it nor take it away."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as DjangoBrowser
from django.urls import reverse

from klientbro.products.overview.models import SavedView
from klientbro.tenants.models import User
from klientbro.tenants.services import add_user

pytestmark = pytest.mark.django_db


def test_another_persons_view_is_not_listed_and_not_deleted(
    signed_in: Any, firm: Any, user: User
) -> None:
    signed_in.post(reverse("overview:save_view"), {"name": "Mine som haster", "vis": "forfalt"})
    view = SavedView.objects.get(user=user)
    other, _path = add_user(firm.id, "ola@furulund.example", "Ola Brekke")
    browser = DjangoBrowser()
    browser.force_login(other, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert "Mine som haster" not in browser.get("/oversikt/").content.decode()
    assert browser.post(reverse("overview:delete_view", args=[view.public_id])).status_code == 404
    assert SavedView.objects.filter(pk=view.pk).exists()
    signed_in.post(reverse("overview:delete_view", args=[view.public_id]))
    assert not SavedView.objects.filter(pk=view.pk).exists()
