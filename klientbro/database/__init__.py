"""The PostgreSQL we run on: embedded in KLIENTBRO_HOME, or an external one; no Django here."""

from __future__ import annotations

from klientbro.database.embedded import EmbeddedServer
from klientbro.database.opening import Database, address_without_password, open_database
from klientbro.database.urls import DatabaseUrls, connection_parameters, without_password

__all__ = [
    "Database",
    "DatabaseUrls",
    "EmbeddedServer",
    "address_without_password",
    "connection_parameters",
    "open_database",
    "without_password",
]
