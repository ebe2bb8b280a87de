"""The clients' fixtures."""

from __future__ import annotations

from klientbro.clients.tests.fixtures import add, answered, integration

__all__ = ["add", "answered", "integration"]
