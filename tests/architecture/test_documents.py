"""Documents name only files, commands and settings that exist."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from klientbro.cli.main import commands
from tests.architecture.tracked import ROOT, shown, text_files, tracked_files

_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#\s]+)")
_PATH = re.compile(
    r"(?:klientbro|simulators|tests|docs|scripts|bench|requirements)/[\w./-]+"
    r"|[\w.-]+/[\w./-]*\.[a-z]+|[\w-]+\.(?:md|py|toml|txt|in|json|ini)"
)
_SETTING = re.compile(r"KLIENTBRO_[A-Z_]*[A-Z]")
# What a running product makes, not what the project holds.
_MADE_LATER = (
    ".venv", ".setup", "node_modules", "var/", "secrets.json", "klientbro-keys.json", "static/",
)  # fmt: skip


def documents() -> list[Path]:
    """The documents for people."""
    return [path for path in tracked_files() if path.suffix == ".md"]


def words_in_code(path: Path) -> list[str]:
    """What a document sets as code, fenced blocks included, comments in them left out."""
    text = path.read_text()
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line.partition("#")[0] for block in fenced for line in block.splitlines()]
    return _CODE.findall(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)) + lines


def test_links_lead_to_files() -> None:
    broken = {
        f"{shown(path)} → {target}"
        for path in documents()
        for target in _LINK.findall(path.read_text())
        if not (path.parent / target).exists()
    }
    assert broken == set()


def test_files_named_as_code_exist() -> None:
    known = ["/" + shown(path) for path in tracked_files()]
    missing = set()
    for path in documents():
        for word in words_in_code(path):
            if not _PATH.fullmatch(word) or word.startswith(_MADE_LATER):
                continue
            # A how-to may name a file from where its reader stands: `tests/conftest.py`, `base.py`.
            exists = (ROOT / word).exists() or (path.parent / word).exists()
            if not exists and not any(name.endswith("/" + word) for name in known):
                missing.add(f"{shown(path)}: {word}")
    assert missing == set()


def test_make_targets_named_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        (shown(path), target)
        for path in documents()
        for word in words_in_code(path)
        for target in re.findall(r"(?:^|\s)make ([a-z-]+)", word)
    }
    assert {found for found in named if found[1] not in targets} == set()


def test_commands_named_in_documents_exist() -> None:
    known = {command.name for command in commands()}
    named = {
        (shown(path), name)
        for path in documents()
        for word in words_in_code(path)
        for name in re.findall(r"^\s*(?:\S+/)?klientbro ([a-z][a-z-]*)", word)
    }
    assert {found for found in named if found[1] not in known} == set()


def test_settings_named_in_documents_are_read_somewhere() -> None:
    code = "\n".join(text for path, text in text_files() if path.suffix == ".py")
    unknown = {
        (shown(path), name)
        for path in documents()
        for name in _SETTING.findall(path.read_text())
        # Some are put together from a prefix and a name; every secret may lie in a file.
        if name.removesuffix("_FILE") not in code
        and name.removeprefix("KLIENTBRO_POWEROFFICE_") not in code
    }
    assert unknown == set()


@pytest.mark.parametrize("target", ["setup", "run", "test", "check", "bench", "soak", "simulator"])
def test_make_help_lists_every_command_of_the_design(target: str) -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.search(rf"make {target}\b", told.stdout)
