"""A machine that must not work on the shared database is told why, and what to do."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connections

from klientbro.cli import guards
from klientbro.database.urls import url_from_parameters
from klientbro.settings.environment import SecretKey

PROJECT = Path(__file__).resolve().parents[2]
OTHER_KEYS = (SecretKey("k9", b"o" * 32),)


def url(alias: str) -> str:
    parameters = connections[alias].get_connection_params()
    wanted = ("host", "port", "user", "password", "dbname")
    return url_from_parameters({k: str(parameters[k]) for k in wanted if parameters.get(k)})


def test_machine_with_other_secret_keys_does_not_start(books_firm: Any, tmp_path: Path) -> None:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KLIENTBRO_", "DJANGO_"))}
    done = subprocess.run(
        [sys.executable, "-m", "klientbro.cli.main", "worker"],
        cwd=PROJECT,
        env=kept
        | {
            "KLIENTBRO_HOME": str(tmp_path / "home"),
            "KLIENTBRO_DATABASE_URL": url("owner"),
            "KLIENTBRO_APP_DATABASE_URL": url("default"),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert "All machines need the same KLIENTBRO_SECRET_KEYS" in done.stderr
    assert "Traceback" not in done.stderr


def test_firms_are_opened_with_our_keys_and_not_with_others(books_firm: Any) -> None:
    ours = settings.ENVIRONMENT
    same_name = dataclasses.replace(
        ours, secret_keys=(SecretKey(ours.secret_keys[0].id, b"o" * 32),)
    )
    with psycopg.connect(url("default"), autocommit=True) as connection:
        assert guards.firms_we_cannot_open(connection, ours) == []
        others = dataclasses.replace(ours, secret_keys=OTHER_KEYS)
        assert "lacks the key 'test'" in guards.firms_we_cannot_open(connection, others)[0]
        assert "cannot be decrypted" in guards.firms_we_cannot_open(connection, same_name)[0]
        both = dataclasses.replace(ours, secret_keys=(*OTHER_KEYS, *ours.secret_keys))
        assert guards.firms_we_cannot_open(connection, both) == []


def test_database_of_a_newer_release_is_noticed(transactional_db: None) -> None:
    assert guards.migrations_from_newer_releases() == []
    with psycopg.connect(url("owner"), autocommit=True) as owner:
        owner.execute(
            "insert into django_migrations (app, name, applied) values "
            "('sync', '9999_of_a_newer_release', now()), ('an_app_since_removed', '0001', now())"
        )
        try:
            assert guards.migrations_from_newer_releases() == ["sync.9999_of_a_newer_release"]
        finally:
            owner.execute(
                "delete from django_migrations where name = '9999_of_a_newer_release' "
                "or app = 'an_app_since_removed'"
            )


@pytest.mark.parametrize("ahead", [0.0, 90.0, -90.0])
def test_clock_is_compared_with_the_databases(ahead: float, transactional_db: None) -> None:
    with psycopg.connect(url("default"), autocommit=True) as connection:
        skew = guards.clock_skew(connection, lambda: datetime.now(UTC) + timedelta(seconds=ahead))
    assert skew == pytest.approx(ahead, abs=1.5)
