"""Reads a statement file of any kind, told apart by its content and never by its name."""

from __future__ import annotations

from klientbro.domain.bank_statements.camt import read_camt
from klientbro.domain.bank_statements.csv_file import ColumnMapping, read_csv
from klientbro.domain.bank_statements.model import (
    FileLimits,
    StatementFile,
    StatementProblem,
    refuse,
)

_DEFAULT_LIMITS = FileLimits()
# What people send by mistake, by how such files begin.
_OTHER_FILES = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"MZ")


def read_statement_file(
    content: bytes,
    account: str = "",
    mapping: ColumnMapping | None = None,
    limits: FileLimits = _DEFAULT_LIMITS,
) -> StatementFile:
    """The statements in the file. StatementFileError when it is none, or cannot be read.

    account and mapping are for a CSV; a CAMT.053 says itself which account it is of.
    """
    if len(content) > limits.most_bytes:
        raise refuse(StatementProblem.TOO_LARGE)
    head = content[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not head:
        raise refuse(StatementProblem.EMPTY)
    if head.startswith(_OTHER_FILES):
        raise refuse(StatementProblem.UNKNOWN_FORMAT)
    if head.startswith((b"<", b"\xff\xfe<\x00", b"\xfe\xff\x00<")):
        return read_camt(content, limits)
    return read_csv(content, account, mapping, limits)
