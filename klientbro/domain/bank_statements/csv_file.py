"""A Norwegian bank's CSV: encoding, delimiter, header and decimals are found by looking.

Banks write the same things in their own ways, and change them: columns are known by their
headings, in Norwegian and English, never by place. What is found is told (`details`), what cannot
be read is told by line, and a person may say which column is which (ColumnMapping).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise

from klientbro.domain.bank_statements.csv_cells import decimal_mark, parse_cell, parse_day
from klientbro.domain.bank_statements.model import (
    BankStatement,
    FileFault,
    FileLimits,
    SkippedLine,
    StatementFile,
    StatementFileError,
    StatementLine,
    StatementProblem,
    refuse,
    with_ids,
)
from klientbro.domain.money import ZERO

_HEADINGS: Mapping[str, tuple[str, ...]] = {
    "day": (
        "bokføringsdato",
        "bokførtdato",
        "bokført",
        "bokføringsdag",
        "bokfdato",
        "posteringsdato",
        "dato",
        "transaksjonsdato",
        "utførtdato",
        "bookingdate",
        "bookeddate",
        "date",
        "transactiondate",
    ),
    "value_day": ("rentedato", "valuteringsdato", "valutadato", "valuedate", "interestdate"),
    "amount": ("beløp", "beløpinok", "beløpnok", "sum", "bevegelse", "amount", "amountnok"),
    "amount_in": (
        "inn",
        "beløpinn",
        "innpåkonto",
        "inntilkonto",
        "innbetaling",
        "innbetalt",
        "godskrift",
        "kredit",
        "credit",
        "in",
        "paidin",
    ),
    "amount_out": (
        "ut",
        "beløput",
        "utfrakonto",
        "utavkonto",
        "utbetaling",
        "utbetalt",
        "belastning",
        "debet",
        "debit",
        "out",
        "paidout",
    ),
    "text": (
        "forklaring",
        "beskrivelse",
        "tekst",
        "transaksjonstekst",
        "tittel",
        "melding",
        "description",
        "text",
        "details",
    ),
    "type": ("type", "transaksjonstype", "undertype", "kategori", "transactiontype"),
    "reference": ("kid", "kidnummer", "referanse", "betalingsreferanse", "reference"),
    "bank_reference": (
        "arkivref",
        "arkivreferanse",
        "arkivkode",
        "numref",
        "numeriskreferanse",
        "bankreferanse",
        "transaksjonsid",
        "transactionid",
    ),
    "balance": ("saldo", "bokførtsaldo", "saldoetter", "balance"),
    "currency": ("valuta", "currency"),
    "party": ("navn", "motpart", "avsender", "mottaker", "mottakernavn", "name", "counterparty"),
    "party_account": ("motkonto", "motpartskonto", "mottakerkonto", "counterpartyaccount"),
    "account": ("kontonummer", "kontonr", "konto", "account", "accountnumber"),
    "status": ("status", "bokføringsstatus"),
}
_NAMES = {heading: name for name, headings in _HEADINGS.items() for heading in headings}
_AMOUNTS = ("amount", "amount_in", "amount_out")
_DELIMITERS = (";", "\t", ",", "|")
_HEADER_IN_FIRST = 30
_NOT_BOOKED = ("reservert", "reserved", "pending", "venter", "ikke bokført", "kommende")
_DEFAULT_LIMITS = FileLimits()


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What a person says of the columns: our name to the heading in the file."""

    columns: Mapping[str, str] = field(default_factory=dict)
    decimal: str | None = None  # "," or "."

    def __post_init__(self) -> None:
        unknown = set(self.columns) - set(_HEADINGS)
        if unknown:
            raise ValueError(f"no such column: {', '.join(sorted(unknown))}")
        if self.decimal not in (None, ",", "."):
            raise ValueError(f"decimals begin with a comma or a point, not {self.decimal!r}")


@dataclass(frozen=True, slots=True)
class _Table:
    """The file cut into rows, with the place of each column we know."""

    encoding: str
    delimiter: str
    places: Mapping[str, int]
    width: int
    rows: Sequence[tuple[int, list[str]]]  # line of the file, cells

    def cell(self, row: Sequence[str], name: str) -> str:
        place = self.places.get(name)
        return row[place].strip() if place is not None and place < len(row) else ""


