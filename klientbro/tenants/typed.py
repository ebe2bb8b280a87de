"""Text that people type, as the database keeps it: a personal number in it is masked on the way in.

Such a number has its own sealed column (personopplysningsloven § 12); in a comment, a title or a
name it would be read by everybody who reads the text, and stand in copies, exports and the log.
Whatever writes the column, a page, a command or a job, writes it masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from klientbro.domain.national_id import hide_national_ids

if TYPE_CHECKING:
    _Char = models.CharField[str, str]
    _Text = models.TextField[str, str]
else:
    _Char, _Text = models.CharField, models.TextField


class TypedCharField(_Char):
    """A line of text that a person has written."""

    def get_prep_value(self, value: Any) -> Any:
        return _masked(super().get_prep_value(value), self.max_length)

    def deconstruct(self) -> Any:
        """For migrations a text like others: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


class TypedTextField(_Text):
    """Text of any length that a person has written."""

    def get_prep_value(self, value: Any) -> Any:
        return _masked(super().get_prep_value(value), None)

    def deconstruct(self) -> Any:
        """As for a line."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


def _masked(value: Any, most: int | None) -> Any:
    """A mask is a letter longer than eleven digits: what no longer fits is cut off."""
    if not isinstance(value, str):
        return value
    masked = hide_national_ids(value)
    return masked if masked == value else masked[:most]
