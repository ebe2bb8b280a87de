"""Runs one statement inside the firm's transaction and hands back its rows.

Its plan is kept: a parameter whose type does not follow from its place says it, `%(day)s::date`.
"""

from __future__ import annotations

from math import ceil
from typing import Any

from django.db import connection

from klientbro.tenants.plans import kept_plans

# known_to of what is still so
STILL = 2147483647

# What goes in and what comes out: the query that is written knows the types, not the driver.
Parameters = dict[str, Any]
Record = tuple[Any, ...]


def fetch_all(statement: str, parameters: Parameters) -> list[Record]:
    with kept_plans(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def fetch_one(statement: str, parameters: Parameters) -> Record | None:
    with kept_plans(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        row: Record | None = cursor.fetchone()
        return row


def pages_of(total_rows: int, page_size: int) -> int:
    """How many pages there are; an empty list has one, empty."""
    return max(1, ceil(total_rows / page_size))


def containing(text: str) -> str:
    """An ILIKE pattern for text anywhere, taken literally."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
