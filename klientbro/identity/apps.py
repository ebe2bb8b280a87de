"""Registers the identity app, what happens at sign-in, and how recovery codes are kept."""

from __future__ import annotations

from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "klientbro.identity"
    label = "identity"

    def ready(self) -> None:
        from klientbro.identity import signals
        from klientbro.identity.factor_tries import count_tries_so
        from klientbro.identity.recency import keep_requests_so
        from klientbro.identity.recovery_codes import use_hashed_recovery_codes

        signals.connect()
        count_tries_so()
        keep_requests_so()
        use_hashed_recovery_codes()
