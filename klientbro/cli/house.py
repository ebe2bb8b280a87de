"""Opens the house for a command: settings, home folder, database and Django, in that order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from klientbro.database import Database, open_database
from klientbro.lib.errors import ConfigurationError
from klientbro.settings.environment import Environment, load_environment, prepare_home

APP_URL = "KLIENTBRO_RUNTIME_APP_URL"
OWNER_URL = "KLIENTBRO_RUNTIME_OWNER_URL"


@dataclass(frozen=True)
class House:
    """What an open command may use."""

    environment: Environment
    database: Database


@contextmanager
def open_house(*, migrate: bool | None = None) -> Iterator[House]:
    """Everything ready for work with Django's models, and given up again at the end.

    `migrate=True` brings the tables up to date first and `False` leaves them as they are. By
    default an embedded database is brought up to date, as nobody else looks after it; an external
    one must be (`klientbro migrate`), since several machines may share it.
    """
    with open_database_of_settings() as house:
        start_django()
        if migrate or (migrate is None and house.database.server is not None):
            bring_up_to_date(house)
        elif migrate is None and pending_migrations():
            raise ConfigurationError(
                "The database is older than this program. Run `klientbro migrate` first."
            )
        try:
            yield house
        finally:
            close_connections()


@contextmanager
def open_database_of_settings() -> Iterator[House]:
    """Only settings, home and database; Django is not started."""
    environment = load_environment()
    prepare_home(environment.home)
    with open_database(
        environment.home,
        database_url=environment.database_url,
        app_database_url=environment.external_app_url,
        backup_database_url=environment.external_backup_url,
        binaries=environment.postgres_bin,
    ) as database:
        _pass_on(APP_URL, database.urls.app, environment.external_app_url)
        _pass_on(OWNER_URL, database.urls.owner, environment.database_url)
        yield House(load_environment(), database)


def _pass_on(name: str, url: str, in_settings: str | None) -> None:
    """For our own child processes; not where they read the same in the settings themselves."""
    if url == in_settings:
        os.environ.pop(name, None)
    else:
        os.environ[name] = url


def start_django() -> None:
    """Start Django; from here on its settings are read and cannot change."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "klientbro.settings.django")
    django.setup()


def bring_up_to_date(house: House) -> None:
    """Run what is missing of the migrations, one process at a time."""
    from django.core.management import call_command

    from klientbro.database.locks import exclusive

    with exclusive(house.environment.home / "migrate.lock"):
        if pending_migrations():
            call_command("migrate", database="owner", interactive=False, verbosity=0)


def pending_migrations() -> list[str]:
    """The names of the migrations that the database lacks."""
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def close_connections() -> None:
    """Close this process's connections, so that the server need not cut them off."""
    from django.db import connections

    connections.close_all()
