"""Runs add up on docs/faults.md: the list of counted runs, and how often each fault struck."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.soak.record import PAGE, Run, write
from tests.soak.tally import Tally

EMPTY = """# Faults

<!-- runs written by python -m tests.soak --write -->
<!-- end of runs -->

Words between.

<!-- table written by python -m tests.soak --write -->
<!-- end of table -->

Words after.
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    made = tmp_path / "faults.md"
    made.write_text(EMPTY)
    return made


def tally(seeds: int, **results: int) -> Tally:
    made = Tally(seeds=seeds)
    for what, times in results.items():
        made.count(what, "no cause", times)
    return made


def add(page: Path, code: str, first: int, counts: Tally) -> None:
    write(page, Run.of(code, first, first + counts.seeds - 1, counts), counts)


def test_run_that_takes_up_where_the_last_one_ended_becomes_one_line_with_it(page: Path) -> None:
    add(page, "abc", 1, tally(300, reset=2))
    add(page, "abc", 301, tally(700, reset=3, html=1))
    text = page.read_text()
    assert "| abc | 1 | 1,000 | 1,000 | 0 | 0 | 0.00 | none |" in text
    assert "Together 1,000 seeds: lost 0, doubled 0, difference 0.00." in text
    assert "| reset | 5 | no cause 5 |" in text
    assert "| html | 1 | no cause 1 |" in text
    assert "Words between." in text
    assert text.endswith("Words after.\n")


def test_run_of_other_code_or_of_seeds_played_before_gets_a_line_of_its_own(page: Path) -> None:
    add(page, "abc", 1, tally(10))
    add(page, "def", 11, tally(10))
    add(page, "def", 11, tally(10))
    lines = [line for line in page.read_text().splitlines() if line.startswith(("| abc", "| def"))]
    assert [line.split(" | ")[1:4] for line in lines] == [
        ["1", "10", "10"],
        ["11", "20", "10"],
        ["11", "20", "10"],
    ]
    assert "Together 30 seeds" in page.read_text()


def test_seeds_that_went_wrong_are_named_on_the_page_and_counted(page: Path) -> None:
    bad = Tally(seeds=9, lost=2, difference=Decimal("0.01"), wrong=[4, 7])
    write(page, Run.of("abc", 1, 10, bad), bad)
    assert "| abc | 1 | 10 | 9 | 2 | 0 | 0.01 | 4 7 |" in page.read_text()
    add(page, "abc", 11, tally(5))
    assert "| abc | 1 | 15 | 14 | 2 | 0 | 0.01 | 4 7 |" in page.read_text()


def test_counts_come_back_from_a_file_as_they_were_and_add_up(tmp_path: Path) -> None:
    file = tmp_path / "tally.json"
    told = Tally(seeds=3, difference=Decimal("0.10"), wrong=[2])
    told.count("html", "unreadable", 2)
    told.add_to(file)
    told.add_to(file)
    read = Tally()
    read.read_table(told.table())
    assert read.results == told.results
    both = Tally()
    both.add(told)
    both.add(told)
    again = tmp_path / "again.json"
    both.add_to(again)
    assert file.read_text() == again.read_text()


def test_page_in_the_documents_is_one_that_runs_can_be_added_to(tmp_path: Path) -> None:
    copy = tmp_path / "faults.md"
    copy.write_text(PAGE.read_text())
    add(copy, "abc", 5, tally(1, html=1))
    assert "| abc | 5 | 5 | 1 | 0 | 0 | 0.00 | none |" in copy.read_text()
    kept = {line for line in PAGE.read_text().splitlines() if line.startswith("| 9a64275")}
    assert kept <= set(copy.read_text().splitlines())
