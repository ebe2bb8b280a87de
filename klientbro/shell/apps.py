"""Registers the shell app: its templates, texts and static files."""

from __future__ import annotations

from django.apps import AppConfig


class ShellConfig(AppConfig):
    name = "klientbro.shell"
    label = "shell"
