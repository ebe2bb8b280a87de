"""Registers the operations app, and says where traces go."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings

from klientbro.lib.tracing import configure


class OperationsConfig(AppConfig):
    name = "klientbro.operations"
    label = "operations"

    def ready(self) -> None:
        configure(settings.ENVIRONMENT.otlp_endpoint)
