"""A file that Norwegian Excel opens with the right columns, letters and numbers; no formulas."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klientbro.lib.csv import csv_lines, csv_text


def written(rows):
    return b"".join(csv_lines(rows))


def test_file_is_utf8_with_mark_semicolons_and_windows_line_ends():
    content = written([["Konto", "Saldo"], ["Ørsta; bank", Decimal("-1234.50")], [None, 7]])

    assert content == b"\xef\xbb\xbfKonto;Saldo\r\n" + ('"Ørsta; bank";-1234,50\r\n;7\r\n'.encode())


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (Decimal("1234567.89"), "1234567,89"),
        (Decimal("-0.50"), "-0,50"),
        (Decimal("-0.00"), "0,00"),
        (Decimal("1E+3"), "1000"),
        (1920, "1920"),
        (date(2026, 3, 4), "04.03.2026"),
        (None, ""),
        ("vanlig = tekst", "vanlig = tekst"),
    ],
)
def test_cell_is_written_as_what_it_is(cell, text):
    assert csv_text(cell) == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＠"])
def test_text_that_excel_would_run_is_made_text(start):
    assert csv_text(f"{start}1+1") == f"'{start}1+1"


@pytest.mark.parametrize("cell", [True, 0.5, b"x", datetime(2026, 3, 4, tzinfo=UTC)])
def test_cell_that_could_be_misread_is_refused(cell):
    with pytest.raises(TypeError):
        csv_text(cell)


def test_rows_are_written_as_they_come():
    def endless():
        while True:
            yield ["rad"]

    lines = csv_lines(endless())

    assert [next(lines) for _ in range(3)] == [b"\xef\xbb\xbf", b"rad\r\n", b"rad\r\n"]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2), max_size=5))
def test_every_text_reads_back_as_written(rows):
    text = written(rows).decode("utf-8-sig")

    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))

    assert read == [[csv_text(cell) for cell in row] for row in rows]
