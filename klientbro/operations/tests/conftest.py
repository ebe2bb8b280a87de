"""The sync's simulator and connections, for alerts through the real chain."""

from __future__ import annotations

from klientbro.sync.tests.conftest import books_firm, connect, shared_simulator, simulator

__all__ = ["books_firm", "connect", "shared_simulator", "simulator"]
