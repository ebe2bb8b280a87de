"""Every address of the product, as the URL configuration itself tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


def addresses() -> Iterator[tuple[str, str, str]]:
    """Every pattern with its name and its part of the product."""

    def walk(patterns: list[Any], before: str, space: str) -> Iterator[tuple[str, str, str]]:
        for pattern in patterns:
            route = before + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(pattern.url_patterns, route, pattern.namespace or space)
            elif isinstance(pattern, URLPattern):
                yield route, pattern.name or "", space

    return walk(get_resolver().url_patterns, "/", "")
