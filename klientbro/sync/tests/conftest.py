"""A real simulator over HTTP, connections to its companies, and syncs run to their end."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings

from klientbro.clients.models import Client, Connection, Integration
from klientbro.domain.identifier import IdentifierKind
from klientbro.lib.sorting import norwegian_sort_key
from klientbro.settings.environment import PowerOfficeSettings
from klientbro.sync.database import close_pool, transaction
from klientbro.sync.engine import run_slice
from klientbro.sync.queue import LOOKING
from klientbro.sync.services import queue_sync
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import firm_envelopes
from simulators.poweroffice_go.testing import Simulator, start_simulator


@pytest.fixture(scope="session")
def shared_simulator() -> Iterator[Simulator]:
    with start_simulator(requests_per_second=0, slow_seconds=0.3, companies=22) as simulator:
        yield simulator


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
    yield create_firm("Furulund Regnskap AS")
    close_pool()


@dataclasses.dataclass
class Connected:
    """One active connection to a simulated company."""

    firm: Any
    connection: Connection
    simulator: Simulator
    number: int

    def sync(self, reason: str = "looking", *, full: bool = False, accept: bool = False) -> None:
        """Queues and runs slices until no steps are left or the run has ended with a cause."""
        with in_firm(self.firm.id):
            queue_sync(self.connection, reason=reason, full=full, accept_vanished=accept)
        self.run()

    def run(self) -> None:
        for _ in range(100):
            asyncio.run(run_slice(self.firm.id, self.connection.pk, LOOKING))
            if not self.rows(self.mine("select 1 from sync_step")) or self.cause:
                return
        raise AssertionError("the run did not end")

    @property
    def cause(self) -> str:
        found = self.rows(self.mine("select cause from sync_state"))
        return str(found[0][0]) if found else ""

    def mine(self, query: str) -> str:
        """The query narrowed to this connection."""
        return f"{query} where connection_id = {self.connection.pk}"

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with transaction(self.firm.id) as cursor:
            return cursor.execute(query).fetchall()

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]


@pytest.fixture
def connect(books_firm: Any, simulator: Simulator) -> Callable[..., Connected]:
    """Makes an active connection to a company by its special trait or number."""

    def make(company: str | int) -> Connected:
        about = simulator.special(company) if isinstance(company, str) else simulator.company(company)
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
