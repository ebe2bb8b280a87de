"""The dialog's fields, read and checked as far as they can be without the source."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from klientbro.clients.errors import RefusedError
from klientbro.clients.identifiers import read_identifier
from klientbro.domain.identifier import Identifier
from klientbro.domain.national_id import hide_national_ids
from klientbro.lib.dates import format_date
from klientbro.lib.sorting import norwegian_sort_key

NAME_MAX = 200
KEY_MAX = 400
OLDEST_YEAR = 1990
SORT_KEY_MAX = 600  # the column's; three levels of a name of 200 letters may be a little longer
# People copy keys with quotes or braces around them; white space may stand anywhere.
_AROUND_A_KEY = "\"'{}()"
_INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Choices:
    """«Flere valg»: what the firm decides for the client instead of the accounting system."""

    fetch_from: date | None = None
    year_start_month: int | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed. Neither key nor number shows in its repr, so neither reaches a log."""

    identifier: Identifier | None
    name: str
    key: str = field(default="", repr=False)  # '' on Endre: the stored key stays
    choices: Choices | None = None  # None: as they are

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
    if hide_national_ids(clean) != clean:  # names stand in lists, letters and exports
        raise RefusedError(
            _("The name holds a personal number. Write it in its own field, where it is hidden."),
            field="name",
        )
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


def read_choices(
    fetch_from: str, year_start_month: str, *, today: date, books_begin: date | None = None
) -> Choices:
    """The two choices; empty follows the accounting system.

    `books_begin`: the first day of what has been fetched. A later start than that would throw
    away history, so only an earlier one is taken.
    """
    begins = read_fetch_from(fetch_from, today=today)
    if begins is not None and books_begin is not None and begins > books_begin:
        raise RefusedError(
            _(
                "The books have been fetched from %(date)s. Choose that day or an earlier one. For "
                "a later start, delete the client and add it again."
            )
            % {"date": format_date(books_begin)},
            field="fetch_from",
        )
    return Choices(begins, read_month(year_start_month))


def read_fetch_from(text: str, *, today: date) -> date | None:
    """`2024-07-01` from a browser, or `01.07.2024` as people write it; None when empty."""
    clean = text.strip()
    if not clean:
        return None
    found = None
    for form in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            found = datetime.strptime(clean, form).date()  # noqa: DTZ007 a day without a clock
        except ValueError:
            continue
    if found is None:
        raise RefusedError(
            _("Fetch books from is not a date. Write it like 01.07.2024, or leave it empty."),
            field="fetch_from",
        )
    if found.day != 1:
        raise RefusedError(
            _("Fetch books from must be the first day of a month."), field="fetch_from"
        )
    if found > today:
        raise RefusedError(
            _("Fetch books from lies ahead. Choose a day that has been, or leave it empty."),
            field="fetch_from",
        )
    if found.year < OLDEST_YEAR:
        raise RefusedError(
            _("Fetch books from is too long ago. Choose a later day, or leave it empty."),
            field="fetch_from",
        )
    return found


def read_month(text: str) -> int | None:
    """A month's number, None when the accounting system's own rules."""
    clean = text.strip()
    if not clean:
        return None
    if clean.isascii() and clean.isdigit() and 1 <= int(clean) <= 12:
        return int(clean)
    raise RefusedError(
        _("The financial year begins in a month 1 to 12. Choose one from the list."),
        field="year_start_month",
    )
