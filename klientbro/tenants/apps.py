"""Registers the tenants app, and grants the application's role its rights after each migration."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


def grant_application_role(using: str, **_kwargs: Any) -> None:
    """Runs after every migration of the owner, so that the test database gets the rights too."""
    if using != "owner":
        return
    from klientbro.tenants.rls import grant_to_application

    with connections[using].cursor() as cursor:
        grant_to_application(cursor)


class TenantsConfig(AppConfig):
    name = "klientbro.tenants"
    label = "tenants"

    def ready(self) -> None:
        post_migrate.connect(grant_application_role, dispatch_uid="grant_application_role")
