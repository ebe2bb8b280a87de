"""Writes the lock files anew: Python with hashes, npm without the registry's address."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.prefix) / "bin"
# In this order: each file after the first is held to the versions of those before it.
FILES = ("setup", "base", "simulator", "tracing", "dev", "audit", "bench-dlt", "bench-singer")
NPM_SECONDS = 300


def main() -> int:
    """Lock all; pass `--upgrade` for the newest versions that the .in files allow."""
    extra = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    for name in FILES:
        command = [str(BIN / "uv"), "pip", "compile", "--quiet", "--generate-hashes", *extra]
        command += ["--no-emit-index-url", "--no-header", "--python-version=3.11"]
        command += [f"{name}.in", "--output-file", f"{name}.txt"]
        subprocess.run(command, cwd=ROOT / "requirements", check=True)
    subprocess.run(
        [str(BIN / "npm"), "install", "--package-lock-only"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{BIN}:{os.environ.get('PATH', '')}"},
        timeout=NPM_SECONDS,
        check=True,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
