"""CSV that Norwegian Excel opens right: UTF-8 with BOM, semicolons, decimal comma, safe cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

from klientbro.lib.dates import format_date

Cell = str | int | Decimal | date | None

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}".encode()
# Excel runs a cell that begins like this as a formula, also in the full-width forms
# (OWASP, CSV injection): https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield a CSV file row by row, so that a large export is streamed and never held whole."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    yield BYTE_ORDER_MARK
    for row in rows:
        writer.writerow([csv_text(cell) for cell in row])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def csv_text(cell: Cell) -> str:
    """One cell as text: numbers as numbers (1234,50), days as dd.mm.yyyy, text made harmless."""
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell
        case bool():
            raise TypeError("a yes or no has no number; write the word to show")
        case int():
            return str(cell)
        case Decimal():
            # Excel reads only the ordinary hyphen as minus, and -0,00 helps nobody.
            return format(cell if cell else cell.copy_abs(), "f").replace(".", ",")
        case date():
            return format_date(cell)
    raise TypeError(f"a cell cannot hold {type(cell).__name__}")
