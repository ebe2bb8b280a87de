"""How files are named and how long they may grow; what must stand in none of them."""

from __future__ import annotations

import re

from tests.architecture.tracked import ROOT, shown, text_files, tracked_files

_LONGEST = 500
_NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "misc", "common"}
# Put together here so that this file does not name them itself.
_REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry." + "npmjs",
    "deb.debian" + ".org",
]
_MACHINE_PATHS = re.compile(r"(?<![\w.<>/-])/(?:wor" + r"k|ro" + r"ot|ho" + r"me/\w+)/\w")
# A generated lock names the makers' own pages (funding), never where a package is fetched.
_LOCKS = {"package-lock.json"}


def test_no_file_is_longer_than_one_thought() -> None:
    too_long = {
        shown(path): lines
        for path, text in text_files()
        if path.suffix == ".py"
        and "migrations" not in path.parts
        and (lines := text.count("\n")) > _LONGEST
    }
    assert too_long == {}


def test_no_folder_or_module_has_a_name_that_says_nothing() -> None:
    named = {
        shown(path)
        for path in tracked_files()
        if _NAMES_THAT_SAY_NOTHING & {*path.relative_to(ROOT).parts[:-1], path.stem}
    }
    assert named == set()


def test_no_file_names_a_package_registry() -> None:
    naming = {
        shown(path) for path, text in text_files() if any(host in text for host in _REGISTRIES)
    }
    assert naming == set()


def test_npm_lock_says_nothing_of_where_packages_come_from() -> None:
    lock = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_no_file_names_a_path_of_one_machine() -> None:
    naming = {
        f"{shown(path)}: {found.group()}"
        for path, text in text_files()
        if path.name not in _LOCKS and (found := _MACHINE_PATHS.search(text))
    }
    assert naming == set()


def test_every_locked_python_package_has_hashes() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        pinned = re.findall(r"^[\w.\[\]-]+==.*$", path.read_text(), re.MULTILINE)
        assert pinned, shown(path)
        assert [line for line in pinned if not line.endswith("\\")] == [], shown(path)


def test_every_module_begins_by_saying_what_it_is_for() -> None:
    silent = {
        shown(path)
        for path, text in text_files()
        if path.suffix == ".py"
        and text.strip()
        and "migrations" not in path.parts
        and not re.match(r'(?:#!.*\n)?r?"""\S', text)
    }
    assert silent == set()
