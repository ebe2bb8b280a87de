"""dlt, the peer: the same endpoint, the same PostgreSQL, its rows and sums checked afterwards."""

from __future__ import annotations

import itertools
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from bench.environments import make_environment
from bench.watching import watched
from simulators.poweroffice_go.testing import Simulator

DATABASE = "bench_dlt"
STRATEGY = "upsert"
# As in our table: without these its amounts would be floats and its dates text.
COLUMNS = {
    **{name: {"data_type": "decimal"} for name in ("Amount", "CurrencyAmount", "VatAmount")},
    "VatRate": {"data_type": "decimal"},
    **{name: {"data_type": "date"} for name in ("PostingDate", "VoucherDate")},
    **{
        name: {"data_type": "timestamp"}
        for name in ("CreatedDateTimeOffset", "LastChangedDateTimeOffset")
    },
}
_MINUTES = 10


@dataclass(frozen=True, slots=True)
class PeerRun:
    """What one run took; its clock starts when dlt has been imported."""

    seconds: float
    megabytes: float


class Peer:
    """Loads the units with dlt, each time into a new dataset."""

    def __init__(self, simulator: Simulator, number: int, superuser_url: str) -> None:
        self._simulator = simulator
        self._key = simulator.install(number)
        self._python = make_environment("dlt")
        self._numbers = itertools.count(1)
        self.version = ""
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            connection.execute(f"drop database if exists {DATABASE}")
            connection.execute(f"create database {DATABASE}")
        self._url = make_conninfo(superuser_url, dbname=DATABASE)

    @property
    def address(self) -> str:
        """The peers' own database, as a URL."""
        return as_url(self._url)

    def seconds(self, units: list[Any], rows: int, amount: Any, **changes: Any) -> float:
        """How long one load took; raises unless every row and the sum arrived."""
        dataset = f"run_{next(self._numbers)}"
        done = self.run(self.orders(units, dataset) | changes)
        found = self.ask(
            "select count(*), count(distinct id), round(sum(abs(amount::numeric)), 2) "
            f"from {dataset}.account_transactions"
        )
        assert found == (rows, rows, amount), (found, rows, amount)
        self.drop(dataset, f"{dataset}_staging")
        return done.seconds

    def run(self, orders: dict[str, Any]) -> PeerRun:
        """One pipeline run in a process of its own."""
        process = subprocess.Popen(
            [self._python, Path(__file__).with_name("dlt_program.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with watched(process.pid) as watch:
            output, errors = process.communicate(json.dumps(orders), timeout=60 * _MINUTES)
        if process.returncode != 0:
            raise RuntimeError(f"dlt failed:\n{errors[-2000:]}")
        said = json.loads(output.splitlines()[-1])
        self.version = said["version"]
        return PeerRun(float(said["seconds"]), watch.megabytes)

    def ask(self, query: str) -> tuple[Any, ...] | None:
        """The first row of a query in the peers' database."""
        with psycopg.connect(self._url) as connection:
            return connection.execute(query).fetchone()

    def drop(self, *schemas: str) -> None:
        with psycopg.connect(self._url) as connection:
            for schema in schemas:
                connection.execute(f"drop schema if exists {schema} cascade")

    def orders(self, units: list[Any], dataset: str) -> dict[str, Any]:
        """What to ask for, and where to put it."""
        from klientbro.connectors.poweroffice.listings import question_of
        from klientbro.connectors.poweroffice.paging import PAGE_SIZE

        token = self._simulator.token(self._key)
        return {
            "base_url": self._simulator.api_url,
            "path": "/AccountTransactions",
            "headers": self._simulator.headers(token),
            "queries": [
                {**question_of(unit).query, "PageSize": PAGE_SIZE, "OrderBy": "Id"}
                for unit in units
            ],
            "columns": COLUMNS,
            "strategy": STRATEGY,
            "dataset": dataset,
            "database_url": self.address,
        }


def as_url(conninfo: str) -> str:
    """As a URL: what dlt reads. It wants a host before the path; libpq goes by the socket's."""
    from klientbro.database.urls import connection_parameters, url_from_parameters

    return url_from_parameters(connection_parameters(conninfo)).replace("@/", "@localhost/", 1)
