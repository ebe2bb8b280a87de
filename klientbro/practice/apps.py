"""Registers the practice app: its templates, texts and static files."""

from __future__ import annotations

from django.apps import AppConfig


class PracticeConfig(AppConfig):
    name = "klientbro.practice"
    label = "practice"
