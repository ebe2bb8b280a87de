"""How fast the simulator itself serves transactions: it must not be what the others measure."""

from __future__ import annotations

import time

from bench.table import Row, median, rate
from simulators.poweroffice_go.testing import Simulator, start_simulator

LEAST_WITH_FIELDS = 50_000
LEAST_WITH_ALL = 15_000


def run(*, scale: float, rounds: int) -> list[Row]:
    """Pages of 20,000 with the connector's fields, and with every field there is."""
    from klientbro.connectors.poweroffice.postings import FIELDS

    with start_simulator(companies=1, scale=scale, requests_per_second=0) as simulator:
        token = simulator.token(simulator.install(1))
        _read(simulator, token, "Id")  # the books are made
        some, all_ = [], []
        for _ in range(rounds):
            some.append(_read(simulator, token, ",".join(FIELDS)))
            all_.append(_read(simulator, token, ""))
    return [
        _row("Simulator, the connector's fields", median(some), LEAST_WITH_FIELDS),
        _row("Simulator, every field", median(all_), LEAST_WITH_ALL),
    ]


def _read(simulator: Simulator, token: str, fields: str) -> float:
    """Rows a second over all pages of last year and this."""
    year = int(simulator.control("GET", "")["today"][:4])
    rows, started = 0, time.perf_counter()
    for first in (year - 1, year):
        number = 1
        while True:
            query: dict[str, str | int] = {
                "fromDate": f"{first}-01-01",
                "toDate": f"{first}-12-31",
                "PageNumber": number,
                "PageSize": 20_000,
                "OrderBy": "Id",
            }
            if fields:
                query["Fields"] = fields
            answer = simulator.get("/AccountTransactions", token, **query)
            assert answer.status_code in (200, 204), answer.text
            found = answer.content.count(b'"Id":')
            rows += found
            if found < 20_000:
                break
            number += 1
    return rows / (time.perf_counter() - started)


def _row(name: str, found: float, least: int) -> Row:
    return Row(
        name, rate(found), "", f"{found / least:.1f} ×", f"≥ {least:,} rows/s", found >= least
    )
