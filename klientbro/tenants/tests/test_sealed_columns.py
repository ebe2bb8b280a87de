"""Every column of envelopes there is, found by walking: what is copied elsewhere does not open."""

from __future__ import annotations

import datetime
import itertools
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from klientbro.lib.errors import ConfigurationError
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.models import Firm
from klientbro.tenants.sealed import SealedColumn, sealed_columns
from klientbro.tenants.services import create_firm, firm_envelopes

# Bytes of firms that are no envelopes, each with its reason.
NO_ENVELOPES = {
    "audit_entry.hash": "the chain of the log",
    "audit_entry.previous": "the chain of the log",
    "audit_head.hash": "the chain of the log",
    "audit_review.head_hash": "the chain of the log",
    "clients_client.identifier_hash": "a keyed hash, for equality",
    "clients_connection.identifier_hash": "a keyed hash, for equality",
    "clients_connection.key_hash": "a keyed hash, for equality",
    "identity_invitation.token_hash": "a hash of 32 random bytes",
    "report_published.pdf": "figures and texts for the client, as ledgers are: not sealed",
    "sync_state.verified_key_hash": "a keyed hash, for equality",
    "tenants_datakey.wrapped": "the data key itself, wrapped by the operator's",
}
# Where one field stands in two columns, what is copied between these two of a firm does open.
SAME_FIELD = {
    "client_key": {"clients_connection.key_sealed", "clients_keycheck.key_sealed"},
    "national_id": {"clients_client.national_id_sealed", "clients_connection.national_id_sealed"},
}
COLUMNS = sealed_columns()
_counter = itertools.count(1)


def name_of(column: SealedColumn) -> str:
    return f"{column.table}.{column.column}"


def model_of(column: SealedColumn) -> type[models.Model]:
    return next(one for one in apps.get_models() if one._meta.db_table == column.table)


def some_row(model: type[models.Model], firm: Firm, made: dict[Any, Any], **given: Any) -> Any:
    """A row with the least it needs, made with whatever it refers to."""
    values: dict[str, Any] = dict(given)
    for field in model._meta.concrete_fields:
        if field.name in values or not _is_asked_for(field):
            continue
        if isinstance(field, models.ForeignKey):
            other = field.related_model
            if other is not Firm and other not in made:
                made[other] = some_row(other, firm, made)
            values[field.name] = firm if other is Firm else made[other]
        else:
            values[field.name] = _some_value(field)
    return model._base_manager.create(**values)


def _is_asked_for(field: Any) -> bool:
    """Whether a row cannot be made without it."""
    if field.is_relation and field.primary_key:
        return True
    by_itself = field.primary_key or field.null or field.has_default()
    by_itself |= getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False)
    return not by_itself and field.db_default is models.NOT_PROVIDED


def _some_value(field: Any) -> Any:
    if field.choices:
        return field.choices[0][0]
    number = next(_counter)
    for kind, value in (
        (models.BooleanField, False),
        (models.DateTimeField, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)),
        (models.DateField, datetime.date(2026, 1, 1)),
        (models.DecimalField, Decimal(0)),
        (models.IntegerField, number),
        (models.UUIDField, uuid.uuid4()),
        (models.BinaryField, number.to_bytes(32)),
        (models.JSONField, {}),
        (models.EmailField, f"n{number}@example.no"),
    ):
        if isinstance(field, kind):
            return value
    return str(number) if field.blank is False else ""


def test_every_column_of_bytes_that_a_firm_has_is_an_envelope_or_says_why_not(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname || '.' || a.attname from pg_class c "
            "join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public' "
            "join pg_attribute a on a.attrelid = c.oid and a.atttypid = 'bytea'::regtype "
            "where c.relkind in ('r', 'p') and not c.relispartition and exists ("
            "select from pg_attribute f where f.attrelid = c.oid and f.attname = 'firm_id') "
            "order by 1"
        )
        found = {name for (name,) in cursor.fetchall()}
    sealed = {name_of(column) for column in COLUMNS}
    assert found == sealed | set(NO_ENVELOPES)
    assert sealed.isdisjoint(NO_ENVELOPES)
    assert all(len(reason) > 8 for reason in NO_ENVELOPES.values())
    assert all(column.column.endswith("sealed") for column in COLUMNS)  # the log hides these


def test_two_columns_share_a_field_only_where_it_is_written_down() -> None:
    by_field: dict[str, set[str]] = {}
    for column in COLUMNS:
        by_field.setdefault(column.sealed_as, set()).add(name_of(column))
    assert {field: names for field, names in by_field.items() if len(names) > 1} == SAME_FIELD
    assert "" not in by_field


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("column", COLUMNS, ids=name_of)
def test_row_copied_to_another_firm_or_field_does_not_open(column: SealedColumn) -> None:
    model = model_of(column)
    field = next(one.name for one in model._meta.concrete_fields if one.column == column.column)
    ours, theirs = create_firm("Furulund Regnskap AS"), create_firm("Åsen Regnskap AS")
    with in_firm(ours.id):
        row = some_row(model, ours, {}, **{field: b""})
        others = {name: getattr(row, name) for name in column.others}
        sealed_as = column.field_of(others)
        sealed = firm_envelopes().seal_bytes(sealed_as, b"en hemmelighet")
        model._base_manager.filter(pk=row.pk).update(**{field: sealed})
    with in_firm(ours.id):
        stored = bytes(getattr(model._base_manager.get(pk=row.pk), field))
        assert firm_envelopes().open_bytes(sealed_as, stored) == b"en hemmelighet"
        fields = {one.field_of(dict.fromkeys(one.others, "x")) for one in COLUMNS}
        for other in fields - {sealed_as}:
            with pytest.raises(ConfigurationError):
                firm_envelopes().open_bytes(other, stored)
    with in_firm(theirs.id):
        copied = some_row(model, theirs, {}, **(others | {field: stored}))
    with in_firm(theirs.id):
        stored = bytes(getattr(model._base_manager.get(pk=copied.pk), field))
        with pytest.raises(ConfigurationError) as refused:
            firm_envelopes().open_bytes(sealed_as, stored)
        assert "hemmelighet" not in str(refused.value)
