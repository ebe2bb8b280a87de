"""What one slice of a run works with: whose books, the opened source, and the clock."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from klientbro.connectors.contract import Connector, Source
from klientbro.ledger.books import Books, read_books
from klientbro.ledger.landing import BooksKey, FencedError, Transaction, check_fence
from klientbro.sync.budget import PriorityPacer
from klientbro.sync.causes import Cause
from klientbro.sync.database import LANES, transaction
from klientbro.sync.surroundings import CountingLog

if TYPE_CHECKING:
    from klientbro.sync.filling import Filling
    from klientbro.sync.steps import Step

SLICE_SECONDS = 10.0
# Set when this process's worker has been told to stop.
STOPPING = threading.Event()


class StopRun(Exception):
    """Ends the run with a cause from the closed list."""

    def __init__(self, cause: Cause, **detail: object) -> None:
        super().__init__(cause.value)
        self.cause = cause
        self.detail = detail


@dataclass(slots=True)
class Slice:
    """One job's share of a run."""

    firm_id: UUID
    connection_id: int
    key: BooksKey
    source: Source
    connector: Connector
    pacer: PriorityPacer
    log: CountingLog
    today: date
    reason: str
    accepts_vanishing: bool
    priority: int
    source_company: str = ""
    key_hash: bytes = b""
    fetch_from: date | None = None  # the firm's own choices for the client
    year_start_month: int | None = None
    started: float = field(default_factory=time.monotonic)
    run_id: UUID | None = None
    following: Sequence[Step] = ()  # the steps behind the current one, when it was taken
    ahead: Filling | None = None  # the next unit, begun before its turn
    lanes: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LANES))

    @property
    def is_over(self) -> bool:
        """Time to give way: to somebody's «Oppdater nå», or because the worker is to stop."""
        return STOPPING.is_set() or time.monotonic() - self.started > SLICE_SECONDS

    @contextmanager
    def fenced(self) -> Iterator[Transaction]:
        """A transaction that only the newest run of this client can begin."""
        with transaction(self.firm_id) as cursor:
            check_fence(cursor, self.key)
            yield cursor

    def books(self, cursor: Transaction) -> Books:
        """The books as they stand in this transaction; FencedError when they are gone."""
        books = read_books(cursor, self.connection_id)
        if books is None:
            raise FencedError(f"connection {self.connection_id} has no books any more")
        return books
