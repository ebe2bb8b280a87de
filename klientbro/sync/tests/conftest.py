"""A real simulator over HTTP, connections to its companies, and syncs run to their end."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from klientbro.clients.models import Client, Connection, Integration
from klientbro.connectors import http
from klientbro.connectors.poweroffice import client, paging
from klientbro.connectors.poweroffice import settings as poweroffice_settings
from klientbro.domain.identifier import IdentifierKind
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.settings.environment import PowerOfficeSettings
from klientbro.sync.database import close_pool, transaction
from klientbro.sync.tests.support import PAGE, Connected
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import firm_envelopes
from simulators.poweroffice_go.testing import Simulator, start_simulator


@pytest.fixture
def small_pages_and_little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BACK_OFF_SECONDS", (0.01, 0.02))
    monkeypatch.setattr(poweroffice_settings, "TIMEOUT_SECONDS", 5.0)
    monkeypatch.setattr(paging, "PAGE_SIZE", PAGE)
    monkeypatch.setattr(client, "PAGE_SIZE", PAGE)


_SIMULATOR = pytest.StashKey[Simulator]()


@pytest.fixture(scope="session")
def shared_simulator(pytestconfig: pytest.Config) -> Simulator:
    """One for the whole process: each module that imports this fixture has one of its own else."""
    if _SIMULATOR not in pytestconfig.stash:
        started = start_simulator(requests_per_second=0, slow_seconds=0.3, companies=22)
        pytestconfig.stash[_SIMULATOR] = started
        pytestconfig.add_cleanup(started.stop)
    return pytestconfig.stash[_SIMULATOR]


@pytest.fixture
def simulator(shared_simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """The simulator as it was started, and settings that lead to it without pacing."""
    shared_simulator.reset()
    shared_simulator.settings(requests_per_second=0)
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


@pytest.fixture
def books_firm(transactional_db: None) -> Iterator[Any]:
    """A committed firm: sync works on connections of its own."""
    from klientbro.tenants.services import create_firm

    close_pool()
    with transaction(None) as cursor:  # what belongs to no firm and an earlier test left behind
        cursor.execute(
            "delete from sync_schedule; delete from sync_budget; delete from sync_budgetwait; "
            "delete from sync_budgetshare; delete from sync_budgetminute; "
            "delete from procrastinate_events; delete from procrastinate_periodic_defers; "
            "delete from procrastinate_jobs; delete from procrastinate_workers"
        )
    yield create_firm("Furulund Regnskap AS")
    close_pool()


@pytest.fixture
def connect(books_firm: Any, simulator: Simulator) -> Callable[..., Connected]:
    """Makes an active connection to a company by its special trait or number."""

    def make(company: str | int) -> Connected:
        about = (
            simulator.special(company) if isinstance(company, str) else simulator.company(company)
        )
        number = about["number"]
        key = simulator.install(number)
        with in_firm(books_firm.id):
            envelopes = firm_envelopes()
            integration, _ = Integration.objects.get_or_create(
                firm=books_firm, system="poweroffice"
            )
            orgnr = about["orgnr"] or "310000019"
            digest = envelopes.equality_hash("identifier", orgnr)
            client = Client.objects.create(
                firm=books_firm,
                name=about["name"],
                sort_key=norwegian_sort_key(about["name"]),
                identifier_kind=IdentifierKind.ORGNR,
                orgnr=orgnr[:9],
                identifier_hash=digest,
            )
            connection = Connection.objects.create(
                firm=books_firm,
                integration=integration,
                client=client,
                name=about["name"],
                sort_key=norwegian_sort_key(about["name"]),
                identifier_kind=IdentifierKind.ORGNR,
                orgnr=orgnr[:9],
                identifier_hash=digest,
                key_sealed=envelopes.seal("client_key", key),
                key_hash=envelopes.equality_hash("client_key", key),
                is_active=True,
                api_active=True,
            )
        return Connected(books_firm, connection, simulator, number)

    return make
