"""Registers the portal app."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "klientbro.portal"
    label = "portal"
