"""Procrastinate's app: imports the tasks when Django is ready."""

from __future__ import annotations

from procrastinate import App


def on_app_ready(app: App) -> None:
    """Called by Procrastinate's Django app once; the tasks register themselves on import."""
