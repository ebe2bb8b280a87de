"""Strangers are led to sign in; whoever belongs to no firm is told so, wherever they turn."""

from __future__ import annotations

import pytest
from django.test import Client as DjangoBrowser

from klientbro.identity.tests.support import browser_of
from klientbro.tenants.models import User

pytestmark = pytest.mark.django_db
PAGES = ["/integrasjoner/", "/oversikt/", "/logg/", "/brukere/", "/finn/"]


@pytest.mark.parametrize("path", PAGES)
def test_person_of_no_firm_is_told_so_on_every_page(path: str) -> None:
    alone = User.objects.create_user("alene@example.no", name="Alene Uten Firma")
    answer = browser_of(alone).get(path)
    assert answer.status_code == 403
    assert "identity/no_firm.html" in {template.name for template in answer.templates}


@pytest.mark.parametrize("path", PAGES)
def test_stranger_is_led_to_sign_in_and_back_here(path: str) -> None:
    answer = DjangoBrowser().get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"/konto/logg-inn/?next={path}"
