"""Registers the sync app."""

from __future__ import annotations

from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "klientbro.sync"
    label = "sync"
