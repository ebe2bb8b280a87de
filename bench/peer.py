"""dlt, the peer: the same endpoint, the same PostgreSQL, its rows and sums checked afterwards."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from simulators.poweroffice_go.testing import Simulator

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv-bench-dlt"
LOCK = ROOT / "requirements" / "bench-dlt.txt"
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


def make_environment() -> Path:
    """The peer's own environment, filled with exactly what its lock says; its Python."""
    python = ENVIRONMENT / "bin" / "python"
    stamp = ENVIRONMENT / "filled-from.txt"
    lock = LOCK.read_text()
    if python.exists() and stamp.exists() and stamp.read_text() == lock:
        return python
    uv = str(Path(sys.prefix) / "bin" / "uv")
    subprocess.run(
        [uv, "venv", "-q", "--clear", f"--python={sys.executable}", ENVIRONMENT], check=True
    )
    subprocess.run(
        [uv, "pip", "sync", "-q", "--require-hashes", f"--python={python}", LOCK], check=True
    )
    stamp.write_text(lock)
    return python


class Peer:
    """Loads the units with dlt, each time into a new dataset."""

    def __init__(self, simulator: Simulator, number: int, superuser_url: str) -> None:
        self._simulator = simulator
        self._key = simulator.install(number)
        self._python = make_environment()
        self._numbers = itertools.count(1)
        self.version = ""
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            connection.execute(f"drop database if exists {DATABASE}")
            connection.execute(f"create database {DATABASE}")
        self._url = make_conninfo(superuser_url, dbname=DATABASE)

    def seconds(self, units: list[Any], rows: int, amount: Any, **changes: Any) -> float:
        """How long one load took; raises unless every row and the sum arrived."""
        dataset = f"run_{next(self._numbers)}"
        orders = self._orders(units, dataset) | changes
        done = subprocess.run(
            [self._python, Path(__file__).with_name("dlt_program.py")],
            input=json.dumps(orders),
            capture_output=True,
            text=True,
            timeout=60 * _MINUTES,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"dlt failed:\n{done.stderr[-2000:]}")
        said = json.loads(done.stdout.splitlines()[-1])
        self.version = said["version"]
        with psycopg.connect(self._url) as connection:
            found = connection.execute(
                "select count(*), count(distinct id), round(sum(abs(amount::numeric)), 2) "
                f"from {dataset}.account_transactions"
            ).fetchone()
            assert found == (rows, rows, amount), (found, rows, amount)
            connection.execute(f"drop schema {dataset} cascade")
            connection.execute(f"drop schema if exists {dataset}_staging cascade")
        return float(said["seconds"])

    def _orders(self, units: list[Any], dataset: str) -> dict[str, Any]:
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
            "database_url": _as_url(self._url),
        }


def _as_url(conninfo: str) -> str:
    """As a URL: what dlt reads. It wants a host before the path; libpq goes by the socket's."""
    from klientbro.database.urls import connection_parameters, url_from_parameters

    return url_from_parameters(connection_parameters(conninfo)).replace("@/", "@localhost/", 1)
