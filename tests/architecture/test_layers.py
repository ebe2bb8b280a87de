"""The layers hold, and import-linter knows every folder of ours."""

from __future__ import annotations

import configparser
import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.tracked import ROOT

# Settings are read by whoever starts; products are folders of folders.
_OUTSIDE_THE_LAYERS = {"settings", "locale"}


def test_imports_go_downward_only() -> None:
    linter = Path(sys.executable).parent / "lint-imports"
    told = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout


def test_every_folder_has_its_place_in_the_layers() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layers = contracts["importlinter:contract:layers"]["layers"]
    placed = set(re.findall(r"klientbro\.(\w+)", layers))
    folders = {path.parent.name for path in (ROOT / "klientbro").glob("*/__init__.py")}
    assert folders - placed == _OUTSIDE_THE_LAYERS & folders
