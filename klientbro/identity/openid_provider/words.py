"""What a tool is told by each scope, in words for the person it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from klientbro.identity.openid_provider.consent import ALWAYS
from klientbro.identity.openid_provider.tools import SCOPES

WORDS = {
    "openid": _("that you work in this firm, and your role here"),
    "email": _("your e-mail address"),
    "profile": _("your name"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that a tool asks for."""

    scope: str
    words: str
    is_granted: bool
    is_choice: bool  # without the others there is no sign-in


def told_of(asked: Iterable[str], granted: Iterable[str]) -> list[Told]:
    """The scopes asked for, in their order."""
    wanted, given = {*asked}, {*granted}
    return [
        Told(one, str(WORDS[one]), one in given, one != ALWAYS) for one in SCOPES if one in wanted
    ]
