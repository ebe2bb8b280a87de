"""Many clients at once, pasted from a spreadsheet or a CSV file: read, judged row by row, saved.

P-72's columns: name; customer id; organisation number; and ours, the client key. A first line of
headings may put them in another order. Nothing is saved before a person has seen every verdict, and
no key is ever part of what is shown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.models import Connection, Integration
from klientbro.clients.services.checks import CLIENT_KEY
from klientbro.clients.services.connections import add_connection
from klientbro.clients.services.typed import read_typed
from klientbro.tenants.envelopes import Envelopes
from klientbro.tenants.services import firm_envelopes

MOST_ROWS = 1000
MOST_CHARACTERS = 400_000
DELIMITERS = "\t;,"
_NAME, _CUSTOMER, _NUMBER, _KEY = "name", "customer", "identifier", "key"
_HEADINGS = {
    _NAME: ("navn", "klientnavn", "kunde", "name", "client name", "customer", "firma", "selskap"),
    _CUSTOMER: ("kundenr", "kundenummer", "kunde-id", "customer id", "klientnr", "id"),
    _NUMBER: ("orgnr", "orgnummer", "organisasjonsnummer", "organisation number", "personnr"),
    _KEY: ("nøkkel", "klientnøkkel", "klientid/klientnøkkel", "klientid", "client key", "key"),
}
_ORDERS = {4: (_NAME, _CUSTOMER, _NUMBER, _KEY), 3: (_NAME, _NUMBER, _KEY)}


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One line as it was given, and the verdict on it. Its key never shows."""

    line: int
    name: str
    identifier: str
    key: str = field(repr=False)
    problem: str = ""
    problem_field: str = ""  # name, identifier or key
    note: str = ""  # worth knowing, not in the way

    @property
    def can_be_saved(self) -> bool:
        return not self.problem

    @property
    def shown_number(self) -> str:
        """A personal number is never repeated on a page: its first six digits are the birthday."""
        digits = "".join(char for char in self.identifier if char.isdigit())
        return f"{digits[:6]} *****" if len(digits) == 11 else self.identifier


def read_rows(text: str) -> list[ImportRow]:
    """The pasted lines as rows, not yet judged. RefusedError when nothing can be read at all."""
    clean = text.lstrip("\ufeff").replace("\0", "")
    if not clean.strip():
        raise RefusedError(_("There is nothing to import. Paste the rows, or choose a file."))
    if len(clean) > MOST_CHARACTERS:
        raise RefusedError(_("This is too much at once. Import it in smaller parts."))
    delimiter = _delimiter(clean)
    try:
        lines = [
            (number, [cell.strip() for cell in cells])
            for number, cells in enumerate(csv.reader(io.StringIO(clean), delimiter=delimiter), 1)
            if any(cell.strip() for cell in cells)
        ]
    except csv.Error:
        raise RefusedError(
            _("The rows cannot be read as a table. Copy them anew, or save the file as CSV.")
        ) from None
    order = _headings(lines[0][1])
    if order is not None:
        lines = lines[1:]
    if not lines:
        raise RefusedError(_("There are only headings here. Copy the rows below them too."))
    if len(lines) > MOST_ROWS:
        raise RefusedError(
            _("There are %(count)s rows here. Import at most %(most)s at a time.")
            % {"count": len(lines), "most": MOST_ROWS}
        )
    return [_row(number, cells, order) for number, cells in lines]


def judge(rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Each row with its verdict: what would stop it, in which field, and the cure."""
    envelopes = firm_envelopes()
    used = {
        bytes(digest): name
        for digest, name in Connection.objects.filter(
            deleted_at=None, key_hash__isnull=False
        ).values_list("key_hash", "name")
        if digest is not None
    }
    known = {
        bytes(digest): name
        for digest, name in Connection.objects.filter(
            deleted_at=None, identifier_hash__isnull=False
        ).values_list("identifier_hash", "name")
        if digest is not None
    }
    keys: dict[bytes, int] = {}
    numbers: dict[bytes, int] = {}
    judged = []
    for row in rows:
        if row.problem:
            judged.append(row)
            continue
        try:
            typed = read_typed(row.identifier, row.name, row.key)
        except RefusedError as error:
            judged.append(replace(row, problem=str(error), problem_field=error.field))
            continue
        digest = envelopes.equality_hash(CLIENT_KEY, typed.key)
        problem = ""
        if digest in used:
            problem = _("%(name)s already has this key. Copy the key of the right client.") % {
                "name": used[digest]
            }
        elif digest in keys:
            problem = _("Line %(line)s has the same key. Copy the key of the right client.") % {
                "line": keys[digest]
            }
        keys.setdefault(digest, row.line)
        judged.append(
            replace(
                row,
                name=typed.name,
                problem=problem,
                problem_field="key" if problem else "",
                note=_note(_number_hash(envelopes, typed.digits), known, numbers, row.line),
            )
        )
    return judged


def save_rows(
    integration: Integration, rows: Sequence[ImportRow]
) -> tuple[list[Connection], list[ImportRow]]:
    """Saves every row that can be; returns what was added, and the others with why they were not.

    Each row is a transaction of its own: one that somebody has just added by hand stops no other.
    """
    added: list[Connection] = []
    left_out: list[ImportRow] = []
    for row in judge(rows):
        if not row.can_be_saved:
            left_out.append(row)
            continue
        try:
            typed = read_typed(row.identifier, row.name, row.key)
            added.append(add_connection(integration, typed, None))
        except RefusedError as error:
            left_out.append(replace(row, problem=str(error), problem_field=error.field))
    return added, left_out


def _delimiter(text: str) -> str:
    """The mark that most of the first lines are divided by; a spreadsheet's copy has tabs."""
    sample = text.splitlines()[:20]
    return max(DELIMITERS, key=lambda mark: sum(mark in line for line in sample))


def _headings(cells: Sequence[str]) -> tuple[str, ...] | None:
    """The columns in order when the first line names them."""
    found = []
    for cell in cells:
        word = cell.casefold().strip(" :*")
        found.append(next((name for name, words in _HEADINGS.items() if word in words), ""))
    return tuple(found) if {_NAME, _KEY} <= set(found) else None


def _row(number: int, cells: list[str], order: tuple[str, ...] | None) -> ImportRow:
    while order is None and len(cells) > 4 and not cells[-1]:
        cells = cells[:-1]
    columns = order or _ORDERS.get(len(cells))
    if columns is None:
        return ImportRow(
            number,
            cells[0][:80] if len(cells) > 1 else "",
            "",
            "",
            problem=_(
                "The row has %(count)s columns. Give name, customer id, organisation number and "
                "key, or name, organisation number and key."
            )
            % {"count": len(cells)},
        )
    given = dict(zip(columns, cells, strict=False))
    return ImportRow(number, given.get(_NAME, ""), given.get(_NUMBER, ""), given.get(_KEY, ""))


def _number_hash(envelopes: Envelopes, digits: str) -> bytes | None:
    return envelopes.equality_hash("identifier", digits) if digits else None


def _note(
    digest: bytes | None, known: dict[bytes, str], numbers: dict[bytes, int], line: int
) -> str:
    """Two inactive clients may share a number (P-58), but only one of them can be activated."""
    if digest is None:
        return _("Has no number: add one before activating.")
    if digest in known:
        return _("%(name)s has the same number: only one of them can be active.") % {
            "name": known[digest]
        }
    if digest in numbers:
        return _("Line %(line)s has the same number: only one of them can be active.") % {
            "line": numbers[digest]
        }
    numbers[digest] = line
    return ""
