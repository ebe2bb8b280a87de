"""Makes a company's books from its spec: plans events, then writes them in the order of time."""

from __future__ import annotations

from .build import build_store

__all__ = ["build_store"]
