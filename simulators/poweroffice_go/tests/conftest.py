"""One running simulator for all tests of this folder, put right again after each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from simulators.poweroffice_go.testing import Simulator, start_simulator

TODAY = "2026-06-15"


@pytest.fixture(scope="session")
def running() -> Iterator[Simulator]:
    with start_simulator(
        scale=0.1, today=TODAY, requests_per_second=0, slow_seconds=0.2, preinstalled=True
    ) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Iterator[Simulator]:
    """The simulator without faults, limits and logged requests of other tests."""
    running.clear_faults()
    running.settings(requests_per_second=0, token_lifetime=1200, slow_months=13, slow_rows=400_000)
    running.reset_requests()
    yield running
    running.clear_faults()


class Client:
    """Reads one company as a careful client of the real API would."""

    def __init__(self, simulator: Simulator, company: int) -> None:
        self.simulator = simulator
        self.company = company
        self.key = simulator.install(company)
        self.token = simulator.token(self.key)

    def get(self, path: str, **query: str | int):
        return self.simulator.get(path, self.token, **query)

    def rows(self, path: str, **query: str | int) -> list[dict]:
        answer = self.get(path, **{"PageSize": 20000, **query})
        assert answer.status_code in (200, 204), answer.text
        return answer.json() if answer.status_code == 200 else []

    def transactions(self, year: int, **query: str | int) -> list[dict]:
        return self.rows(
            "/AccountTransactions", fromDate=f"{year}-01-01", toDate=f"{year}-12-31", **query
        )


@pytest.fixture
def client(simulator: Simulator) -> Client:
    """The first company, an ordinary bakery."""
    return Client(simulator, 1)
