"""Everything people have put down for a client's month, read in one statement.

A page of Avstemming needs all of it whatever account it shows, and nine statements of a few rows
each cost more than what is in them. The rows come as JSON and become the models they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection, models

from klientbro.clients.models import ClientFacts
from klientbro.domain.periods import Month
from klientbro.products.reconciliation.models import (
    AccountPlan,
    Attachment,
    ClosedPeriod,
    DocumentedLine,
    Note,
    PlanTemplateLine,
    SignOff,
)
from klientbro.tenants.models import User

Row = TypeVar("Row", bound=models.Model)
_OF_CLIENT = "client_id = %(client)s"
_OF_MONTH = f"{_OF_CLIENT} and month = %(month)s"
# a note somebody must resolve follows the account from month to month until it is
_OF_MONTH_OR_OPEN = f"""
{_OF_CLIENT} and (month = %(month)s or (month < %(month)s and state = 'open'))
"""
_OF_FORM = f"""
template_id in (
  select t.id from reconciliation_plantemplate t where t.company_form in (
    '', (select f.company_form from clients_clientfacts f where f.{_OF_CLIENT})))
"""  # noqa: S608 constants only


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows of one table: which, without which columns, and the people to name with them."""

    model: type[models.Model]
    where: str
    people: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def fields(self) -> list[models.Field[Any, Any]]:
        meta = self.model._meta
        return [field for field in meta.concrete_fields if field.name not in self.without]


_PARTS = {
    "facts": _Part(ClientFacts, _OF_CLIENT),
    "plans": _Part(AccountPlan, _OF_CLIENT),
    "template_lines": _Part(PlanTemplateLine, _OF_FORM),
    "lines": _Part(DocumentedLine, f"{_OF_MONTH} and removed_at is null", ("added_by",)),
    "attachments": _Part(Attachment, _OF_MONTH, ("added_by", "removed_by"), ("content_sealed",)),
    "notes": _Part(Note, _OF_MONTH_OR_OPEN, ("written_by", "assignee", "resolved_by")),
    "sign_offs": _Part(SignOff, _OF_MONTH, ("by",)),
    "closed": _Part(ClosedPeriod, f"{_OF_MONTH} and reopened_at is null", ("closed_by",)),
}
_READERS: Mapping[type[models.Field[Any, Any]], Callable[[Any], Any]] = {
    models.DateTimeField: datetime.fromisoformat,
    models.DateField: date.fromisoformat,
    models.DecimalField: Decimal,
    models.UUIDField: UUID,
}


@dataclass(frozen=True, slots=True)
class Written:
    """The rows, oldest first; those that name people have them at hand."""

    facts: ClientFacts | None
    plans: list[AccountPlan]
    template_lines: list[PlanTemplateLine]
    template_forms: Mapping[int, str]  # company form by template
    lines: list[DocumentedLine]
    attachments: list[Attachment]
    notes: list[Note]
    sign_offs: list[SignOff]
    closed: ClosedPeriod | None

    @property
    def worked(self) -> set[str]:
        """Accounts of the month that somebody has signed, documented or commented on."""
        signed = {each.account_id for each in self.sign_offs}
        documented = {each.account_id for each in self.lines}
        attached = {each.account_id for each in self.attachments}
        return signed | documented | attached | {each.account_id for each in self.notes}


def written_for(client_id: int, month: Month) -> Written:
    """What stands for the client and the month. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), {"client": client_id, "month": month.first_day})
        found = dict(cursor.fetchall())
    people = {person.pk: person for person in _models(User, _user_fields(), found["people"])}

    def rows(name: str, model: type[Row]) -> list[Row]:
        part = _PARTS[name]
        made = _models(model, part.fields, found[name])
        for row in made:
            for field in part.people:
                setattr(row, field, people.get(getattr(row, f"{field}_id")))
        return made

    facts, closed = rows("facts", ClientFacts), rows("closed", ClosedPeriod)
    return Written(
        facts=facts[0] if facts else None,
        plans=rows("plans", AccountPlan),
        template_lines=rows("template_lines", PlanTemplateLine),
        template_forms=dict(found["forms"] or ()),
        lines=rows("lines", DocumentedLine),
        attachments=rows("attachments", Attachment),
        notes=rows("notes", Note),
        sign_offs=rows("sign_offs", SignOff),
        closed=closed[0] if closed else None,
    )


@cache
def _statement() -> str:
    """One row for each part, its rows as a list of lists in the order of the fields."""
    held = [
        f"{name} as materialized (select * from {part.model._meta.db_table} where {part.where})"  # noqa: S608 our own tables
        for name, part in _PARTS.items()
    ]
    told = [_told(name, name, part.fields) for name, part in _PARTS.items()]
    named = [
        f"select {field}_id from {name}"  # noqa: S608 our own columns
        for name, part in _PARTS.items()
        for field in part.people
    ]
    wanted = f"(select * from tenants_user where id in ({' union '.join(named)})) u"  # noqa: S608
    told.append(_told("people", wanted, _user_fields(), "u"))
    told.append(
        "select 'forms', json_agg(json_build_array(id, company_form)) "
        "from reconciliation_plantemplate"
    )
    return f"with {', '.join(held)} {' union all '.join(told)}"


def _told(name: str, source: str, fields: list[models.Field[Any, Any]], order: str = "") -> str:
    """The rows of a source by id. A decimal goes as text, or it would lose its øre."""
    columns = [
        f"{order or name}.{field.column}"
        + ("::text" if isinstance(field, models.DecimalField) else "")
        for field in fields
    ]
    row = f"json_build_array({', '.join(columns)})"
    return f"select '{name}', json_agg({row} order by {order or name}.id) from {source}"  # noqa: S608


def _user_fields() -> list[models.Field[Any, Any]]:
    """What a page needs of a person: never the password."""
    return [field for field in User._meta.concrete_fields if field.name != "password"]


def _models(
    model: type[Row], fields: list[models.Field[Any, Any]], rows: list[list[Any]] | None
) -> list[Row]:
    """Each row as its model, as if Django had read it."""
    if not rows:
        return []
    names = [field.attname for field in fields]
    readers = [_reader(field) for field in fields]
    return [
        model.from_db(
            "default",
            names,
            [
                value if value is None or reader is None else reader(value)
                for value, reader in zip(row, readers, strict=True)
            ],
        )
        for row in rows
    ]


def _reader(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    """How JSON's value becomes the field's; a relation's is that of what it leads to."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return next((read for kind, read in _READERS.items() if isinstance(field, kind)), None)
