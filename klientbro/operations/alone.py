"""One at a time over the whole installation: a lock in the database that a killed process loses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections


@contextmanager
def alone(name: str, *, using: str = "default") -> Iterator[bool]:
    """Whether nobody else is in a block of this name; held until the block or the process ends."""
    with connections[using].cursor() as cursor:
        cursor.execute("select pg_try_advisory_lock(hashtextextended(%s, 7))", [name])
        row = cursor.fetchone()
    is_ours = bool(row and row[0])
    try:
        yield is_ours
    finally:
        if is_ours:
            with connections[using].cursor() as cursor:
                cursor.execute("select pg_advisory_unlock(hashtextextended(%s, 7))", [name])
