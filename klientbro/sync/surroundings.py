"""What a source is given to work with: pace, clock, shared tokens, and a count of its requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID
from weakref import WeakKeyDictionary

import httpx
from django.conf import settings

from klientbro.connectors.contract import Connector, Grant, Sent, Source, Surroundings
from klientbro.connectors.registry import connector
from klientbro.ledger.landing import Transaction
from klientbro.lib.outgoing import AsyncTransport, Peers
from klientbro.sync.budget import PriorityPacer
from klientbro.sync.database import transaction
from klientbro.tenants.envelopes import Envelopes
from klientbro.tenants.keys import READ_KEYS, envelopes_from


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class CountingLog:
    """Counts sends for the run's figures, and holds their lines until they are written."""

    requests: int = 0
    failed: int = 0
    bytes_received: int = 0
    counted: tuple[int, int, int] = (0, 0, 0)  # of these three, what the run's figures have
    lines: list[tuple[datetime, Sent]] = field(default_factory=list)

    def record(self, sent: Sent) -> None:
        self.requests += 1
        self.bytes_received += sent.bytes_received
        if sent.failure or sent.status == 0 or sent.status >= 400:
            self.failed += 1
        self.lines.append((datetime.now(UTC) - timedelta(seconds=sent.seconds), sent))


@dataclass(frozen=True, slots=True)
class SealedTokens:
    """Access tokens shared by all workers, sealed under the firm's data key."""

    firm_id: UUID
    envelopes: Envelopes

    async def read(self, reference: str) -> tuple[str, datetime] | None:
        return await asyncio.to_thread(self._read, reference)

    async def write(self, reference: str, token: str, expires_at: datetime) -> None:
        await asyncio.to_thread(self._write, reference, token, expires_at)

    async def forget(self, reference: str) -> None:
        await asyncio.to_thread(self._forget, reference)

    def _read(self, reference: str) -> tuple[str, datetime] | None:
        with transaction(self.firm_id) as cursor:
            row = cursor.execute(
                "select sealed, expires_at from sync_accesstoken where reference = %s "
                "and expires_at > clock_timestamp()",
                [reference],
            ).fetchone()
        if row is None or not isinstance(row[0], bytes) or not isinstance(row[1], datetime):
            return None
        return self.envelopes.open(f"token|{reference}", row[0]), row[1]

    def _write(self, reference: str, token: str, expires_at: datetime) -> None:
        with transaction(self.firm_id) as cursor:
            cursor.execute(
                "insert into sync_accesstoken (firm_id, reference, sealed, expires_at) "
                "values (%s, %s, %s, %s) on conflict (firm_id, reference) do update "
                "set sealed = excluded.sealed, expires_at = excluded.expires_at",
                [
                    self.firm_id,
                    reference,
                    self.envelopes.seal(f"token|{reference}", token),
                    expires_at,
                ],
            )

    def _forget(self, reference: str) -> None:
        with transaction(self.firm_id) as cursor:
            cursor.execute("delete from sync_accesstoken where reference = %s", [reference])


def envelopes_of(cursor: Transaction, firm_id: UUID) -> Envelopes:
    """The firm's envelopes, read in a transaction of that firm."""

    def read() -> list[tuple[object, ...]]:
        with transaction(firm_id) as again:
            return again.execute(READ_KEYS, [firm_id]).fetchall()

    return envelopes_from(firm_id, cursor.execute(READ_KEYS, [firm_id]).fetchall(), read)


def token_reference(key_hash: bytes) -> str:
    """Tokens follow the key, so that the check's token serves the first sync of the connection."""
    return key_hash.hex()[:40]


# One pool of lines for each event loop that asked for it: a worker's jobs follow each other within
# milliseconds, and a new line takes its handshake after its slot has been counted.
_lines: WeakKeyDictionary[asyncio.AbstractEventLoop, httpx.AsyncBaseTransport] = WeakKeyDictionary()
LINES_KEPT, LINE_KEPT_SECONDS = 64, 30.0


@asynccontextmanager
async def lines_kept_open() -> AsyncIterator[None]:
    """Sources opened in this event loop share their lines until the block ends."""
    loop = asyncio.get_running_loop()
    limits = httpx.Limits(
        max_connections=None,
        max_keepalive_connections=LINES_KEPT,
        keepalive_expiry=LINE_KEPT_SECONDS,
    )
    operator = settings.ENVIRONMENT.poweroffice
    # each source asks fewer: those of its own system
    peers = Peers.at(operator.api_url, operator.token_url)
    async with AsyncTransport(peers, limits) as transport:
        _lines[loop] = transport
        try:
            yield
        finally:
            del _lines[loop]


def open_source(
    system: str,
    key: str,
    reference: str,
    firm_id: UUID,
    envelopes: Envelopes,
    priority: int,
    log: CountingLog,
    connection_id: int | None = None,
) -> tuple[Source, PriorityPacer, Connector]:
    """A source for one grant, paced by the shared allowance at the given priority."""
    found = connector(system)
    operator = settings.ENVIRONMENT.poweroffice
    pacer = PriorityPacer(
        found.key,
        operator.requests_per_second
        if found.key == "poweroffice"
        else found.pace.requests_per_second,
        priority,
        firm_id,
        connection_id,
    )
    surroundings = Surroundings(
        pacer=pacer,
        clock=SystemClock(),
        tokens=SealedTokens(firm_id, envelopes),
        log=log,
        operator=settings.ENVIRONMENT.operator_settings(found.key),
        transport=_lines.get(asyncio.get_running_loop()),
    )
    return found.open(Grant(key, reference), surroundings), pacer, found
