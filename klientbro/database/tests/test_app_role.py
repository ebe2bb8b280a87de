"""The application may make temporary tables, which a landing does, and still owns nothing."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from klientbro.database.external import complaint_about_app_role


@pytest.mark.usefixtures("django_db_setup")
def test_temporary_tables_do_not_count_as_owning(database_server: Any) -> None:
    with (
        psycopg.connect(database_server.urls.app, autocommit=True) as lands,
        psycopg.connect(database_server.urls.app) as asks,
    ):
        lands.execute("create temp table incoming (id text)")

        assert complaint_about_app_role(asks) is None
