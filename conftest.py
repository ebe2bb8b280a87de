"""Fixtures every test may use: a real database as the application's role, a firm, a sign-in.

Tests run as `klientbro_app`, which owns nothing, against an embedded PostgreSQL that all of this
checkout's test processes share; each process has a database of its own.
"""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import TransactionTestCase

from klientbro.settings.environment import load_environment

# Synthetic secrets, and no operator settings of the machine's own.
settings.ENVIRONMENT = load_environment(
    {
        "KLIENTBRO_SECRET_KEYS": "test:" + base64.b64encode(b"t" * 32).decode(),
        "KLIENTBRO_DJANGO_SECRET": "only for tests",
        "KLIENTBRO_HOME": tempfile.gettempdir() + "/klientbro-no-home",
    }
)


@pytest.fixture(scope="session")
def database_server() -> Iterator[Any]:
    """The embedded server of the tests, started or adopted."""
    from klientbro.database.testing import server_for_tests

    with server_for_tests() as server:
        yield server


@pytest.fixture(scope="session")
def django_db_setup(database_server: Any, django_db_blocker: Any) -> Iterator[None]:
    """A fresh, migrated database; Django's `default` is the application's role in it."""
    import psycopg
    from django.core.management import call_command
    from django.db import connections

    from klientbro.database.testing import database_name_for_tests
    from klientbro.settings.django import database_from

    name = database_name_for_tests()
    urls = database_server.urls
    with psycopg.connect(database_server.superuser_url, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')
        connection.execute(f'create database "{name}" owner klientbro_owner')
    for alias, url in (("default", urls.app), ("owner", urls.owner)):
        wanted = database_from(url) | {"NAME": name}
        for target in (settings.DATABASES[alias], connections[alias].settings_dict):
            target.update(
                {k: wanted[k] for k in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}
            )
    with django_db_blocker.unblock():
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        with connections["owner"].cursor() as cursor:
            # transactional tests empty the tables afterwards; only the test database allows it
            cursor.execute(
                "do $$ declare t record; begin for t in select relname from pg_class c "
                "join pg_namespace n on n.oid = relnamespace where nspname = 'public' "
                "and relkind in ('r', 'p') loop "
                "execute format('grant truncate on %I to klientbro_app', t.relname); "
                "end loop; end $$"
            )
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    with psycopg.connect(database_server.superuser_url, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')


TRUNCATE_ATTEMPTS = 5
KEPT_TABLES = ("django_migrations", "django_content_type", "auth_permission")


def _empty_every_table(self: TransactionTestCase) -> None:
    """After a test that commits: Django's own flush knows only the tables of its models here.

    Every table but the fixed ones, in one statement. The truncate right is the test database's. A
    page that still asks while the test ends can lock tables the other way round: one of the two is
    thrown out then, and if it is we, we ask again.
    """
    from django.db import OperationalError, connections

    with connections["default"].cursor() as cursor:
        cursor.execute(
            "select string_agg(quote_ident(relname), ', ') from pg_class c "
            "join pg_namespace n on n.oid = relnamespace where nspname = 'public' "
            "and relkind in ('r', 'p') and not relispartition and relname <> all(%s)",
            [list(KEPT_TABLES)],
        )
        truncate = f"truncate {cursor.fetchone()[0]} cascade"
        for attempt in range(TRUNCATE_ATTEMPTS):
            try:
                cursor.execute(truncate)
            except OperationalError as error:
                if "deadlock" not in str(error) or attempt == TRUNCATE_ATTEMPTS - 1:
                    raise
            else:
                return


TransactionTestCase._fixture_teardown = _empty_every_table  # type: ignore[method-assign]


@pytest.fixture
def no_firm_left_over() -> Iterator[None]:
    """Every test starts and ends outside any firm."""
    from klientbro.tenants.context import current_firm

    assert current_firm() is None
    yield
    assert current_firm() is None


@pytest.fixture
def firm_account(db: None) -> Any:
    """A firm, not yet set as current."""
    from klientbro.tenants.services import create_firm

    return create_firm("Furulund Regnskap AS")


@pytest.fixture
def firm(firm_account: Any) -> Iterator[Any]:
    """A firm, set as the current one for the test, also inside the test's open transaction."""
    from django.db import connection, transaction

    from klientbro.tenants.context import firm_set

    with firm_set(firm_account.id):
        if connection.in_atomic_block:
            with transaction.atomic():  # the savepoint applies the firm to the open transaction
                pass
        yield firm_account


@pytest.fixture
def user(firm_account: Any) -> Any:
    """An administrator of the firm with a password."""
    from klientbro.tenants.models import User
    from klientbro.tenants.services import add_user

    added, _path = add_user(firm_account.id, "kari.nordahl@furulund.example", "Kari Nordahl")
    added.set_password("et langt passord 123")
    added.save()
    return User.objects.get(pk=added.pk)


@pytest.fixture
def signed_in(client: Any, user: Any, firm_account: Any) -> Any:
    """Django's test client, signed in as the firm's administrator."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