def read_csv(
    content: bytes,
    account: str = "",
    mapping: ColumnMapping | None = None,
    limits: FileLimits = _DEFAULT_LIMITS,
) -> StatementFile:
    """The statement in a CSV; StatementFileError names every line that cannot be read.

    account: which account the file is for, when it does not say so itself.
    """
    if len(content) > limits.most_bytes:
        raise refuse(StatementProblem.TOO_LARGE)
    chosen = mapping or ColumnMapping()
    text, encoding = _decoded(content)
    table = _table(text, encoding, chosen)
    if len(table.rows) > limits.most_lines:
        raise refuse(StatementProblem.TOO_MANY_LINES)
    mark = chosen.decimal or _mark(table)
    lines, skipped = _lines(table, mark)
    if not lines:
        raise refuse(StatementProblem.NO_STATEMENT)
    in_order = _oldest_first(lines)
    first, last = in_order[0], in_order[-1]
    statement = BankStatement(
        id="",
        account=account or _only(table, "account"),
        currency=_currency(table),
        first_day=min(line.day for line in lines),
        last_day=max(line.day for line in lines),
        opening=None if first.balance is None else first.balance - first.amount,
        closing=last.balance,
        lines=with_ids(in_order),
    )
    details = (
        ("encoding", table.encoding),
        ("delimiter", table.delimiter),
        ("decimal", mark),
        *((name, str(place + 1)) for name, place in sorted(table.places.items())),
    )
    return StatementFile("csv", (statement,), tuple(skipped), details)


def _decoded(content: bytes) -> tuple[str, str]:
    """The text and how it was written: UTF-8, UTF-16 with mark, else Windows' Western."""
    if not content.strip():
        raise refuse(StatementProblem.EMPTY)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, encoding
    raise refuse(StatementProblem.UNREADABLE_TEXT)


def _table(text: str, encoding: str, mapping: ColumnMapping) -> _Table:
    """Try each delimiter on the first lines; the one that gives most known headings is right."""
    best: tuple[int, str, int, dict[str, int]] | None = None
    head = text.splitlines(keepends=True)[:_HEADER_IN_FIRST]
    for delimiter in _DELIMITERS:
        for at, (_, cells) in enumerate(_rows("".join(head), delimiter)):
            places = _places(cells, mapping)
            if best is None or len(places) > best[0]:
                best = (len(places), delimiter, at, places)
    if best is None or best[0] < 2:
        raise refuse(StatementProblem.NO_HEADER)
    _, delimiter, header, places = best
    if "day" not in places:
        raise refuse(StatementProblem.MISSING_COLUMN, field="day")
    if not any(name in places for name in _AMOUNTS):
        raise refuse(StatementProblem.MISSING_COLUMN, field="amount")
    rows = list(_rows(text, delimiter))
    return _Table(encoding, delimiter, places, len(rows[header][1]), rows[header + 1 :])


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold anything, with the line each ends on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise refuse(StatementProblem.UNREADABLE_TEXT, reader.line_num) from error


def _places(cells: Sequence[str], mapping: ColumnMapping) -> dict[str, int]:
    """Where each column we know stands; the first of our headings wins over later ones."""
    found: dict[str, tuple[int, int]] = {}
    chosen = {_heading(heading): name for name, heading in mapping.columns.items()}
    for place, cell in enumerate(cells):
        heading = _heading(cell)
        name = chosen.get(heading) or _NAMES.get(heading)
        if name is None or (name in mapping.columns and heading not in chosen):
            continue
        rank = -1 if heading in chosen else _HEADINGS[name].index(heading)
        if name not in found or rank < found[name][0]:
            found[name] = (rank, place)
    return {name: place for name, (_, place) in found.items()}


def _heading(cell: str) -> str:
    return re.sub(r"[\W_]", "", cell.casefold())


def _mark(table: _Table) -> str:
    cells = [
        cell
        for _, row in table.rows
        for name in (*_AMOUNTS, "balance")
        if (cell := table.cell(row, name))
    ]
    mark = decimal_mark(cells)
    if mark is None:
        raise refuse(StatementProblem.AMBIGUOUS_DECIMALS, field="amount")
    return mark


def _lines(table: _Table, mark: str) -> tuple[list[StatementLine], list[SkippedLine]]:
    """Every row as a line, or set aside with its reason; all faults together when there are any."""
    lines: list[StatementLine] = []
    skipped: list[SkippedLine] = []
    faults: list[FileFault] = []
    for number, row in table.rows:
        reason = _reason_to_skip(table, row)
        if reason:
            skipped.append(SkippedLine(number, reason, " ".join(row)[:60]))
            continue
        try:
            lines.append(_line(table, row, number, mark))
        except StatementFileError as error:
            faults += error.faults
    if faults:
        raise StatementFileError(faults)
    return lines, skipped


def _reason_to_skip(table: _Table, row: Sequence[str]) -> str:
    status = f"{table.cell(row, 'status')} {table.cell(row, 'type')}".casefold()
    is_waiting = any(word in status for word in _NOT_BOOKED)
    day = table.cell(row, "day")
    if is_waiting or any(word in day.casefold() for word in _NOT_BOOKED):
        return "not_booked"
    has_amount = any(table.cell(row, name) for name in _AMOUNTS)
    # An opening or closing line: a balance, or a word, and nothing that moved.
    return "" if has_amount else "no_amount"


