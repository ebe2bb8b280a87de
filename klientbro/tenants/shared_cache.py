"""Django's cache in the database: small counts that every web process on every host shares.

Sign-in counts failed attempts here. Keys name addresses and accounts, so only their hashes are
stored; values are JSON, since what is read back must never be able to run code. The database's
clock decides what is too old.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection

FOREVER_SECONDS = 10 * 365 * 86_400.0


class SharedCache(BaseCache):
    """The part of a cache that counting needs; each call is one statement."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        with connection.cursor() as cursor:
            cursor.execute(
                "select value from tenants_sharedvalue where key = %s "
                "and expires_at > clock_timestamp()",
                [self._hash(key, version)],
            )
            row = cursor.fetchone()
        return default if row is None else json.loads(row[0])

    def set(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        self._write(key, value, timeout, version, only_if_gone=False)

    def add(
        self,
        key: str,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Sets it where nothing stands; of two at once exactly one gets True."""
        return self._write(key, value, timeout, version, only_if_gone=True)

    def delete(self, key: str, version: int | None = None) -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "delete from tenants_sharedvalue where key = %s", [self._hash(key, version)]
            )
            return bool(cursor.rowcount)

    def clear(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("delete from tenants_sharedvalue")

    def _write(
        self,
        key: str,
        value: Any,
        timeout: float | None,
        version: int | None,
        *,
        only_if_gone: bool,
    ) -> bool:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into tenants_sharedvalue as v (key, value, expires_at) "
                "values (%s, %s, clock_timestamp() + make_interval(secs => %s)) "
                "on conflict (key) do update set value = excluded.value, "
                "expires_at = excluded.expires_at "
                "where not %s or v.expires_at <= clock_timestamp() returning 1",
                [
                    self._hash(key, version),
                    json.dumps(value),
                    FOREVER_SECONDS if seconds is None else seconds,
                    only_if_gone,
                ],
            )
            return cursor.fetchone() is not None

    def _hash(self, key: str, version: int | None) -> bytes:
        return hashlib.sha256(self.make_key(key, version).encode()).digest()


def add_up(counts: Sequence[tuple[str, int, float]]) -> dict[str, int]:
    """Adds to shared counts and gives what each stands at, all processes together: one statement.

    counts: a key that is never used again for another purpose, how many more, and for how many
    seconds it matters. Of two at once each sees its own added, in the same order of keys.
    """
    names = {hashlib.sha256(f"count:{key}".encode()).digest(): key for key, _more, _s in counts}
    rows = sorted(
        (hashlib.sha256(f"count:{key}".encode()).digest(), more, seconds)
        for key, more, seconds in counts
    )
    with connection.cursor() as cursor:
        cursor.execute(
            # a count need not outlive a crash of the database: nobody waits for its disk
            "with hasty as materialized (select set_config('synchronous_commit', 'off', true)) "
            "insert into tenants_sharedvalue as v (key, value, expires_at) "
            "select key, more::text, clock_timestamp() + make_interval(secs => seconds) "
            "from hasty, unnest(%s::bytea[], %s::bigint[], %s::float[]) given (key, more, seconds) "
            "on conflict (key) do update set expires_at = excluded.expires_at, "
            "value = (v.value::bigint + excluded.value::bigint)::text "
            "returning key, value",
            [[row[0] for row in rows], [row[1] for row in rows], [float(row[2]) for row in rows]],
        )
        return {names[bytes(key)]: int(value) for key, value in cursor.fetchall()}


def prune_shared_values() -> int:
    """Deletes what is too old. How many."""
    with connection.cursor() as cursor:
        cursor.execute("delete from tenants_sharedvalue where expires_at <= clock_timestamp()")
        return int(cursor.rowcount)
