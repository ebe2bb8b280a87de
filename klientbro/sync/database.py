"""The workers' own database connections: one pool a process, the firm set in every transaction."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connections
from psycopg_pool import ConnectionPool

from klientbro.ledger.landing import Transaction
from klientbro.tenants.context import SETTING

IDLE_SECONDS = 20
LANES = 3  # pages of one client copied or being copied, each on a connection of its own
# A page copied ahead holds no lock anybody waits for, and its turn may come after a proof.
WAITING_SECONDS = 120

_pool: ConnectionPool[Transaction] | None = None
_lock = threading.Lock()


def _reset(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Contains a session-wide setting made by mistake; ours are all transaction-local."""
    connection.execute(f"reset {SETTING}")
    connection.commit()


def _configure(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """A paused process must not keep a client's row locked: the server ends its transaction."""
    connection.execute(f"set idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
    connection.commit()


def pool() -> ConnectionPool[Transaction]:
    """The process's pool, made when first asked for."""
    global _pool
    with _lock:
        if _pool is None:
            parameters = connections["default"].get_connection_params()
            kwargs = {
                name: value
                for name, value in parameters.items()
                if name not in ("cursor_factory", "context", "prepare_threshold", "client_encoding")
            }
            _pool = ConnectionPool(
                kwargs=kwargs,
                min_size=1,
                max_size=settings.ENVIRONMENT.worker_concurrency * (LANES + 1) + 4,
                configure=_configure,
                reset=_reset,
                # after a restart of the database every idle connection is dead: found out here
                check=ConnectionPool.check_connection,
                open=True,
                timeout=30,
                name="klientbro-sync",
            )
        return _pool


def renew_dead_lines() -> None:
    """After a cut every idle connection is dead, and found one by one each costs a longer wait."""
    if _pool is not None:
        _pool.check()


def close_pool() -> None:
    """Closes the process's pool, for a clean stop and between tests."""
    global _pool
    with _lock:
        if _pool is not None:
            _pool.close()
            _pool = None


@contextmanager
def transaction(firm_id: UUID | None, *, relaxed: bool = False) -> Iterator[Transaction]:
    """One transaction for one firm; commits when the block ends without an error.

    `relaxed`: commit without waiting for the disk. Safe for landings: if the machine dies, rows
    and cursor vanish together.
    """
    with pool().connection() as connection:
        start(connection, firm_id, relaxed=relaxed)
        yield connection


def may_wait(connection: Transaction) -> None:
    """Lets this transaction stand idle for longer, as long as it holds no lock but its own."""
    connection.execute(f"set local idle_in_transaction_session_timeout = '{WAITING_SECONDS}s'")


def waits_no_more(connection: Transaction) -> None:
    """From here on the transaction holds locks: a paused process must lose them soon."""
    connection.execute(f"set local idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")


def start(connection: Transaction, firm_id: UUID | None, *, relaxed: bool = False) -> None:
    """Begins the transaction's settings on a connection that a caller holds itself."""
    connection.execute("select set_config(%s, %s, true)", [SETTING, str(firm_id or "")])
    if relaxed:
        connection.execute("set local synchronous_commit = off")
