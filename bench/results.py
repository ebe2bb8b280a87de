"""Keeps what each part of the benchmarks came to last, with its day and commit, between runs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.table import Row

KEPT = Path(__file__).resolve().parent / "results.json"


def run_here() -> str:
    """The day and the commit, `2026-11-23 de305d4`; a plus where code differs from the commit."""
    commit = _git("rev-parse", "--short", "HEAD")
    has_changes = _git("status", "--porcelain", "--", "klientbro", "simulators", "bench/*.py")
    return f"{datetime.now(UTC):%Y-%m-%d} {commit}{'+' if has_changes else ''}".rstrip()


def keep(parts: Mapping[str, Sequence[Row]], run: str, path: Path = KEPT) -> None:
    """Puts the parts that ran in place of their last time; the others stay as they were."""
    kept = _read(path)
    for part, rows in parts.items():
        kept[part] = {"run": run, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False, sort_keys=True) + "\n", "utf-8")


def kept_rows(parts: Sequence[str], path: Path = KEPT) -> list[tuple[Row, str]]:
    """Rows of these parts in this order, each with the day and commit it was measured at."""
    kept = _read(path)
    return [
        (Row(**row), kept[part]["run"])
        for part in parts
        if part in kept
        for row in kept[part]["rows"]
    ]


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


def _git(*arguments: str) -> str:
    """What git says, nothing where there is none."""
    try:
        ended = subprocess.run(
            ["git", *arguments], cwd=KEPT.parent.parent, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return ""
    return ended.stdout.strip()
