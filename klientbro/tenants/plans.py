"""Statements that the database plans once for each connection, and not each time they are asked.

Where many small statements stand behind a page, planning them takes longer than running them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

from klientbro.tenants.postgresql.base import DatabaseWrapper


@contextmanager
def kept_plans() -> Iterator[None]:
    """Inside, a statement is prepared by the server when the same text comes a second time.

    Values are then bound by the server, which must know the type of each: `%(day)s::date is null`,
    not `%(day)s is null`. One statement at a time, too.
    """
    database = connections["default"]
    if not isinstance(database, DatabaseWrapper):  # another database, as in a test
        yield
        return
    before, database.keeps_plans = database.keeps_plans, True
    try:
        yield
    finally:
        database.keeps_plans = before
