"""Registers the operations app, and says where traces go."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from klientbro.lib.outgoing import let_inside
from klientbro.lib.tracing import configure


class OperationsConfig(AppConfig):
    name = "klientbro.operations"
    label = "operations"

    def ready(self) -> None:
        from klientbro.operations import lines  # noqa: F401  # registers its check

        configure(settings.ENVIRONMENT.otlp_endpoint)
        let_inside(settings.ENVIRONMENT.outgoing_private)
