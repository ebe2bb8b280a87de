"""Applies the firm, the chosen clients and who acts as every transaction begins, and for it alone.

A session-level setting would leak to the next request on a pooled connection; a transaction-local
one is gone with the transaction. The policies read it once per statement.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.postgresql.operations import DatabaseOperations
from psycopg.pq import TransactionStatus

from klientbro.tenants.context import (
    ACTOR_SETTING,
    CLIENTS_SETTING,
    CONNECTIONS_SETTING,
    SETTING,
    actor_setting,
    chosen_setting,
    current_firm,
)

# Text of a statement seen so often before is prepared; so many are kept for each connection.
PREPARED_AFTER, MOST_PREPARED = 1, 400
SETTINGS = (SETTING, ACTOR_SETTING, CLIENTS_SETTING, CONNECTIONS_SETTING)
APPLY = "select " + ", ".join(f"set_config('{name}', %s, true)" for name in SETTINGS)
UNSET = ("",) * len(SETTINGS)


class Operations(DatabaseOperations):
    """Django's own, and the text of a statement whose plan is kept, which is not sent again."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        return super().last_executed_query(cursor, sql, params) or sql


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with `set_config('klientbro.firm', …, true)` where a transaction begins."""

    ops_class = Operations
    _applied: tuple[str, ...] = UNSET
    keeps_plans: bool = False  # klientbro.tenants.plans sets it

    def _apply_firm(self) -> None:
        wanted = (str(current_firm() or ""), actor_setting(), *chosen_setting())
        if self.connection is not None and wanted != self._applied:
            with self.connection.cursor() as cursor:
                cursor.execute(APPLY, wanted)
            self._applied = wanted

    def go_back_to_firm(self) -> None:
        """The firm of the code around, when a block for another firm ended in the same transaction.

        Its savepoint was released while the other firm still stood. A failed transaction runs
        nothing more before a roll-back, which applies the firm itself.
        """
        if self.connection is None or not self.in_atomic_block or self.needs_rollback:
            return
        if self.connection.info.transaction_status == TransactionStatus.INTRANS:
            self._apply_firm()

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # the stubs leave it out
        self._applied = UNSET
        if not autocommit:
            self._apply_firm()

    def _savepoint(self, sid: str) -> None:
        super()._savepoint(sid)  # type: ignore[misc]  # the stubs leave it out
        self._apply_firm()

    def _savepoint_commit(self, sid: str) -> None:
        super()._savepoint_commit(sid)  # type: ignore[misc]  # the stubs leave it out
        self._apply_firm()

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # the stubs leave it out
        # the rollback also took back a set_config made inside: apply it whatever we believed
        self._applied = ("\0",)
        self._apply_firm()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._applied = UNSET
        connection = super().get_new_connection(conn_params)
        connection.prepare_threshold, connection.prepared_max = PREPARED_AFTER, MOST_PREPARED
        return connection

    def create_cursor(self, name: str | None = None) -> Any:
        if name is not None or not self.keeps_plans:
            return super().create_cursor(name)
        usual = self.connection.cursor_factory
        self.connection.cursor_factory = ServerBindingCursor
        try:
            return super().create_cursor()
        finally:
            self.connection.cursor_factory = usual
