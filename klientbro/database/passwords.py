"""The embedded server's generated passwords, kept in libpq's own password file."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from klientbro.database.urls import APP_ROLE, BACKUP_ROLE, OWNER_ROLE

SUPERUSER = "postgres"
_ROLES = (SUPERUSER, OWNER_ROLE, APP_ROLE, BACKUP_ROLE)


def ensure_passwords(passfile: Path) -> dict[str, str]:
    """Read the passwords by role, generating those that are missing (mode 0600).

    The server is brought up under a lock, so the file is complete before a second process reads it.
    """
    lines = passfile.read_text().splitlines() if passfile.exists() else []
    found = {role: password for *_, role, password in (line.split(":") for line in lines if line)}
    if missing := {role: secrets.token_hex(24) for role in _ROLES if role not in found}:
        found |= missing
        write_private(passfile, "".join(f"*:*:*:{role}:{word}\n" for role, word in found.items()))
    return found


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    unfinished = path.with_name(path.name + ".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
