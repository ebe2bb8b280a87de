"""Fetches a unit's pages and copies each to a connection of its own, ahead of the one that merges.

Merging follows strictly page by page; this keeps the other core busy meanwhile. A copied page
stands in its transaction's temporary table and holds no lock anybody waits for.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace

from klientbro.connectors.contract import Batch, Decoded
from klientbro.ledger.landing import Incoming, Transaction
from klientbro.sync.context import Slice
from klientbro.sync.lanes import borrow, give_back, whole
from klientbro.sync.steps import Step

Fill = Callable[[Slice, Transaction, Batch], tuple[Decoded, Incoming]]


@dataclass(frozen=True, slots=True)
class Filled:
    """A page in its connection's temporary table. `batch` and `decoded` no longer hold its rows."""

    connection: Transaction
    batch: Batch
    decoded: Decoded
    incoming: Incoming


class Filling:
    """The pages of one unit, in order, each copied before it is asked for."""

    def __init__(self, work: Slice, step: Step, fill: Fill) -> None:
        self.step = step
        self.began = time.monotonic()
        self._work = work
        self._fill = fill
        self._pages: deque[asyncio.Task[Filled]] = deque()
        self._more = asyncio.Event()
        self._one_at_a_time = asyncio.Semaphore(1)
        self._is_enough = False
        self._reader = asyncio.create_task(self._read())
        self._reader.add_done_callback(lambda _reader: self._more.set())

    async def next(self) -> Filled | None:
        """The next page; None after the last. Raises what fetching or copying it raised.

        The caller has the page's connection from then on, until it says `landed`.
        """
        while not self._pages:
            if self._reader.done():
                await self._reader
                return None
            self._more.clear()
            await self._more.wait()
        page = self._pages[0]
        filled = await asyncio.shield(page)
        self._pages.popleft()
        return filled

    async def landed(self, page: Filled) -> None:
        """The page has merged, or never will: another may be copied."""
        try:
            await give_back(page.connection)
        finally:
            self._work.lanes.release()

    @property
    def has_come(self) -> bool:
        """Whether every page of the unit has been fetched."""
        return self._reader.done()

    def enough(self) -> None:
        """No more is fetched; pages that have come are still given out."""
        self._is_enough = True
        self._reader.cancel()

    async def stop(self) -> None:
        """Ends it all; what was copied is undone."""
        self._reader.cancel()
        for page in self._pages:
            page.cancel()
        await asyncio.gather(self._reader, *self._pages, return_exceptions=True)
        while self._pages:
            page = self._pages.popleft()
            if page.cancelled() or page.exception() is not None:
                self._work.lanes.release()
            else:
                await self.landed(page.result())

    async def _read(self) -> None:
        try:
            async with aclosing(self._work.source.read(self.step.unit())) as batches:
                async for batch in batches:
                    await self._work.lanes.acquire()
                    self._pages.append(asyncio.create_task(self._copied(batch)))
                    self._more.set()
                    del batch  # up to 15 MB
        except asyncio.CancelledError:
            if not self._is_enough:
                raise

    async def _copied(self, batch: Batch) -> Filled:
        async with self._one_at_a_time:  # two decoded at once take the memory of two
            connection = await borrow()
            try:
                decoded, incoming = await whole(self._fill, self._work, connection, batch)
            except BaseException:
                await give_back(connection)
                raise
        return Filled(connection, replace(batch, rows=_let_go), decoded, incoming)


def _let_go() -> Decoded:
    raise RuntimeError("this page has been decoded and let go")
