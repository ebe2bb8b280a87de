"""Registers the tenants app; after each migration rights are granted and walls are put up."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


def grant_rights_and_put_up_walls(using: str, **_kwargs: Any) -> None:
    """Runs after every migration of the owner, so that the test database gets the rights too."""
    if using != "owner":
        return
    from klientbro.tenants.chosen import wall_chosen_clients
    from klientbro.tenants.rls import grant_to_application

    with connections[using].cursor() as cursor:
        grant_to_application(cursor)
        wall_chosen_clients(cursor)


class TenantsConfig(AppConfig):
    name = "klientbro.tenants"
    label = "tenants"

    def ready(self) -> None:
        post_migrate.connect(
            grant_rights_and_put_up_walls,
            sender=self,  # once, after all apps' migrations
            dispatch_uid="grant_rights_and_put_up_walls",
        )
