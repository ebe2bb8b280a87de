"""Deterministic Norwegian books in PowerOffice Go's own words: the data half of the simulator."""

from __future__ import annotations

from .balances import TrialBalanceQuery
from .books import Books, build
from .days import timestamp_of_ticks, timestamp_text
from .encoding import PATHS, encode_one, encode_rows, encoder, field_names
from .errors import (
    AlreadyReversedError,
    BooksError,
    ConflictError,
    InvalidLineError,
    NotFoundError,
    PeriodLockedError,
    UnbalancedVoucherError,
)
from .guesses import Guesses
from .lines import Line
from .roster import extra_company, roster
from .selection import NumberRanges, TransactionQuery, parse_number_ranges
from .spec import CompanySpec, Quirk
from .subledger import BalanceQuery, LedgerQuery, SubLedger

__all__ = [
    "PATHS",
    "AlreadyReversedError",
    "BalanceQuery",
    "Books",
    "BooksError",
    "CompanySpec",
    "ConflictError",
    "Guesses",
    "InvalidLineError",
    "LedgerQuery",
    "Line",
    "NotFoundError",
    "NumberRanges",
    "PeriodLockedError",
    "Quirk",
    "SubLedger",
    "TransactionQuery",
    "TrialBalanceQuery",
    "UnbalancedVoucherError",
    "build",
    "encode_one",
    "encode_rows",
    "encoder",
    "extra_company",
    "field_names",
    "parse_number_ranges",
    "roster",
    "timestamp_of_ticks",
    "timestamp_text",
]
