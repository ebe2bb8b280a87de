"""What identifies a client: an organisation number, a national identity number, or nothing yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from klientbro.domain.national_id import (
    NATIONAL_ID_LENGTH,
    NationalIdStatus,
    check_national_id,
    mask_national_id,
)
from klientbro.domain.orgnr import (
    ORGNR_LENGTH,
    OrgnrStatus,
    check_orgnr,
    format_orgnr,
    normalise_orgnr,
    strip_separators,
)

# People write 010190-12345 too; a hyphen anywhere else is a mistyped number.
_HYPHENATED = re.compile(r"([0-9]{6})-([0-9]{5})", re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)


class IdentifierKind(StrEnum):
    """Which register the number is from."""

    ORGNR = "orgnr"
    NATIONAL_ID = "national_id"


class IdentifierProblemCode(StrEnum):
    """Why a typed identifier is refused. The portal has a text for each."""

    NOT_DIGITS = "not_digits"  # something else than digits, spaces, dots, NO and MVA
    LENGTH = "length"  # neither nine nor eleven digits
    ORGNR_CHECKSUM = "orgnr_checksum"
    NATIONAL_ID_CHECKSUM = "national_id_checksum"
    NATIONAL_ID_DATE = "national_id_date"
    NATIONAL_ID_SERIES = "national_id_series"
    SYNTHETIC = "synthetic"  # a test number where only real ones are taken


@dataclass(frozen=True, slots=True)
class IdentifierProblem:
    """Why the text is no identifier. It never holds the text: it may be a person's number."""

    code: IdentifierProblemCode


@dataclass(frozen=True, slots=True)
class Identifier:
    """A valid identifier. `digits` is what is compared and stored; pages show `display`."""

    kind: IdentifierKind
    digits: str = field(repr=False)

    @property
    def is_person(self) -> bool:
        return self.kind is IdentifierKind.NATIONAL_ID

    @property
    def display(self) -> str:
        """`314 021 177`, or `010190 *****` for a person."""
        return mask_national_id(self.digits) if self.is_person else format_orgnr(self.digits)

    def __str__(self) -> str:
        return self.display


_NATIONAL_ID_PROBLEMS = {
    NationalIdStatus.FORMAT: IdentifierProblemCode.NOT_DIGITS,
    NationalIdStatus.CHECKSUM: IdentifierProblemCode.NATIONAL_ID_CHECKSUM,
    NationalIdStatus.DATE: IdentifierProblemCode.NATIONAL_ID_DATE,
    NationalIdStatus.SERIES: IdentifierProblemCode.NATIONAL_ID_SERIES,
}


def parse_identifier(
    text: str, *, accept_synthetic: bool, accept_2032: bool
) -> Identifier | IdentifierProblem | None:
    """Read a typed or fetched identifier; None when nothing is there (it may be empty on add).

    `accept_synthetic` is for everywhere but production; `accept_2032` also takes national
    identity numbers as issued from 2032.
    """
    compact = strip_separators(text)
    if not compact:
        return None
    if hyphenated := _HYPHENATED.fullmatch(compact):
        compact = hyphenated[1] + hyphenated[2]
    if len(compact) == NATIONAL_ID_LENGTH and _DIGITS.fullmatch(compact):
        return _parse_national_id(
            compact, accept_synthetic=accept_synthetic, accept_2032=accept_2032
        )
    return _parse_orgnr(compact)


def _parse_orgnr(compact: str) -> Identifier | IdentifierProblem:
    check = check_orgnr(compact)
    if check.status is OrgnrStatus.OK:
        return Identifier(IdentifierKind.ORGNR, check.digits)
    if check.status is OrgnrStatus.CHECKSUM:
        return IdentifierProblem(IdentifierProblemCode.ORGNR_CHECKSUM)
    bare = normalise_orgnr(compact)
    if _DIGITS.fullmatch(bare) and len(bare) != ORGNR_LENGTH:
        return IdentifierProblem(IdentifierProblemCode.LENGTH)
    return IdentifierProblem(IdentifierProblemCode.NOT_DIGITS)


def _parse_national_id(
    digits: str, *, accept_synthetic: bool, accept_2032: bool
) -> Identifier | IdentifierProblem:
    check = check_national_id(digits, accept_2032=accept_2032)
    if check.status is not NationalIdStatus.OK:
        return IdentifierProblem(_NATIONAL_ID_PROBLEMS[check.status])
    if check.is_synthetic and not accept_synthetic:
        return IdentifierProblem(IdentifierProblemCode.SYNTHETIC)
    return Identifier(IdentifierKind.NATIONAL_ID, digits)
