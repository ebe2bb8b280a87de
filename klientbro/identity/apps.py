"""Registers the identity app, and what happens at sign-in."""

from __future__ import annotations

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "klientbro.identity"
    label = "identity"

    def ready(self) -> None:
        from klientbro.identity import signals

        signals.connect()
