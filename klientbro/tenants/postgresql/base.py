"""Applies the current firm at the start of every transaction, transaction-locally.

A session-level setting would leak to the next request on a pooled connection; a transaction-local
one is gone with the transaction. The policies read it once per statement.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.postgresql import base
from psycopg.pq import TransactionStatus

from klientbro.tenants.context import SETTING, current_firm


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL with `set_config('klientbro.firm', …, true)` where a transaction begins."""

    _applied_firm: str = ""

    def _apply_firm(self) -> None:
        wanted = str(current_firm() or "")
        if self.connection is not None and wanted != self._applied_firm:
            with self.connection.cursor() as cursor:
                cursor.execute("select set_config(%s, %s, true)", [SETTING, wanted])
            self._applied_firm = wanted

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
        self._applied_firm = ""
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
        self._applied_firm = "\0"
        self._apply_firm()

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        self._applied_firm = ""
        return super().get_new_connection(conn_params)
