"""Income statement and balance sheet: their lines, and which account stands on which.

layout       the lines, in Norwegian order, with names in both languages
mapping      from account to line: own type first, then client's, firm's and standard digits
statements   the lines with amounts, down to the accounts behind each
"""

from __future__ import annotations

from klientbro.domain.report_lines.layout import LINES, ReportLine, Statement, line_of
from klientbro.domain.report_lines.mapping import (
    LineMapping,
    LineOverride,
    MappingLevel,
    Placement,
    standard_digits,
)
from klientbro.domain.report_lines.statements import (
    AccountAmount,
    LineAmount,
    PresentationMove,
    StatementOfLines,
    balance_sheet,
    income_statement,
)

__all__ = [
    "LINES",
    "AccountAmount",
    "LineAmount",
    "LineMapping",
    "LineOverride",
    "MappingLevel",
    "Placement",
    "PresentationMove",
    "ReportLine",
    "Statement",
    "StatementOfLines",
    "balance_sheet",
    "income_statement",
    "line_of",
    "standard_digits",
]
