"""Finds the connectors: every sub-folder with a CONNECTOR, in name order. The only list."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

import klientbro.connectors
from klientbro.connectors.contract import Connector
from klientbro.lib.errors import ConfigurationError


@cache
def connectors() -> Mapping[str, Connector]:
    """All connectors by key. ConfigurationError when a folder lacks its CONNECTOR."""
    found: dict[str, Connector] = {}
    for module in sorted(pkgutil.iter_modules(klientbro.connectors.__path__), key=lambda m: m.name):
        if not module.ispkg or module.name == "tests":
            continue
        package = importlib.import_module(f"klientbro.connectors.{module.name}")
        connector = getattr(package, "CONNECTOR", None)
        if not isinstance(connector, Connector):
            raise ConfigurationError(
                f"klientbro/connectors/{module.name} has no CONNECTOR in its __init__.py"
            )
        if connector.key in found:
            raise ConfigurationError(f"two connectors are called {connector.key}")
        found[connector.key] = connector
    return MappingProxyType(found)


def connector(key: str) -> Connector:
    """The connector with this key; ConfigurationError with the choices when there is none."""
    try:
        return connectors()[key]
    except KeyError as error:
        raise ConfigurationError(
            f"no accounting system is called {key!r}; known: {', '.join(connectors())}"
        ) from error