def _line(table: _Table, row: Sequence[str], number: int, mark: str) -> StatementLine:
    if len(row) < table.width and max(table.places.values()) >= len(row):
        raise refuse(StatementProblem.SHORT_ROW, number, value=" ".join(row))
    day = _day(table, row, number, "day")
    if day is None:
        raise refuse(StatementProblem.BAD_DATE, number, "day", table.cell(row, "day"))
    kind, text = table.cell(row, "type"), table.cell(row, "text")
    return StatementLine(
        id="",
        day=day,
        amount=_amount(table, row, number, mark),
        text=" ".join((text or kind).split()),
        reference=table.cell(row, "reference"),
        party=table.cell(row, "party"),
        party_account=re.sub(r"[\s.]", "", table.cell(row, "party_account")),
        bank_reference=table.cell(row, "bank_reference"),
        value_day=_day(table, row, number, "value_day"),
        balance=_cell(table, row, number, mark, "balance"),
    )


def _day(table: _Table, row: Sequence[str], number: int, name: str) -> date | None:
    text = table.cell(row, name)
    day = parse_day(text)
    if text and day is None:
        raise refuse(StatementProblem.BAD_DATE, number, name, text)
    return day


def _cell(table: _Table, row: Sequence[str], number: int, mark: str, name: str) -> Decimal | None:
    text = table.cell(row, name)
    if not text:
        return None
    amount = parse_cell(text, mark)
    if amount is None:
        raise refuse(StatementProblem.BAD_AMOUNT, number, name, text)
    return amount


def _amount(table: _Table, row: Sequence[str], number: int, mark: str) -> Decimal:
    """The signed amount, or what came in less what went out however the bank signs the latter."""
    amount = _cell(table, row, number, mark, "amount")
    if amount is not None:
        return amount
    came_in = _cell(table, row, number, mark, "amount_in") or ZERO
    went_out = _cell(table, row, number, mark, "amount_out") or ZERO
    return abs(came_in) - abs(went_out)


def _oldest_first(lines: Sequence[StatementLine]) -> list[StatementLine]:
    """Banks list newest or oldest first. Days tell; on a single day the running balance does."""
    in_order = list(lines)
    if in_order[0].day > in_order[-1].day:
        in_order.reverse()
    elif in_order[0].day == in_order[-1].day and not _balances_run(in_order):
        turned = in_order[::-1]
        if _balances_run(turned):
            in_order = turned
    return sorted(in_order, key=lambda line: line.day)


def _balances_run(lines: Sequence[StatementLine]) -> bool:
    return all(
        after.balance is not None
        and before.balance is not None
        and before.balance + after.amount == after.balance
        for before, after in pairwise(lines)
    )


def _currency(table: _Table) -> str:
    found = {cell for _, row in table.rows if (cell := table.cell(row, "currency").upper())}
    if len(found) > 1:
        raise refuse(
            StatementProblem.MIXED_CURRENCIES, field="currency", value=", ".join(sorted(found))
        )
    return found.pop() if found else ""


def _only(table: _Table, name: str) -> str:
    """The one value of a column, empty when there are several."""
    found = {cell for _, row in table.rows if (cell := table.cell(row, name))}
    return re.sub(r"[\s.]", "", found.pop()) if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class CsvSketch:
    """A CSV as a person sees it when columns must be chosen: its headings and first rows."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    places: Mapping[str, str]  # our name to the heading we believe it has


def sketch_csv(content: bytes, mapping: ColumnMapping | None = None, rows: int = 5) -> CsvSketch:
    """The headings and the first rows, also where we do not know the headings.

    StatementFileError when the file holds no table at all.
    """
    text, _encoding = _decoded(content)
    chosen = mapping or ColumnMapping()
    head = "".join(text.splitlines(keepends=True)[:_HEADER_IN_FIRST])
    best: tuple[tuple[int, int, int], list[list[str]], dict[str, int]] | None = None
    for delimiter in _DELIMITERS:
        table = [cells for _, cells in _rows(head, delimiter)]
        for at, cells in enumerate(table):
            filled = sum(1 for cell in cells if cell.strip())
            places = _places(cells, chosen)
            rank = (len(places), filled, -at)
            if filled > 1 and (best is None or rank > best[0]):
                best = (rank, table[at:], places)
    if best is None:
        raise refuse(StatementProblem.NO_HEADER)
    _, (headings, *below), places = best
    return CsvSketch(
        tuple(cell.strip() for cell in headings),
        tuple(tuple(cell.strip() for cell in row) for row in below[:rows]),
        {name: headings[place].strip() for name, place in places.items()},
    )
