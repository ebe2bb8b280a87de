"""The Singer SDK, the other peer: a tap of ours on the same pages, and its PostgreSQL target."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.environments import make_environment
from bench.watching import watched

PROGRAM = Path(__file__).with_name("singer_program.py")
_MINUTES = 15
# Batches as large as its target takes without slowing down, COPY, and no check of each row.
TARGET_SETTINGS = {
    "use_copy": True,
    "batch_size_rows": 50_000,
    "validate_records": False,
    "add_record_metadata": False,
    "activate_version": False,
}
_KINDS = {"Amount": "number", "CurrencyAmount": "number", "VatAmount": "number"} | {
    "VatRate": "number",
    "PostingDate": "date",
    "VoucherDate": "date",
    "CreatedDateTimeOffset": "moment",
    "LastChangedDateTimeOffset": "moment",
    "IsReversed": "boolean",
    "VoucherNo": "integer",
}


@dataclass(frozen=True, slots=True)
class SingerRun:
    """How long the two processes lived, start included, and what they used."""

    seconds: float
    megabytes: float


class Singer:
    """Loads the same questions' answers, and goes on from its own state the next time."""

    def __init__(self, folder: Path, database_url: str, schema: str) -> None:
        self._python = make_environment("singer")
        self._folder = folder
        self._state = folder / "state.json"
        self._target = folder / "target.json"
        url = re.sub(r"^postgres(ql)?:", "postgresql+psycopg:", database_url)
        given = {"sqlalchemy_url": url, "default_target_schema": schema, **TARGET_SETTINGS}
        self._target.write_text(json.dumps(given))
        self.about = f"Singer SDK {_version(self._python, 'singer-sdk')}, target-postgres"

    def run(self, orders: Mapping[str, Any], fields: tuple[str, ...]) -> SingerRun:
        """One sync; its new state is kept."""
        from klientbro.connectors.poweroffice.paging import PAGE_SIZE

        config = self._folder / "tap.json"
        types = {name: _kind(name) for name in fields}
        config.write_text(json.dumps({**orders, "types": types, "page_size": PAGE_SIZE}))
        state = ["--state", str(self._state)] if self._state.exists() else []
        errors = self._folder / "errors.txt"
        started = time.perf_counter()
        with errors.open("wb") as said:
            tap = subprocess.Popen(
                [self._python, PROGRAM, "tap", "--config", config, *state],
                stdout=subprocess.PIPE,
                stderr=said,
            )
            target = subprocess.Popen(
                [self._python, PROGRAM, "target", "--config", self._target],
                stdin=tap.stdout,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
            assert tap.stdout is not None
            tap.stdout.close()
            with watched(tap.pid, target.pid) as watch:
                states, _ = target.communicate(timeout=60 * _MINUTES)
                tap.wait(timeout=60)
        seconds = time.perf_counter() - started
        if tap.returncode or target.returncode:
            raise RuntimeError(f"Singer failed:\n{errors.read_text()[-3000:]}")
        if states.strip():
            self._state.write_text(states.splitlines()[-1])
        return SingerRun(seconds, watch.megabytes)


def _version(python: Path, package: str) -> str:
    ask = f"from importlib.metadata import version; print(version({package!r}))"
    done = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _kind(field: str) -> str:
    is_number = field.endswith("No") or field in ("Id", "AccountId", "SubLedgerEntryId")
    return _KINDS.get(field) or ("integer" if is_number else "text")
