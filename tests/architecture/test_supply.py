"""The list of parts names every locked package with its hash, and nothing that is not locked."""

from __future__ import annotations

import json
import re
from pathlib import Path

from scripts.parts import write_list
from tests.architecture.tracked import ROOT


def test_list_of_parts_names_every_locked_package(tmp_path: Path) -> None:
    count = write_list(tmp_path / "list.json")
    told = json.loads((tmp_path / "list.json").read_text())
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    listed = {part["purl"] for part in told["components"]}
    assert len(listed) == count
    shipped = re.findall(
        r"^([\w.-]+)(?:\[.*\])?==(\S+)", (ROOT / "requirements" / "base.txt").read_text(), re.M
    )
    assert shipped
    assert {f"pkg:pypi/{name.lower()}@{version}" for name, version in shipped} <= listed
    assert any(one.startswith("pkg:npm/htmx.org@") for one in listed)
    assert all(part["hashes"] for part in told["components"])
    needed = {part["name"] for part in told["components"] if part["scope"] == "required"}
    assert {"django", "htmx.org"} <= needed
    assert not {"pytest", "axe-core", "bandit"} & needed
