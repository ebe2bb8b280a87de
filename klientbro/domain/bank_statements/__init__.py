"""Bank statements from files: bytes in, typed statements with exact decimals out.

model         statement, line, and what can be wrong with a file
camt          CAMT.053, any 001.0x version, read as a stream
csv_file      a Norwegian bank's CSV: encoding, delimiter, columns and decimals found by looking
csv_cells     the dates and amounts in its cells
continuity    the same statement twice, overlapping, or with a gap before or after it
reading       any of them, told apart by their content
"""

from __future__ import annotations

from klientbro.domain.bank_statements.continuity import (
    Continuity,
    ContinuityFinding,
    check_continuity,
    lines_not_known,
)
from klientbro.domain.bank_statements.model import (
    BankStatement,
    FileLimits,
    StatementFile,
    StatementFileError,
    StatementHead,
    StatementLine,
    StatementPart,
    StatementProblem,
)
from klientbro.domain.bank_statements.reading import read_statement_file

__all__ = [
    "BankStatement",
    "Continuity",
    "ContinuityFinding",
    "FileLimits",
    "StatementFile",
    "StatementFileError",
    "StatementHead",
    "StatementLine",
    "StatementPart",
    "StatementProblem",
    "check_continuity",
    "lines_not_known",
    "read_statement_file",
]
