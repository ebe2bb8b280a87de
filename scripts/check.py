"""Runs every check of the house, tells which failed, and ends non-zero when one did."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.prefix) / "bin"
AT_ONCE = 2

CHECKS: dict[str, list[str]] = {
    "format": [str(BIN / "ruff"), "format", "--check", "."],
    "lint": [str(BIN / "ruff"), "check", "--quiet", "."],
    "bandit": [
        *(str(BIN / "bandit"), "--quiet", "--configfile", "pyproject.toml"),
        *("--recursive", "klientbro", "simulators", "scripts"),
    ],
    "rules": [sys.executable, str(ROOT / "scripts" / "security_rules.py")],
    "types": [str(BIN / "mypy")],
    "layers": [str(BIN / "lint-imports")],
    "translations": [sys.executable, str(ROOT / "scripts" / "check_translations.py")],
    "migrations": [
        *(sys.executable, "-m", "django", "makemigrations"),
        *("--check", "--dry-run", "--settings", "klientbro.settings.django"),
    ],
}


def main() -> int:
    """Run all, or those named on the command line."""
    wanted = sys.argv[1:] or list(CHECKS)
    if unknown := set(wanted) - set(CHECKS):
        print(f"No check called {', '.join(unknown)}. There are: {', '.join(CHECKS)}")
        return 2
    failed = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for name, result, seconds in pool.map(_checked, wanted):
            verdict = "ok" if result.returncode == 0 else "FAILED"
            print(f"{name:<14}{verdict:<8}{seconds:5.1f} s", flush=True)
            if result.returncode != 0:
                failed.append(name)
                print(result.stdout + result.stderr, flush=True)
    if failed:
        print(f"make check: {', '.join(failed)} failed")
        return 1
    return 0


def _checked(name: str) -> tuple[str, subprocess.CompletedProcess[str], float]:
    began = time.monotonic()
    result = subprocess.run(
        CHECKS[name],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "ignore:Got an error checking a consistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    return name, result, time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
