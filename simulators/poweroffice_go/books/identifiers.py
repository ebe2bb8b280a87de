"""Made-up numbers with right check digits: orgnr, synthetic persons, bank accounts, GUIDs."""

from __future__ import annotations

import hashlib
import random
from datetime import date

_ORGNR_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)
_ACCOUNT_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
_K1_WEIGHTS = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_K2_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


def check_digit(digits: str, weights: tuple[int, ...]) -> int | None:
    """Modulo 11; None when the digit would be 10, so that no such number exists."""
    rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
    digit = (11 - rest) % 11
    return None if digit == 10 else digit


def orgnr(base: int) -> str:
    """The first valid organisation number at or after the eight digits `base`."""
    while (digit := check_digit(str(base), _ORGNR_WEIGHTS)) is None:
        base += 1
    return f"{base}{digit}"


def bank_account_number(rng: random.Random) -> str:
    """Eleven digits of no bank in particular."""
    while True:
        digits = f"{int(rng.random() * 9000) + 1000}{int(rng.random() * 1_000_000):06d}"
        digit = check_digit(digits, _ACCOUNT_WEIGHTS)
        if digit is not None:
            return f"{digits}{digit}"


def synthetic_national_id(born: date, start: int) -> str:
    """A personal number of the tax authority's synthetic kind: 80 added to the month.

    `start` is the first individual number tried (000-499 for births before 2000).
    """
    for individual in range(start, 500):
        digits = f"{born.day:02d}{born.month + 80:02d}{born.year % 100:02d}{individual:03d}"
        first = check_digit(digits, _K1_WEIGHTS)
        if first is None:
            continue
        second = check_digit(f"{digits}{first}", _K2_WEIGHTS)
        if second is not None:
            return f"{digits}{first}{second}"
    raise ValueError(f"no individual number left from {start}")


def guid(*parts: object) -> str:
    """A GUID that depends on `parts` only."""
    digest = hashlib.sha256(":".join(str(part) for part in parts).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def random_guid(bits: int) -> str:
    """128 random bits as a GUID; quick, for vouchers."""
    text = f"{bits:032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
