"""Columns of typed text hold no personal number, whichever way it is written."""

from __future__ import annotations

import pytest
from django.db import models

from klientbro.clients.tests.fixtures import personal_number
from klientbro.tenants.models import User
from klientbro.tenants.typed import TypedCharField, TypedTextField

pytestmark = pytest.mark.django_db
NUMBER = personal_number()
MASKED = f"{NUMBER[:6]} *****"


def test_every_way_of_writing_masks_and_a_search_finds_the_masked() -> None:
    user = User.objects.create(email="a@furulund.example", name=f"Ola {NUMBER}")
    user.refresh_from_db()
    assert user.name == f"Ola {MASKED}"
    User.objects.filter(pk=user.pk).update(name=f"Kari {NUMBER[:6]} {NUMBER[6:]}")
    assert User.objects.values_list("name", flat=True).get(pk=user.pk) == f"Kari {MASKED}"
    user.name = f"Per {NUMBER}."
    User.objects.bulk_update([user], ["name"])
    assert User.objects.filter(name=f"Per {NUMBER}.").exists(), "asked for as it was typed"
    assert User.objects.get(pk=user.pk).name == f"Per {MASKED}."


def test_text_of_full_length_is_not_too_long_when_masked() -> None:
    typed = "Å" * 188 + " " + NUMBER
    user = User.objects.create(email="b@furulund.example", name=typed)
    user.refresh_from_db()
    assert len(typed) == len(user.name) == 200
    assert user.name.startswith("Å" * 188 + f" {NUMBER[:6]} ")
    assert NUMBER[6:] not in user.name


def test_other_numbers_and_nothing_are_left_as_they_are() -> None:
    for column in (TypedCharField(max_length=40), TypedTextField()):
        for text in ("12345678901 er ingens nummer", "", None, "KID 018190"):
            assert column.get_prep_value(text) == text


def test_migrations_see_a_common_column() -> None:
    assert (
        TypedCharField(max_length=9).deconstruct()[1:]
        == models.CharField(max_length=9).deconstruct()[1:]
    )
    assert (
        TypedTextField(blank=True).deconstruct()[1:]
        == models.TextField(blank=True).deconstruct()[1:]
    )
