"""Norwegian national identity numbers: fødselsnummer and D-number, real and synthetic.

Our own, since libraries refuse the synthetic numbers of the tax authority's test register.
A number never goes into an exception, a repr or a log from here: checks answer with a status,
and what is shown is masked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

NATIONAL_ID_LENGTH = 11

_ELEVEN_DIGITS = re.compile(r"[0-9]{11}", re.ASCII)
# As it is kept, or as people part it: `018190 12345`, `018190-12345`.
_ALONE = re.compile(r"(?<![0-9])([0-9]{6})[ \u00a0-]?([0-9]{5})(?![0-9])", re.ASCII)
_BIRTH_DIGITS = 6
_HIDDEN = "*****"
_MASKED = re.compile(rf"[0-9]{{{_BIRTH_DIGITS}}} {re.escape(_HIDDEN)}", re.ASCII)

# The last weight is for the check digit itself, so that a right number sums to 0 mod 11.
_FIRST_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)
_SECOND_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)
# From 2032 the first control sum may leave 0 to 3; before, only 0. The second rule is unchanged.
_LARGEST_REMAINDER_2032 = 3

_D_NUMBER_DAY = 40
# What is added to the month. 80: the tax authority's test register. 40: help numbers of the
# health service, which no bookkeeping client has, and some test sets. 65: other test sets.
_SYNTHETIC_MONTHS = (80, 65, 40)
_MONTHS = 12


class NationalIdStatus(StrEnum):
    """What is wrong with a national identity number, if anything."""

    OK = "ok"
    FORMAT = "format"  # not eleven digits
    CHECKSUM = "checksum"  # a control digit does not follow from the others
    DATE = "date"  # the six first digits are no day in the calendar
    SERIES = "series"  # the individual digits fit no century with this year


class NationalIdKind(StrEnum):
    """Who a number was given to."""

    FNR = "fnr"  # born or settled in Norway
    DNR = "dnr"  # temporary; 40 is added to the day


@dataclass(frozen=True, slots=True)
class NationalIdCheck:
    """The outcome. `kind` is set when the status is ok.

    is_synthetic: from a test set; only for use outside production.
    birth_date: None for a number valid only under the 2032 rule, which no longer tells the century.
    """

    status: NationalIdStatus
    kind: NationalIdKind | None = None
    is_synthetic: bool = False
    birth_date: date | None = field(default=None, repr=False)


def check_national_id(digits: str, *, accept_2032: bool) -> NationalIdCheck:
    """Check eleven digits. `accept_2032` also takes numbers as issued from 1 January 2032.

    31129956715: the first control sum is 241 + 1 = 242 = 22 · 11, the second 215 + 5 = 220 =
    20 · 11, so both leave 0.
    """
    if not _ELEVEN_DIGITS.fullmatch(digits):
        return NationalIdCheck(NationalIdStatus.FORMAT)
    remainder = _remainder(digits, _FIRST_WEIGHTS)
    allowed = _LARGEST_REMAINDER_2032 if accept_2032 else 0
    if remainder > allowed or _remainder(digits, _SECOND_WEIGHTS) != 0:
        return NationalIdCheck(NationalIdStatus.CHECKSUM)

    day, added_month = int(digits[:2]), int(digits[2:4])
    kind = NationalIdKind.DNR if day > _D_NUMBER_DAY else NationalIdKind.FNR
    is_synthetic = added_month > _MONTHS
    if remainder != 0:
        # Valid under the 2032 rule alone: date and sex must be fetched from the register.
        return NationalIdCheck(NationalIdStatus.OK, kind, is_synthetic)

    if kind is NationalIdKind.DNR:
        day -= _D_NUMBER_DAY
    year = _full_year(int(digits[4:6]), int(digits[6:9]))
    if year is None:
        return NationalIdCheck(NationalIdStatus.SERIES)
    try:
        birth_date = date(year, _month(added_month), day)
    except ValueError:
        return NationalIdCheck(NationalIdStatus.DATE)
    return NationalIdCheck(NationalIdStatus.OK, kind, is_synthetic, birth_date)


def mask_national_id(digits: str) -> str:
    """Show who may be meant and no more: `010190 *****`. Not eleven digits is all stars."""
    if not _ELEVEN_DIGITS.fullmatch(digits):
        return _HIDDEN
    return f"{digits[:_BIRTH_DIGITS]} {_HIDDEN}"


def hide_national_ids(text: str) -> str:
    """The text with every valid number in it masked; other eleven digits are left as they are."""

    def masked(found: re.Match[str]) -> str:
        digits = found[1] + found[2]
        is_one = check_national_id(digits, accept_2032=True).status is NationalIdStatus.OK
        return mask_national_id(digits) if is_one else found[0]

    return _ALONE.sub(masked, text)


def is_hidden_national_id(text: str) -> bool:
    """Whether the text is a masked number and nothing else."""
    return _MASKED.fullmatch(text.strip()) is not None


def _remainder(digits: str, weights: tuple[int, ...]) -> int:
    return sum(w * int(d) for w, d in zip(weights, digits, strict=False)) % 11


def _month(added: int) -> int:
    """The month with what was added taken away; 0 or above 12 when it is no month."""
    for added_for_tests in _SYNTHETIC_MONTHS:
        if added > added_for_tests:
            return added - added_for_tests
    return added


def _full_year(year_of_century: int, individual: int) -> int | None:
    """The year of birth from two digits and the individual digits, None when no rule fits."""
    if individual <= 499:
        return 1900 + year_of_century
    if individual <= 749 and year_of_century >= 54:
        return 1800 + year_of_century
    if individual >= 900 and year_of_century >= 40:
        return 1900 + year_of_century
    if year_of_century <= 39:
        return 2000 + year_of_century
    return None
