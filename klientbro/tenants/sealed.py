"""The columns that hold envelopes, found by walking the models: what they are sealed as, and where.

`Envelopes.seal` is told the field; `SealedField` says the same of the column, so that values can be
sealed anew without knowing who wrote them. A test finds columns of bytes that say neither.
"""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models

if TYPE_CHECKING:
    _Bytes = models.BinaryField[Any, Any]  # only the stubs know what it holds
else:
    _Bytes = models.BinaryField


class SealedField(_Bytes):
    """A column of envelopes. To the database it is bytes like any other.

    sealed_as: the field its values are sealed for; a word in braces is another column of the row.
    """

    def __init__(self, *args: Any, sealed_as: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sealed_as = sealed_as

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.BinaryField", args, kwargs


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column of envelopes in a table that belongs to firms."""

    table: str
    column: str
    key: str  # the table's primary key
    sealed_as: str

    @property
    def others(self) -> list[str]:
        """The columns that `sealed_as` names."""
        return [name for _text, name, *_rest in string.Formatter().parse(self.sealed_as) if name]

    def field_of(self, others: dict[str, Any]) -> str:
        """What one row's value is sealed as."""
        return self.sealed_as.format_map(others)


def sealed_columns() -> list[SealedColumn]:
    """Every one of them, by table and column."""
    found = [
        SealedColumn(
            table=model._meta.db_table,
            column=str(field.column),
            key=str(model._meta.pk.column),
            sealed_as=field.sealed_as,
        )
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SealedField)
    ]
    return sorted(found, key=lambda one: (one.table, one.column))
