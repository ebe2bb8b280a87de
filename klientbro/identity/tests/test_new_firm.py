"""A firm asks for a second factor from its first day, but for a trial on one's own machine."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as DjangoBrowser

from klientbro.cli.run import is_trial
from klientbro.cli.user import firm_id_for
from klientbro.identity.tests.support import PASSWORD
from klientbro.identity.tests.test_second_factor import CODE, WORK, Clock, clock, turn_on
from klientbro.settings.environment import Environment, PowerOfficeSettings
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm, User
from klientbro.tenants.services import (
    add_user,
    create_firm,
    ensure_first_user,
    firms_without_second_factor,
)

__all__ = ["clock"]
pytestmark = pytest.mark.django_db
PRODUCT = Path(__file__).resolve().parents[2]
SET_UP = "/konto/totrinn/"


def first_browser(path: str) -> Any:
    """Somebody who has pressed the one-time link and chosen a password."""
    browser = DjangoBrowser()
    assert browser.post(path)["location"] == "/konto/passord/nytt/"
    chosen = {"password1": PASSWORD, "password2": PASSWORD}
    assert browser.post("/konto/passord/nytt/", chosen)["location"] == "/"
    return browser


def test_first_administrator_is_led_from_password_to_factor_to_codes_to_work(
    clock: Clock,
) -> None:
    path = ensure_first_user()
    assert path
    browser = first_browser(path)
    assert browser.get(WORK)["location"] == SET_UP
    assert "Én ting først" in browser.get(SET_UP).content.decode()

    page = browser.get(f"{SET_UP}app/")  # the password is not asked for again: it is new
    assert page.status_code == 200
    secret = page.context["form"].secret
    answer = browser.post(f"{SET_UP}app/", {"code": clock.next_code(secret)})

    assert answer["location"] == f"{SET_UP}koder/"
    assert len(browser.get(f"{SET_UP}koder/").context["unused_codes"]) == 10
    assert browser.get(WORK).status_code == 200


def test_firm_that_the_operator_makes_asks_for_it_also_of_whoever_is_invited(
    clock: Clock,
) -> None:
    firm_id = firm_id_for("Hegg Regnskap AS")
    _user, path = add_user(firm_id, "hege@hegg.example")
    administrator = first_browser(path)
    turn_on(administrator, clock)
    assert administrator.get(WORK).status_code == 200

    _other, path = add_user(firm_id, "ola@hegg.example")
    assert first_browser(path).get(WORK)["location"] == SET_UP


def test_firm_that_exists_keeps_what_it_has() -> None:
    existing = create_firm("Furulund Regnskap AS")
    assert firm_id_for("Furulund Regnskap AS") == existing.id
    with in_firm(existing.id):
        assert not Firm.objects.get(pk=existing.id).requires_second_factor
    assert firms_without_second_factor() == ["Furulund Regnskap AS"]


def test_trial_is_at_work_after_choosing_a_password() -> None:
    path = ensure_first_user(is_trial=True)
    assert path
    assert first_browser(path).get(WORK).status_code == 200
    # and the page of users says what that means
    browser = DjangoBrowser()
    login = {"login": User.objects.get().email, "password": PASSWORD}
    browser.post("/konto/logg-inn/", login)
    assert "ett stjålet passord nok" in browser.get("/brukere/").content.decode()
    assert browser.post("/konto/logg-inn/", login)["location"] != CODE


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"host": "::1", "public_url": "http://localhost:8000"}, True),
        ({"poweroffice": PowerOfficeSettings("application", "subscription")}, False),
        ({"host": "0.0.0.0"}, False),  # noqa: S104 that is the case
        ({"host": "192.0.2.7"}, False),
        ({"public_url": "https://klientbro.example"}, False),
        ({"public_url": "http://klientbro.example"}, False),
        ({"public_url": "https://localhost:8000"}, False),
    ],
)
def test_trial_is_the_stand_in_on_ones_own_machine_and_nothing_else(
    changed: dict[str, Any], expected: bool
) -> None:
    own: Environment = dataclasses.replace(
        settings.ENVIRONMENT,
        host="127.0.0.1",
        public_url="http://localhost:8000",
        poweroffice=PowerOfficeSettings(),
    )
    assert is_trial(dataclasses.replace(own, **changed)) is expected


def test_no_other_part_of_the_product_makes_a_firm() -> None:
    makers = {}
    for path in PRODUCT.rglob("*.py"):
        if "tests" in path.parts:
            continue
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if is_making(node)]
        if calls:
            makers[str(path.relative_to(PRODUCT))] = len(calls)
    assert makers == {"tenants/services.py": 3}  # Firm itself, found_firm, and the trial


def is_making(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    return called.endswith(("create_firm", "Firm.objects.create", "Firm.objects.get_or_create"))
