"""Registers the audit app, and has the database watch every tenant table after each migration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


def watch_after_migration(using: str, **_kwargs: Any) -> None:
    """New tables and columns are watched from the migration on that made them."""
    if using != "owner":
        return
    from klientbro.audit.watching import watch_tables

    with connections[using].cursor() as cursor:
        watch_tables(cursor)


class AuditConfig(AppConfig):
    name = "klientbro.audit"
    label = "audit"

    def ready(self) -> None:
        from klientbro.audit import sign_ins

        sign_ins.listen()
        post_migrate.connect(
            watch_after_migration, sender=self, dispatch_uid="watch_after_migration"
        )
