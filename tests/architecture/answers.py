"""Every address asked with plausible values, and the settings of an installation behind TLS."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

from klientbro.settings.security import web_security

from .addresses import addresses

PUBLIC = "https://klientbro.example.no"
_BY_NAME = {
    "system": "poweroffice",
    "month": "2026-10",
    "kind": "pdf",
    "form": "AS",
    "account_id": "7001920",
    "voucher_no": "1",
    "token": "not-a-token",
    "uidb36": "1",
}
_BY_KIND = {"uuid": str(uuid.UUID(int=7)), "int": "1", "slug": "a", "str": "a", "path": "a"}
_PARAMETER = re.compile(r"<(\w+):(\w+)>")


def every_path() -> Iterator[tuple[str, str]]:
    """Each address's name, and a path that leads to it."""
    for route, name, space in addresses():
        path = _PARAMETER.sub(lambda found: _BY_NAME.get(found[2]) or _BY_KIND[found[1]], route)
        assert "<" not in path, f"{route} has a parameter of a kind that is not known here"
        yield f"{space}:{name}" if space else name, path


def behind_tls(settings: Any) -> None:
    """The settings that `KLIENTBRO_PUBLIC_URL=https://…` makes."""
    for name, value in web_security(PUBLIC).items():
        setattr(settings, name, value)
    settings.ALLOWED_HOSTS = ["klientbro.example.no"]
