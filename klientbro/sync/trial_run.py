"""«Send testdata»: fetch, decode and land one small batch for real, then roll it all back."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from datetime import timedelta
from uuid import UUID

import psycopg

from klientbro.connectors.contract import Resource, Unit
from klientbro.connectors.errors import ConnectorError
from klientbro.ledger.books import open_books
from klientbro.ledger.landing import (
    BooksKey,
    Landed,
    begin_landing,
    begin_run,
    copy_incoming,
    merge_incoming,
)
from klientbro.lib.dates import oslo_date
from klientbro.lib.errors import KlientbroError
from klientbro.sync.causes import Cause
from klientbro.sync.database import pool, start, transaction
from klientbro.sync.outcome import cause_of
from klientbro.sync.queue import LOOKING
from klientbro.sync.requests import request_lines_of
from klientbro.sync.surroundings import (
    CountingLog,
    SystemClock,
    envelopes_of,
    open_source,
    token_reference,
)
from klientbro.tenants.envelopes import Envelopes

logger = logging.getLogger(__name__)
DAYS = 31
TIME_LIMIT_SECONDS = 60.0


async def run_test_now(firm_id: UUID, test_run_id: int) -> None:
    """Runs the chain for the last month and writes counts, time, and the first error if any."""
    opened = await asyncio.to_thread(_open, firm_id, test_run_id)
    if opened is None:
        return
    system, secret, reference, connection_id, client_id, envelopes = opened
    began = time.monotonic()
    log = CountingLog()
    counts: dict[str, object] = {}
    cause = ""
    detail: dict[str, object] = {}
    source, _pacer, _connector = open_source(
        system, secret, reference, firm_id, envelopes, LOOKING, log
    )
    try:
        async with (
            request_lines_of(log, firm_id, connection_id, "test"),
            asyncio.timeout(TIME_LIMIT_SECONDS),
            source,
        ):
            check = await source.check()
            counts["company"] = check.company.name
            accounts = 0
            async for batch in source.read(Unit(Resource.ACCOUNTS)):
                accounts += len((await asyncio.to_thread(batch.rows)).rows)
            counts["accounts"] = accounts
            today = oslo_date(SystemClock().now())
            rows: list[tuple[object, ...]] = []
            unit = Unit(Resource.POSTINGS, first=today - timedelta(days=DAYS), last=today)
            async for batch in source.read(unit):
                rows.extend((await asyncio.to_thread(batch.rows)).rows)
                break  # one page is enough to show that the chain holds
            counts["postings"] = len(rows)
            landed = await asyncio.to_thread(
                _land_and_roll_back, firm_id, connection_id, client_id, rows
            )
            counts["landed"] = landed.new + landed.changed
    except ConnectorError as error:
        found, detail = cause_of(error)
        cause = found.value
    except TimeoutError:
        cause = Cause.UNREACHABLE.value
    except (KlientbroError, psycopg.Error):
        logger.exception("test run %s failed", test_run_id)
        cause = Cause.INTERNAL.value
    counts["requests"] = log.requests
    await asyncio.to_thread(
        _write, firm_id, test_run_id, counts, time.monotonic() - began, cause, detail
    )


def _land_and_roll_back(
    firm_id: UUID, connection_id: int, client_id: int, rows: list[tuple[object, ...]]
) -> Landed:
    """The landing a sync would do, into books that exist only until the roll-back.

    Done on the connection's own books where it has them: the lock waits its turn behind a running
    sync, and the fencing number goes back with everything else.
    """
    connection = pool().getconn()
    try:
        start(connection, firm_id)
        connection.execute("set local lock_timeout = '20s'")
        open_books(connection, firm_id, connection_id, client_id)
        key = BooksKey(firm_id, connection_id, begin_run(connection, connection_id))
        landed = begin_landing(connection, key)
        incoming = copy_incoming(connection, rows)
        merge_incoming(connection, key, landed, incoming.distinct, first=False)
        return landed
    finally:
        connection.rollback()
        pool().putconn(connection)


def _open(firm_id: UUID, test_run_id: int) -> tuple[str, str, str, int, int, Envelopes] | None:
    with transaction(firm_id) as cursor:
        row = cursor.execute(
            "update sync_testrun t set state = 'running' "
            "from clients_connection c join clients_integration i on i.id = c.integration_id "
            "where t.id = %s and t.state <> 'done' and c.id = t.connection_id "
            "and c.key_sealed is not null and c.client_id is not null "
            "returning i.system, c.key_sealed, c.key_hash, c.id, c.client_id",
            [test_run_id],
        ).fetchone()
        if row is None or not isinstance(row[1], bytes) or not isinstance(row[2], bytes):
            return None
        envelopes = envelopes_of(cursor, firm_id)
        return (
            str(row[0]),
            envelopes.open("client_key", row[1]),
            token_reference(row[2]),
            int(str(row[3])),
            int(str(row[4])),
            envelopes,
        )


def _write(
    firm_id: UUID,
    test_run_id: int,
    counts: dict[str, object],
    seconds: float,
    cause: str,
    detail: dict[str, object],
) -> None:
    with transaction(firm_id) as cursor:
        cursor.execute(
            "update sync_testrun set state = 'done', counts = %s::jsonb, seconds = %s, cause = %s, "
            "cause_detail = %s::jsonb where id = %s",
            [json.dumps(counts), seconds, cause, json.dumps(detail, default=str), test_run_id],
        )
