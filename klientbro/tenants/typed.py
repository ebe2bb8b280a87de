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
    _Field = models.Field[str, str]
    _Char = models.CharField[str, str]
    _Text = models.TextField[str, str]
else:
    _Field, _Char, _Text = object, models.CharField, models.TextField


class _Masking(_Field):
    """What both kinds of columns do. A mask is a letter longer than eleven digits: what then no
    longer fits is cut off."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        masked = hide_national_ids(value) if isinstance(value, str) else value
        return value if masked == value else masked[: self.max_length]

    def deconstruct(self) -> Any:
        """For migrations a text like others: the column is the same."""
        name, _path, args, kwargs = super().deconstruct()
        return name, f"django.db.models.{self.get_internal_type()}", args, kwargs


class TypedCharField(_Masking, _Char):
    """A line of text that a person has written."""


class TypedTextField(_Masking, _Text):
    """Text of any length that a person has written."""
