"""The dialog's three fields, read and checked as far as they can be without the source."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import read_identifier
from klientbro.domain.identifier import Identifier
from klientbro.lib.sorting import norwegian_sort_key

NAME_MAX = 200
KEY_MAX = 400
SORT_KEY_MAX = 600  # the column's; three levels of a name of 200 letters may be a little longer
# People copy keys with quotes or braces around them; white space may stand anywhere.
_AROUND_A_KEY = "\"'{}()"
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed. Neither key nor number shows in its repr, so neither reaches a log."""

    identifier: Identifier | None
    name: str
    key: str = field(default="", repr=False)  # '' on Endre: the stored key stays

    @property
    def sort_key(self) -> str:
        return norwegian_sort_key(self.name)[:SORT_KEY_MAX]

    @property
    def digits(self) -> str:
        """The identifier's digits, '' without one."""
        return self.identifier.digits if self.identifier else ""


def read_typed(identifier: str, name: str, key: str = "", *, key_required: bool = True) -> Typed:
    """The typed fields. RefusedError names the first one that cannot be used, why, and the cure."""
    found = read_identifier(_INVISIBLE.sub("", identifier))
    return Typed(found, read_name(name), read_key(key, required=key_required))


def read_name(name: str) -> str:
    """The name without needless or unprintable characters."""
    printable = "".join(
        " " if unicodedata.category(char) in ("Cc", "Cs", "Cn") else char for char in name
    )
    clean = " ".join(_INVISIBLE.sub("", printable).split())
    if not clean:
        raise RefusedError(_("Client name is missing. Type the client's name."), field="name")
    if len(clean) > NAME_MAX:
        raise RefusedError(_("The client name is too long. Shorten it."), field="name")
    return clean


def read_key(key: str, *, required: bool) -> str:
    """The key without what came along when it was copied: blanks, line ends, quotes."""
    clean = "".join(_INVISIBLE.sub("", key).split()).strip(_AROUND_A_KEY)
    if required and not clean:
        raise RefusedError(
            _("The client key is missing. Copy it from the accounting system and paste it here."),
            field="key",
        )
    if len(clean) > KEY_MAX:
        raise RefusedError(
            _("This is too long for a client key. Copy only the key itself."), field="key"
        )
    if not clean.isprintable() or not clean.isascii():
        raise RefusedError(
            _("A client key has only letters, digits and hyphens. Copy it anew."), field="key"
        )
    return clean
