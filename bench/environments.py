"""The peers' own Python environments, each filled with exactly what its lock says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def make_environment(name: str) -> Path:
    """The Python of .venv-bench-<name>, made on first use from requirements/bench-<name>.txt."""
    environment = ROOT / f".venv-bench-{name}"
    lock = ROOT / "requirements" / f"bench-{name}.txt"
    python = environment / "bin" / "python"
    stamp = environment / "filled-from.txt"
    wanted = lock.read_text()
    if python.exists() and stamp.exists() and stamp.read_text() == wanted:
        return python
    uv = str(Path(sys.prefix) / "bin" / "uv")
    subprocess.run(
        [uv, "venv", "-q", "--clear", f"--python={sys.executable}", environment], check=True
    )
    subprocess.run(
        [uv, "pip", "sync", "-q", "--require-hashes", f"--python={python}", lock], check=True
    )
    stamp.write_text(wanted)
    return python
