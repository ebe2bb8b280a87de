"""Registers the ledger app."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "klientbro.ledger"
    label = "ledger"
