"""A budget file as rows of cells: CSV as spreadsheets write it, or an Excel workbook."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from klientbro.clients.errors import RefusedError
from klientbro.domain.periods import Month
from klientbro.domain.reporting.budget_file import FileCell, Problem, Reason
from klientbro.practice.books.texts import month_name

MOST_BYTES = 2_000_000
# A small file can unpack to gigabytes.
MOST_UNPACKED = 50_000_000
MOST_ROWS, MOST_COLUMNS = 5_000, 40
_ZIP = b"PK\x03\x04"
_OLD_EXCEL = b"\xd0\xcf\x11\xe0"
_DELIMITERS = ";\t,"


def file_rows(content: bytes) -> list[Sequence[FileCell]]:
    """The rows of the file's first sheet. RefusedError when it is no such file."""
    if not content.strip():
        raise RefusedError(_("The file is empty. Choose another."), field="file")
    if len(content) > MOST_BYTES:
        raise RefusedError(_("The file is larger than 2 MB. Save only the budget."), field="file")
    if content.startswith(_OLD_EXCEL):
        raise RefusedError(
            _("The file is an old Excel workbook (.xls). Save it as .xlsx or CSV."), field="file"
        )
    if content.startswith(_ZIP):
        return _excel_rows(content)
    return _csv_rows(content)


def _excel_rows(content: bytes) -> list[Sequence[FileCell]]:
    refused = RefusedError(
        _("The file cannot be read as an Excel workbook. Save it again as .xlsx or CSV."),
        field="file",
    )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(one.file_size for one in packed.infolist()) > MOST_UNPACKED:
                raise RefusedError(
                    _("The workbook is too large when unpacked. Save only the budget."),
                    field="file",
                )
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        page = book.worksheets[0]
        rows: list[Sequence[FileCell]] = [
            tuple(row)
            for row in page.iter_rows(max_row=MOST_ROWS, max_col=MOST_COLUMNS, values_only=True)
        ]
        book.close()
    except RefusedError:
        raise
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError) as error:
        raise refused from error
    except (SyntaxError, TypeError, AttributeError, OSError, EOFError) as error:
        # what openpyxl lets through of a damaged part: xml's ParseError is a SyntaxError
        raise refused from error
    return rows


def _csv_rows(content: bytes) -> list[Sequence[FileCell]]:
    text = _decoded(content)
    if "\x00" in text:
        raise RefusedError(
            _("The file is neither CSV nor an Excel workbook. Choose another."), field="file"
        )
    sample = text[:4000]
    delimiter = max(_DELIMITERS, key=sample.count)
    try:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as error:
        raise RefusedError(
            _("The file cannot be read as CSV. Save it again from the spreadsheet."), field="file"
        ) from error
    return [tuple(cell.lstrip("'") for cell in row[:MOST_COLUMNS]) for row in rows[:MOST_ROWS]]


def _decoded(content: bytes) -> str:
    """As UTF-8; else as Norwegian Excel saved it before UTF-8."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def problem_words(problem: Problem) -> str:
    """Row, column, the reason and the cure."""
    place = _("Row %(row)s") % {"row": problem.row}
    if problem.column:
        column = _column(problem.column)
        place = _("Row %(row)s, %(column)s") % {"row": problem.row, "column": column}
    found = {"found": problem.found, "wanted": problem.wanted}
    return f"{place}: {_reason(problem) % found}"


def _column(column: str) -> str:
    try:
        return month_name(Month.parse(column))
    except ValueError:
        return column


def _reason(problem: Problem) -> str:
    return {
        Reason.EMPTY: _("there are no accounts. Put account numbers in the first column."),
        Reason.NO_HEADING: _(
            "no row has months as headings. Write jan, feb … or 2026-01, 2026-02 … over the "
            "amounts."
        ),
        Reason.WRONG_YEAR: _(
            "the month %(found)s is not in the financial year %(wanted)s. Choose the right year, "
            "or change the heading."
        ),
        Reason.MONTH_TWICE: _("the month %(found)s stands twice. Take one away."),
        Reason.MONTH_MISSING: _(
            "the month %(wanted)s is missing. Add its column, with 0 if need be."
        ),
        Reason.UNKNOWN_ACCOUNT: _(
            "the account %(found)s is not in the client's chart of accounts. Correct the number, "
            "or make the account in the accounting system first."
        ),
        Reason.BALANCE_ACCOUNT: _(
            "the account %(found)s is a balance sheet account. A budget has income and costs only; "
            "take the row away."
        ),
        Reason.ACCOUNT_TWICE: _(
            "the account %(found)s stands on an earlier row too. Join the rows."
        ),
        Reason.AMBIGUOUS_ACCOUNT: _(
            "several accounts have the number %(found)s. Type its budget on the page instead."
        ),
        Reason.NOT_A_NUMBER: _("«%(found)s» is not an amount. Write it as 1250 or 1250,50."),
        Reason.PARTS_OF_ORE: _("«%(found)s» has parts of an øre. Use at most two decimals."),
        Reason.TOO_LARGE: _("«%(found)s» is too large."),
        Reason.SUM_DIFFERS: _(
            "the sum says %(found)s and the months come to %(wanted)s. Correct one of them."
        ),
    }[problem.reason]
