"""Registers the reconciliation app."""

from __future__ import annotations

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    name = "klientbro.products.reconciliation"
    label = "reconciliation"
