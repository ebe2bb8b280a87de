"""Connections a page is landed on, and threads that are never left while they write on one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

import psycopg

from klientbro.ledger.landing import Transaction
from klientbro.sync.database import pool

P = ParamSpec("P")
R = TypeVar("R")


async def whole(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs in a thread and never returns before the thread has: it uses a connection of ours.

    A cancelled job would otherwise hand the connection back while the thread still writes on it.
    """
    thread = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.wait([thread])
        if not thread.cancelled():
            thread.exception()
        raise


async def borrow() -> Transaction:
    """A connection of the pool, given back when the job was cancelled while it waited."""
    thread = asyncio.ensure_future(asyncio.to_thread(pool().getconn))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        await asyncio.wait([thread])
        if not thread.cancelled() and thread.exception() is None:
            pool().putconn(thread.result())
        raise


async def give_back(connection: Transaction) -> None:
    """Undoes what stands open, and returns the connection to the pool."""
    try:
        with suppress(psycopg.Error):  # a line that is cut cannot be rolled back, nor need it be
            await whole(connection.rollback)
    finally:
        pool().putconn(connection)
