"""A part measured again takes its own rows' place and no other's."""

from __future__ import annotations

from pathlib import Path

from bench.results import keep, kept_rows
from bench.table import BEGIN, END, Row, as_markdown, write_between_markers


def test_part_measured_again_takes_the_place_of_its_own_rows_only(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    keep({"budget": [Row("Budget", "9.6/s")], "proof": [Row("Proof", "11 s")]}, "day one", path)
    keep({"proof": [Row("Proof", "8 s", is_met=True), Row("Seals", "5 s")]}, "day two", path)
    assert [(row.measured, row.ours, run) for row, run in kept_rows(["proof", "budget"], path)] == [
        ("Proof", "8 s", "day two"),
        ("Seals", "5 s", "day two"),
        ("Budget", "9.6/s", "day one"),
    ]
    assert kept_rows(["memory"], path) == []


def test_table_says_when_each_row_was_measured(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    table = as_markdown(
        [(Row("Proof", "8 s", target="≤ 10 s", is_met=True), "day two")], "2 cores."
    )
    assert write_between_markers(page, table)
    written = page.read_text()
    assert "| Proof | 8 s |  |  | ≤ 10 s | met | day two |" in written
    assert "old" not in written
    assert written.startswith("before\n")
    assert written.endswith("after\n")
