"""Fixtures every test may use: a real database as the application's role, a firm, a sign-in.

Tests run as `klientbro_app`, which owns nothing, against an embedded PostgreSQL that all of this
checkout's test processes share; each process has a database of its own.
"""

from __future__ import annotations

import base64
import gc
import tempfile
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import TransactionTestCase

from klientbro.settings.environment import load_environment

# Synthetic secrets, and no operator settings of the machine's own.
settings.ENVIRONMENT = load_environment(
    {
        "KLIENTBRO_SECRET_KEYS": "test:" + base64.b64encode(b"t" * 32).decode(),
        "KLIENTBRO_DJANGO_SECRET": "only for tests",
        "KLIENTBRO_HOME": tempfile.gettempdir() + "/klientbro-no-home",
        # tests ask faster than people read; those of the limits set their own
        **dict.fromkeys(
            (
                "KLIENTBRO_PAGES_PER_MINUTE",
                "KLIENTBRO_PAGES_PER_HOUR",
                "KLIENTBRO_FILES_PER_HOUR",
                "KLIENTBRO_FILES_PER_DAY",
            ),
            "1000000",
        ),
    }
)


# Property tests take the time they need: a busy machine is no failure. They try the same examples
# each time, so that what is red was made so by a change; `make soak-laws` looks for new ones.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
for _name, _is_same in (("same-examples", True), ("new-examples", False)):
    hypothesis.settings.register_profile(
        _name, hypothesis.settings.get_profile("unhurried"), derandomize=_is_same
    )
hypothesis.settings.load_profile("same-examples")


# Proving a password is meant to be dear: here it would be a tenth of a page. Real processes, such
# as those that the browser tests sign in to, pay the real price.
Argon2PasswordHasher.time_cost = 1
Argon2PasswordHasher.memory_cost = 64
Argon2PasswordHasher.parallelism = 1


# Long tests that share nothing go to whoever is free, one at a time; others by the file.
GIVEN_OUT_SINGLY = ("klientbro/sync/", "klientbro/operations/", "tests/machines/")
# What takes longest begins first, so that no process is left with it alone at the end.
BEGUN_FIRST = (
    "tests/soak/test_soak",
    "tests/architecture/test_every_role",
    "tests/canary/",
    "tests/e2e/test_pages",
    "klientbro/portal/tests/test_browser",
    "klientbro/cli/tests/test_run",
    "klientbro/sync/tests/test_crashes",
    "klientbro/sync/tests/test_budget",
    "klientbro/database/tests/test_embedded",
    "klientbro/shell/tests/test_browser",
    "klientbro/sync/tests/test_closed_door",
    "klientbro/products/reconciliation/tests/test_bank_matching",
    "klientbro/portal/tests/test_capacity_browser",
    "klientbro/products/overview/tests/test_browser",
    "tests/soak/",
    "tests/e2e/",
    "tests/machines/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, name in enumerate(BEGUN_FIRST) if item.nodeid.startswith(name)), 99)

    items.sort(key=place)
    # What is there now stays to the end: nothing of it need be looked through for what may go.
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """What a file's tests share (a browser, a running product) is made once, by one process.

    A scheduler of our own: pytest 9.2 no longer lets xdist 3.8 mark tests as belonging together,
    so that `--dist loadgroup` alone hands every test to whoever is free.
    """
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return nodeid if nodeid.startswith(GIVEN_OUT_SINGLY) else nodeid.partition("::")[0]

    config.option.loadscopereorder = False  # the order is the one above
    return ByFile(config, log)


_superuser_url = ""  # of the tests' server, when it has been started


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

    from klientbro.database.testing import database_name_for_tests, make_database
    from klientbro.settings.django import database_from

    global _superuser_url
    _superuser_url = database_server.superuser_url
    urls = database_server.urls

    def use(name: str) -> None:
        connections.close_all()
        for alias, url in (("default", urls.app), ("owner", urls.owner)):
            wanted = database_from(url) | {"NAME": name}
            for target in (settings.DATABASES[alias], connections[alias].settings_dict):
                target.update(
                    {k: wanted[k] for k in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")}
                )

    def migrate(name: str) -> None:
        use(name)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        connections.close_all()

    name = database_name_for_tests()
    with django_db_blocker.unblock():
        make_database(database_server, name, migrate)
        use(name)
    yield
    with django_db_blocker.unblock():
        connections.close_all()
    with psycopg.connect(database_server.superuser_url, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}" with (force)')


EMPTYING_ATTEMPTS = 5
EMPTY_EVERY_TABLE = """
do $$
declare
  found record;
  kept text[] := '{django_migrations,django_content_type,auth_permission}';
begin
  for found in select c.oid::regclass as name from pg_class c
      join pg_namespace n on n.oid = relnamespace
      where nspname = 'public' and relkind in ('r', 'p') and not relispartition
      and relname <> all (kept) order by c.oid loop
    execute format('lock table %s in access exclusive mode', found.name);
  end loop;
  set local session_replication_role = replica;  -- neither triggers nor foreign keys
  for found in select c.oid::regclass as name from pg_class c
      join pg_namespace n on n.oid = relnamespace
      where nspname = 'public' and relkind = 'r' and relname <> all (kept)
      and pg_relation_size(c.oid) > 0 loop
    execute format('delete from %s', found.name);
  end loop;
end $$
"""


def _empty_every_table(self: TransactionTestCase) -> None:
    """After a test that commits: Django's own flush knows only the tables of its models here.

    Every table but the fixed ones, in one transaction, by the superuser whom no policy holds back.
    Most are empty, so this takes milliseconds; truncating a hundred tables takes a quarter of a
    second. The locks wait for whoever still writes. A page that still asks while the test ends can
    lock tables the other way round: one of the two is thrown out then, and if it is we, we ask
    again.
    """
    import psycopg
    from django.db import connections

    for attempt in range(EMPTYING_ATTEMPTS):
        name = connections["default"].settings_dict["NAME"]
        try:
            with psycopg.connect(_superuser_url, dbname=name) as connection:
                connection.execute(EMPTY_EVERY_TABLE)
        except psycopg.errors.DeadlockDetected:
            if attempt == EMPTYING_ATTEMPTS - 1:
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
    added.set_password("blå elg i motvind 47")
    added.save()
    return User.objects.get(pk=added.pk)


@pytest.fixture
def signed_in(client: Any, user: Any, firm_account: Any) -> Any:
    """Django's test client, signed in as the firm's administrator."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client
