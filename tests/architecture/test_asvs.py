"""The table of ASVS 5.0 is whole: each number once; each test and document it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest

from tests.architecture.tracked import ROOT

TABLE = ROOT / "docs" / "security" / "asvs.md"
# The level of each requirement, section by section, in the order of version 5.0.0.
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23", "3.1": "3", "3.2": "113",
    "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222", "5.1": "2", "5.2": "112333",
    "5.3": "113", "5.4": "222", "6.1": "122", "6.2": "111111112222", "6.3": "11223333",
    "6.4": "112233", "6.5": "22222333", "6.6": "2223", "6.7": "33", "6.8": "2222", "7.1": "222",
    "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22", "8.1": "1233",
    "8.2": "1123", "8.3": "133", "8.4": "23", "9.1": "111", "9.2": "1222", "10.1": "22",
    "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22",
    "10.7": "222", "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222",
    "11.5": "23", "11.6": "23", "11.7": "33", "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233", "14.1": "22",
    "14.2": "12223333", "14.3": "122", "15.1": "12233", "15.2": "12233", "15.3": "1222222",
    "15.4": "3333", "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
STATES = {"met", "not applicable", "not met"}
_ROW = re.compile(r"^\| (\d+\.\d+\.\d+) \| ([12]) \| (.+?) \| ([a-z ]+) \| (.+) \|$", re.M)
_TEST = re.compile(r"([\w/]+\.py)::(test_\w+)")
_LINK = re.compile(r"\]\(([^)#]+)(?:#([\w-]+))?\)")
_FILE = re.compile(r"(?<![\w/])((?:klientbro|tests|deploy)/[\w/.-]+\.(?:py|example))(?!::)")


def rows() -> list[tuple[str, ...]]:
    return _ROW.findall(TABLE.read_text())


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_requirement_of_the_first_two_levels_stands_once_with_its_level() -> None:
    wanted = [
        (f"{section}.{number}", level)
        for section, levels in LEVELS.items()
        for number, level in enumerate(levels, 1)
        if level in "12"
    ]
    assert len(wanted) == 253
    assert [(row[0], row[1]) for row in rows()] == wanted


def test_every_row_has_a_state_and_a_reason() -> None:
    assert {row[3] for row in rows()} <= STATES
    assert [row[0] for row in rows() if len(row[4]) < 7] == []
    met_by_nothing = [
        row[0]
        for row in rows()
        if row[3] == "met"
        and not (_TEST.search(row[4]) or _LINK.search(row[4]) or _FILE.search(row[4]))
    ]
    assert met_by_nothing == []


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_what_a_row_names_is_there(row: tuple[str, ...]) -> None:
    for path, name in _TEST.findall(row[4]):
        assert (ROOT / path).is_file(), path
        assert name in names_in(path), f"{path}::{name}"
    for path in _FILE.findall(row[4]):
        assert (ROOT / path).is_file(), path
    for path, heading in _LINK.findall(row[4]):
        document = (TABLE.parent / path).resolve()
        assert document.is_file(), path
        headings = re.findall(r"^#+ (.+)$", document.read_text(), re.M)
        if heading:
            assert heading in {re.sub(r"\W+", "-", one.lower()).strip("-") for one in headings}


def test_the_sums_of_the_table_are_told_as_they_are() -> None:
    told = re.search(
        r"Of (\d+) rows (\d+) are met, (\d+) are not applicable and (\d+) are not",
        TABLE.read_text(),
    )
    assert told is not None
    states = [row[3] for row in rows()]
    counted = [states.count(state) for state in ("met", "not applicable", "not met")]
    assert [int(each) for each in told.groups()] == [len(states), *counted]


def chapters() -> list[str]:
    """A line for each chapter: its name, its rows of levels 1 and 2, and their states."""
    names = re.findall(r"^## V(\d+) (.+)$", TABLE.read_text(), re.M)
    lines = []
    for number, name in names:
        states = [row[3] for row in rows() if row[0].partition(".")[0] == number]
        counted = [states.count(state) for state in ("met", "not applicable", "not met")]
        cells = [f"V{number} {name}", *map(str, [len(states), *counted])]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def test_the_summary_by_chapter_is_told_as_it_is() -> None:
    told = (ROOT / "SECURITY.md").read_text()
    assert [line for line in chapters() if line not in told] == []
