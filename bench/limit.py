"""The limit of the pipeline: the same pages fetched, decoded and copied, and nothing else.

The same fields, decoder and COPY as ours, one page after the other in one process, into a table
without index, policy or history. Who reads this API into PostgreSQL in one process does no less.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import psycopg

from simulators.poweroffice_go.testing import Simulator

BARE = "bench_bare"


class Limit:
    """One company's pages into a bare table, as often as asked."""

    def __init__(self, simulator: Simulator, number: int, superuser_url: str) -> None:
        self._simulator = simulator
        self._key = simulator.install(number)
        self._url = superuser_url

    def seconds(self, units: list[Any], rows: int) -> float:
        """Seconds for the units; the table is made anew before the clock starts."""
        with psycopg.connect(self._url) as connection:
            connection.execute(f"drop table if exists {BARE}")
            connection.execute(f"create table {BARE} as select * from ledger_posting with no data")
            connection.execute("set synchronous_commit = off")
            connection.commit()
            started = time.perf_counter()
            asyncio.run(self._copy(connection, units))
            seconds = time.perf_counter() - started
            found = connection.execute(f"select count(*) from {BARE}").fetchone()
            assert found == (rows,), (found, rows)
            connection.execute(f"drop table {BARE}")
        return seconds

    async def _copy(self, connection: psycopg.Connection[Any], units: list[Any]) -> None:
        from klientbro.connectors.poweroffice.listings import question_of
        from klientbro.connectors.poweroffice.postings import decode_postings
        from klientbro.ledger.copying import copy_rows
        from klientbro.ledger.landing import POSTING_COLUMNS

        client = bare_client(self._simulator, self._key)
        try:
            for unit in units:
                question, number = question_of(unit), 1
                while True:
                    page = await client.page(question, number)
                    with connection.cursor() as cursor:
                        rows = decode_postings(page.content).rows
                        copy_rows(cursor, BARE, POSTING_COLUMNS, rows)
                    connection.commit()
                    if not page.has_more:
                        break
                    number += 1
        finally:
            await client.close()


def bare_client(simulator: Simulator, key: str) -> Any:
    """The connector's client alone: no shared allowance, tokens in memory."""
    from klientbro.connectors.contract import Grant
    from klientbro.connectors.poweroffice.client import Client
    from klientbro.connectors.poweroffice.settings import Settings
    from klientbro.connectors.stand_ins import plain_surroundings

    operator = {
        "application_key": simulator.application_key,
        "subscription_key": simulator.subscription_key,
        "api_url": simulator.api_url,
        "token_url": simulator.token_url,
    }
    return Client(Settings.read(operator), Grant(key, "bench"), plain_surroundings(operator))
