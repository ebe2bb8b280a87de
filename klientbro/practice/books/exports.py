"""What a page shows, as CSV or Excel: numbers as numbers, texts harmless, streamed.

A streaming body runs after the request's transaction has ended, and row-level security is set per
transaction: without one of its own an export would be an empty file.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import IO
from uuid import UUID

import xlsxwriter
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.http import content_disposition_header

from klientbro.ledger.queries import in_one_landing
from klientbro.lib.csv import Cell, csv_lines
from klientbro.tenants.context import firm

CSV, EXCEL = "csv", "xlsx"
KINDS = (CSV, EXCEL)
EXCEL_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Excel's own limit, less room for the head.
MOST_EXCEL_ROWS = 1_048_000
ROWS_A_CHUNK = 500
AMOUNT_FORMAT = "#,##0.00;[Red]-#,##0.00"
DAY_FORMAT = "dd.mm.yyyy"
NARROW, WIDE = 14, 40


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with a head that says whose it is, as of when and whether it is sealed."""

    title: str
    head: Sequence[tuple[str, str]]
    columns: Sequence[str]
    rows: Iterable[Sequence[Cell]]

    def lines(self) -> Iterator[Sequence[Cell]]:
        """Head, blank line, headings and rows."""
        yield (self.title,)
        yield from self.head
        yield ()
        yield tuple(self.columns)
        yield from self.rows


MakeSheet = Callable[[], Sheet]


def export(
    firm_id: UUID, connection_id: int, make: MakeSheet, kind: str, name: str
) -> HttpResponseBase:
    """The sheet as a file to save. `make` runs inside the export's own transaction."""
    if kind == EXCEL:
        file = tempfile.TemporaryFile()  # noqa: SIM115 closed by the response
        write_excel(file, _begun(connection_id, make))
        file.seek(0)
        return FileResponse(
            file, as_attachment=True, filename=f"{name}.xlsx", content_type=EXCEL_TYPE
        )
    language = translation.get_language()
    response = StreamingHttpResponse(
        _csv(firm_id, connection_id, make, language), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = content_disposition_header(True, f"{name}.csv") or ""
    return response


def open_workbook(file: IO[bytes] | BytesIO, memory: str) -> xlsxwriter.Workbook:
    """A workbook in which a text is never taken for a formula or a link.

    memory: xlsxwriter's word for where it works, such as `constant_memory`.
    """
    return xlsxwriter.Workbook(
        file, {memory: True, "strings_to_formulas": False, "strings_to_urls": False}
    )


class Tab:
    """A tab of a workbook: numbers are numbers, days are days, texts are harmless."""

    def __init__(self, book: xlsxwriter.Workbook, title: str, columns: int) -> None:
        self.page = book.add_worksheet(_tab_name(title))
        self.page.set_column(0, columns, NARROW)
        self.page.set_column(1, 1, WIDE)
        self._bold = book.add_format({"bold": True})
        self._amounts = book.add_format({"num_format": AMOUNT_FORMAT})
        self._days = book.add_format({"num_format": DAY_FORMAT})

    def write(self, number: int, cells: Iterable[Cell], *, bold: int = 0) -> None:
        """Writes a row; the texts among its first so many cells are bold."""
        for column, cell in enumerate(cells):
            match cell:
                case None:
                    continue
                case Decimal():
                    self.page.write_number(number, column, cell, self._amounts)
                case int():
                    self.page.write_number(number, column, cell)
                case date():
                    self.page.write_datetime(number, column, cell, self._days)
                case str():
                    self.page.write_string(
                        number, column, cell, self._bold if column < bold else None
                    )


def write_excel(file: IO[bytes] | BytesIO, sheet: Sheet) -> None:
    """Writes row by row with constant memory."""
    book = open_workbook(file, "constant_memory")
    tab = Tab(book, sheet.title, len(sheet.columns))
    headings_at = len(sheet.head) + 2
    for number, cells in enumerate(sheet.lines()):
        tab.write(number, cells, bold=len(cells) if number in (0, headings_at) else 0)
    tab.page.freeze_panes(headings_at + 1, 0)
    book.close()


def _tab_name(title: str) -> str:
    """The title as Excel takes it on a tab: at most 31 characters, and not these."""
    return "".join(" " if char in "[]:*?/\\" else char for char in title)[:31].strip("' ")


def _csv(
    firm_id: UUID, connection_id: int, make: MakeSheet, language: str | None
) -> Iterator[bytes]:
    with firm(firm_id), translation.override(language):
        chunk: list[bytes] = []
        for line in csv_lines(_begun(connection_id, make).lines()):
            chunk.append(line)
            if len(chunk) >= ROWS_A_CHUNK:
                yield b"".join(chunk)
                chunk.clear()
        yield b"".join(chunk)


def _begun(connection_id: int, make: MakeSheet) -> Sheet:
    """The sheet with its first row read, all from one landing.

    The rows come from one statement, which sees what was committed when it began; so once it has
    begun under the landing the head was read under, the whole file says the same.
    """

    def begin() -> Sheet:
        sheet = make()
        rows = iter(sheet.rows)
        first = next(rows, None)
        return Sheet(sheet.title, sheet.head, sheet.columns, _joined(first, rows))

    return in_one_landing(connection_id, begin)


def _joined(
    first: Sequence[Cell] | None, rest: Iterator[Sequence[Cell]]
) -> Iterator[Sequence[Cell]]:
    if first is not None:
        yield first
        yield from rest
