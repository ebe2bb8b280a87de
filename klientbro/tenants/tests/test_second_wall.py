"""The second wall is the same on every table, for reading and for writing."""

from __future__ import annotations

import re

import pytest
from django.db import connections

from klientbro.tenants.chosen import POLICY, walled_tables
from klientbro.tenants.context import CLIENTS_SETTING, CONNECTIONS_SETTING


@pytest.mark.django_db(databases=["default", "owner"])
def test_every_second_wall_says_the_same_of_its_own_column() -> None:
    with connections["owner"].cursor() as cursor:
        tables = walled_tables(cursor)
        cursor.execute(
            "select c.relname::text, pg_get_expr(polqual, polrelid), "
            "pg_get_expr(polwithcheck, polrelid) from pg_policy p "
            "join pg_class c on c.oid = p.polrelid where p.polname = %s order by 1",
            [POLICY],
        )
        found = cursor.fetchall()
    read: set[str] = set()
    written: set[str] = set()
    for table, using, check in found:
        column, is_always_set = tables[table]
        setting = CONNECTIONS_SETTING if column == "connection_id" else CLIENTS_SETTING
        said = [
            re.sub(rf"\b{column}\b", "COLUMN", text).replace(f"'{setting}'", "SETTING")
            for text in (using, check)
        ]
        assert "COLUMN = ANY" in said[1], table
        assert said[1].count("SETTING") == 2, table
        is_firms = not is_always_set and table != "clients_connection"
        assert said[0] == (f"({said[1]} OR (COLUMN IS NULL))" if is_firms else said[1]) or (
            is_firms and said[0].endswith("OR (COLUMN IS NULL))")
        ), table
        read.add(f"{is_firms}: {said[0]}")
        written.add(said[1])
    assert len(written) == 1
    assert len(read) == 2
