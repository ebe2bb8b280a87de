"""Registers the report app."""

from __future__ import annotations

from django.apps import AppConfig


class ReportConfig(AppConfig):
    name = "klientbro.products.report"
    label = "report"
