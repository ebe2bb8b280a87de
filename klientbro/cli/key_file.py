"""The firms' wrapped keys in a file beside the backups: one for a folder, always the newest alone.

They are not in a backup. Were they, every backup kept for years would open what a destroyed key
should have closed. The newest file opens all backups from as far back as retired keys are kept.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from klientbro.lib.errors import ConfigurationError

NAME = "klientbro-keys.json"
FORMAT = 1

Connection = psycopg.Connection[tuple[object, ...]]
_COLUMNS = ("use", "number", "wrapped", "wrapped_by", "made_at", "retired_at", "emptied_at")
_READ = """
select firm_id::text, use, number, encode(wrapped, 'base64'), wrapped_by, made_at::text,
  retired_at::text, emptied_at::text
from tenants_datakey order by firm_id, use, number
"""


@dataclass(frozen=True, slots=True)
class KeyFile:
    """What is in one: each firm's keys, and the certificates of firms that were destroyed."""

    taken_at: str
    firms: Mapping[UUID, list[dict[str, Any]]]
    destroyed: tuple[dict[str, Any], ...]


def write_key_file(connection: Connection, folder: Path) -> Path:
    """Puts the keys as they are now in the place of the file that lay there."""
    firms: dict[str, list[dict[str, Any]]] = {}
    if _has(connection, "tenants_datakey"):
        for firm_id, *values in connection.execute(_READ).fetchall():
            firms.setdefault(str(firm_id), []).append(dict(zip(_COLUMNS, values, strict=True)))
    destroyed: list[Any] = []
    if _has(connection, "tenants_destruction"):
        destroyed = [
            row
            for (row,) in connection.execute(
                "select to_jsonb(d) from tenants_destruction d where key_destroyed_at is not null "
                "order by id"
            ).fetchall()
        ]
    body = {
        "format": FORMAT,
        "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "firms": firms,
        "destroyed": destroyed,
    }
    path, draft = folder / NAME, folder / f".{NAME}.{os.getpid()}.unfinished"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(body, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise ConfigurationError(
            f"The firms' keys could not be written to {path} ({error.strerror}). Without them the "
            "backup's client keys and attachments stay shut."
        ) from error
    return path


def read_key_file(path: Path) -> KeyFile:
    """The file's content. ConfigurationError when it is no such file."""
    try:
        body = json.loads(path.read_text("utf-8"))
        if body["format"] != FORMAT:
            raise KeyError("format")
        firms = {UUID(firm_id): list(keys) for firm_id, keys in body["firms"].items()}
        return KeyFile(str(body["taken_at"]), firms, tuple(body["destroyed"]))
    except FileNotFoundError as error:
        raise ConfigurationError(
            f"There is no file {path}. It is written beside each backup; name it with --keys."
        ) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path} is not a file of firms' keys. Use another.") from error


def put_keys(owner_url: str, kept: KeyFile) -> int:
    """Puts the keys in a database that was restored; how many firms got theirs.

    Keys that came with an older backup's own tables give way to these.
    """
    count = 0
    destroyed = {str(one["firm_id"]) for one in kept.destroyed}
    with psycopg.connect(owner_url) as connection:
        for firm_id, keys in kept.firms.items():
            if str(firm_id) in destroyed:
                continue
            connection.execute("select set_config('klientbro.firm', %s, true)", [str(firm_id)])
            row = connection.execute(
                "select count(*) from tenants_firm where id = %s", [firm_id]
            ).fetchone()
            if not row or not row[0]:
                continue
            connection.execute("delete from tenants_datakey where firm_id = %s", [firm_id])
            for key in keys:
                connection.execute(
                    "insert into tenants_datakey (firm_id, use, number, wrapped, wrapped_by, "
                    "made_at, retired_at, emptied_at) values (%s, %s, %s, %s, %s, %s, %s, %s)",
                    [
                        firm_id, key["use"], key["number"],
                        base64.b64decode(str(key["wrapped"])), key["wrapped_by"],
                        key["made_at"], key["retired_at"], key["emptied_at"],
                    ],
                )  # fmt: skip
            count += 1
    return count


def _has(connection: Connection, table: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [table]).fetchone()
    return bool(row and row[0])
