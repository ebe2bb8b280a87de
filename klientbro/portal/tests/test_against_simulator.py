"""Keys asked about at the real simulator, from the dialog to the saved row. Section 7."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser

from klientbro.clients.models import Connection, KeyCheck
from klientbro.clients.services import create_integration
from klientbro.portal.tests.conftest import PAGE
from klientbro.settings.environment import PowerOfficeSettings
from klientbro.sync.database import close_pool
from klientbro.sync.key_check import check_key_now
from klientbro.sync.tests.conftest import shared_simulator  # noqa: F401 a fixture
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import add_user, create_firm
from simulators.poweroffice_go.testing import Simulator

NEW = PAGE + "ny-klient/"


@pytest.fixture
def simulator(
    shared_simulator: Simulator,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Simulator]:
    shared_simulator.reset()
    monkeypatch.setattr(
        settings,
        "ENVIRONMENT",
        dataclasses.replace(
            settings.ENVIRONMENT,
            poweroffice=PowerOfficeSettings(
                application_key=shared_simulator.application_key,
                subscription_key=shared_simulator.subscription_key,
                api_url=shared_simulator.api_url,
                token_url=shared_simulator.token_url,
                requests_per_second=1000,
                is_simulator=True,
            ),
        ),
    )
    yield shared_simulator
    shared_simulator.clear_faults()


@dataclasses.dataclass
class Desk:
    """A signed-in person at a committed firm, and a worker that answers when told to."""

    firm: Any
    browser: Browser

    def type(self, **fields: str) -> str:
        """Sends the dialog, lets the worker ask the source, and reads what the dialog says."""
        began = self.post(NEW, **fields)
        assert "Kontrollerer nøkkelen …" in began, began
        with in_firm(self.firm.id):
            check = KeyCheck.objects.latest("id")
        asyncio.run(check_key_now(self.firm.id, check.pk))
        self.asked = f"{NEW}{check.public_id}/"
        del fields["key"]
        return self.post(self.asked, **fields)

    def post(self, address: str, **fields: str) -> str:
        found = self.browser.post(address, fields, headers={"HX-Request": "true"})
        return found.content.decode()

    def rows(self) -> list[Connection]:
        with in_firm(self.firm.id):
            return list(Connection.objects.filter(deleted_at=None).order_by("id"))


@pytest.fixture
def desk(transactional_db: None) -> Iterator[Desk]:
    close_pool()
    firm = create_firm("Furulund Regnskap AS")
    with in_firm(firm.id):
        create_integration("poweroffice")
    user, _link = add_user(firm.id, f"{firm.id}@furulund.example")
    browser = Browser()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    yield Desk(firm, browser)
    close_pool()


def ordinary(simulator: Simulator) -> dict[str, str]:
    about = simulator.company(1)
    return {"identifier": about["orgnr"], "name": about["name"], "key": simulator.install(1)}


def test_the_right_key_is_saved_with_the_sources_own_name(desk, simulator):
    fields = ordinary(simulator)
    desk.type(**fields)
    [row] = desk.rows()
    assert (row.api_active, row.is_active, row.source_name) == (True, False, fields["name"])


def test_a_wrong_key_is_rejected_and_nothing_saved(desk, simulator):
    fields = ordinary(simulator) | {"key": "11111111-1111-4111-8111-111111111111"}
    assert "avvist" in desk.type(**fields)
    assert desk.rows() == []


def test_the_key_of_another_company_shows_both_names(desk, simulator):
    fields = ordinary(simulator) | {"key": simulator.install(2)}
    said = desk.type(**fields)
    assert simulator.company(2)["name"] in said
    assert fields["name"] in said
    assert desk.rows() == []
    del fields["key"]
    desk.post(desk.asked, **fields, use_source="1")
    assert desk.rows()[0].orgnr == simulator.company(2)["orgnr"]


def test_a_revoked_key_is_rejected(desk, simulator):
    fields = ordinary(simulator)
    simulator.uninstall(1)
    assert "avvist" in desk.type(**fields)


def test_a_source_that_is_down_offers_to_save_without_a_check(desk, simulator):
    fields = ordinary(simulator)
    simulator.fault("503")
    assert "Lagre uten kontroll" in desk.type(**fields)
    assert desk.rows() == []
    del fields["key"]
    desk.post(desk.asked, **fields, unchecked="1")
    assert not desk.rows()[0].api_active
