"""Rights a key lacks, as people read them: in their own language, the system's name set apart.

A connector names a right «Ledger transactions (AccountTransaction)»: words to be translated, and
in brackets what the accounting system itself calls it, for whoever must look it up there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.utils.translation import gettext as _

_NAMED = re.compile(r"^(?P<words>.+?) \((?P<name>[^()]+)\)$")


def rights_in_words(rights: Iterable[str]) -> str:
    """`Hovedbokstransaksjoner, Saldobalanse`: without the system's own names."""
    return ", ".join(_split(_(right))[0] for right in rights)


def rights_names(rights: Iterable[str]) -> str:
    """`AccountTransaction, TrialBalance`: the system's own names, '' where there are none."""
    return ", ".join(name for name in (_split(right)[1] for right in rights) if name)


def _split(right: str) -> tuple[str, str]:
    found = _NAMED.match(right)
    return (found["words"], found["name"]) if found else (right, "")
