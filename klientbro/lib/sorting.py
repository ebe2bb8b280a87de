"""A sort key for names in Norwegian order, stored as text and compared byte by byte.

The embedded PostgreSQL has no Norwegian collation, so names carry this key, made when they are
written and ordered `COLLATE "C"`. In that order { | } follow z, and stand in for æ ø å.
"""

from __future__ import annotations

import unicodedata

# Below every character a name can hold, so that «Berg» comes before «Berg AS».
_LEVEL = "\x01"
_AE, _OE, _AA = "{", "|", "}"
# Letters Norwegians file under another one (ä under æ); other accents only decide between equals.
_FILED_UNDER = str.maketrans(
    {
        "æ": _AE,
        "ä": _AE,
        "ø": _OE,
        "ö": _OE,
        "ő": _OE,
        "œ": _OE,
        "å": _AA,
        "ü": "y",
        "ű": "y",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
    }
)


def norwegian_sort_key(name: str) -> str:
    """Text that orders names … z æ ø å, aa as å, without regard to case or accents.

    Names alike in letters are told apart by spelling, so that the order is the same every time:
    Aas, Ås and ås follow each other, always in that order.
    """
    cleaned = " ".join(_printable(unicodedata.normalize("NFC", name)).split())
    lower = cleaned.casefold()
    letters = lower.replace("aa", "å").translate(_FILED_UNDER)
    plain = "".join(
        char for char in unicodedata.normalize("NFKD", letters) if not unicodedata.combining(char)
    )
    return _LEVEL.join((plain, lower, cleaned))


def _printable(text: str) -> str:
    """Put spaces for control characters (\\x01 parts our levels) and for lone surrogates.

    PostgreSQL refuses NUL and half a character.
    """
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)
