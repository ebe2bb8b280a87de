"""Which release of Klientbro this is."""

from __future__ import annotations

import tomllib
from importlib import metadata
from pathlib import Path

_PROJECT_FILE = Path(__file__).resolve().parents[2] / "pyproject.toml"


def release() -> str:
    """The version, from the installed package or, in a checkout, from its project file."""
    try:
        return metadata.version("klientbro")
    except metadata.PackageNotFoundError:
        return str(tomllib.loads(_PROJECT_FILE.read_text())["project"]["version"])
