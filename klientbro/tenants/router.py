"""Sends everything to the application's role; the owner's connection is used by name only."""

from __future__ import annotations

from typing import Any


class OwnerMigrates:
    """Migrations run on `owner`; ordinary reads and writes on `default`."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str:
        return "default"

    def db_for_write(self, model: type[Any], **hints: Any) -> str:
        return "default"

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
