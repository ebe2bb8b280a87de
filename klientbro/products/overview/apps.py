"""Registers the overview app."""

from __future__ import annotations

from django.apps import AppConfig


class OverviewConfig(AppConfig):
    name = "klientbro.products.overview"
    label = "overview"
