"""A running simulator for the tests of this folder, put back to its beginning after each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from klientbro.connectors.contract import Grant, Known, Surroundings
from klientbro.connectors.poweroffice.source import PowerOfficeSource
from klientbro.connectors.stand_ins import plain_surroundings
from simulators.poweroffice_go.testing import Simulator, start_simulator

TODAY = date(2026, 11, 22)


@dataclass(frozen=True)
class Connected:
    """A company of the simulator with the extension added."""

    simulator: Simulator
    number: int
    key: str

    def surroundings(self, **operator: str) -> Surroundings:
        return plain_surroundings(
            {
                "application_key": self.simulator.application_key,
                "subscription_key": self.simulator.subscription_key,
                "api_url": self.simulator.api_url,
                "token_url": self.simulator.token_url,
                "timeout_seconds": "5",
                **operator,
            }
        )

    def open(
        self, surroundings: Surroundings | None = None, key: str | None = None
    ) -> PowerOfficeSource:
        return PowerOfficeSource(
            Grant(key or self.key, "connection-1"), surroundings or self.surroundings()
        )

    def fault(self, kind: str, path: str = "*", **rule: Any) -> None:
        self.simulator.fault(kind, company=self.number, path=path, **rule)

    @property
    def known(self) -> Known:
        """Three closed calendar years and the current one."""
        years = tuple((date(y, 1, 1), date(y, 12, 31)) for y in range(2023, TODAY.year + 1))
        return Known(TODAY, years)


@pytest.fixture(scope="session")
def simulator() -> Iterator[Simulator]:
    with start_simulator(requests_per_second=0, today=TODAY, slow_seconds=0.1) as running:
        yield running


@pytest.fixture
def company(simulator: Simulator) -> Iterator[Connected]:
    """An ordinary bakery with some ten thousand postings."""
    yield Connected(simulator, 1, simulator.install(1))
    simulator.reset()
