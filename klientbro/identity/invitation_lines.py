"""Reads the list of whom to invite: one person a line, with or without a name before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

MOST = 50
LONGEST_NAME = 200
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Invitee:
    """One person to invite, and the line they stand on."""

    line: int
    email: str
    name: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line cannot be used: which, what stands there, the field, the reason and the cure."""

    line: int
    typed: str
    field: str
    reason: str
    cure: str


def read_invitees(text: str) -> tuple[Sequence[Invitee], Sequence[Problem]]:
    """The people of the list, and every line that cannot be used. Empty lines are passed over."""
    invitees: list[Invitee] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1)]
    filled = [(number, line) for number, line in lines if line]
    for number, line in filled[:MOST]:
        read = _read_line(number, line, seen)
        if isinstance(read, Problem):
            problems.append(read)
        else:
            seen[read.email] = number
            invitees.append(read)
    problems += [
        Problem(
            number,
            line,
            _("List"),
            _("At most %(most)s people can be invited at a time.") % {"most": MOST},
            _("Take this line out, and invite the rest afterwards."),
        )
        for number, line in filled[MOST:]
    ]
    return invitees, problems


def _read_line(number: int, line: str, seen: dict[str, int]) -> Invitee | Problem:
    name, address = parseaddr(line) if "<" in line else ("", line)
    email = address.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        return Problem(
            number,
            line,
            _("E-mail address"),
            _("This is not an e-mail address."),
            _("Write it as kari@firma.no, one person a line."),
        )
    if len(email) > LONGEST_EMAIL or len(name) > LONGEST_NAME:
        return Problem(
            number,
            line,
            _("Name") if len(name) > LONGEST_NAME else _("E-mail address"),
            _("This is too long."),
            _("A name can have 200 characters, an address 254."),
        )
    if email in seen:
        return Problem(
            number,
            line,
            _("E-mail address"),
            _("The same address stands on line %(line)s.") % {"line": seen[email]},
            _("Take one of the two out."),
        )
    return Invitee(number, email, " ".join(name.split()))
