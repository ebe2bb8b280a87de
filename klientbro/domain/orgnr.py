"""Norwegian organisation numbers (orgnr): reading what people type, checking, showing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from stdnum.exceptions import InvalidChecksum, ValidationError
from stdnum.no import orgnr as stdnum_orgnr

ORGNR_LENGTH = 9

# Pasted numbers carry ordinary, no-break, thin and zero-width spaces, and dots.
_IGNORED = re.compile("[\\s.\N{ZERO WIDTH SPACE}\N{WORD JOINER}\N{ZERO WIDTH NO-BREAK SPACE}]")
_NINE_DIGITS = re.compile(r"[0-9]{9}", re.ASCII)


class OrgnrStatus(StrEnum):
    """What is wrong with an orgnr, if anything."""

    OK = "ok"
    FORMAT = "format"  # not nine digits
    CHECKSUM = "checksum"  # the ninth digit does not follow from the others


@dataclass(frozen=True, slots=True)
class OrgnrCheck:
    """The outcome; `digits` is the nine digits when they are valid, else empty."""

    status: OrgnrStatus
    digits: str = ""


def strip_separators(text: str) -> str:
    """Remove the spaces and dots that numbers are written with."""
    return _IGNORED.sub("", text)


def normalise_orgnr(text: str) -> str:
    """Take away what is written around the digits: `NO 310 000 043 MVA` → `310000043`.

    The result need not be an orgnr; `check_orgnr` says.
    """
    return strip_separators(text).upper().removeprefix("NO").removesuffix("MVA")


def check_orgnr(text: str) -> OrgnrCheck:
    """Check an orgnr as typed. The first digit means nothing: the test register's begin 2 or 3.

    The check digit: weights 3 2 7 6 5 4 3 2; 12345678 sums to 138, 138 mod 11 = 6, 11 − 6 = 5,
    so 123456785 is valid. Remainder 1 would need the digit 10, so such a number does not exist.
    """
    digits = normalise_orgnr(text)
    if not _NINE_DIGITS.fullmatch(digits):
        return OrgnrCheck(OrgnrStatus.FORMAT)
    try:
        stdnum_orgnr.validate(digits)
    except InvalidChecksum:
        return OrgnrCheck(OrgnrStatus.CHECKSUM)
    except ValidationError:
        return OrgnrCheck(OrgnrStatus.FORMAT)
    return OrgnrCheck(OrgnrStatus.OK, digits)


def format_orgnr(digits: str) -> str:
    """Write nine digits in threes: `314 021 177`, with no-break spaces so it stays on one line."""
    return "\N{NO-BREAK SPACE}".join((digits[:3], digits[3:6], digits[6:]))
