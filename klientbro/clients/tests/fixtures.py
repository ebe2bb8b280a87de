"""Integrations and connections made without asking any source, for the tests here and above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from klientbro.clients.models import Connection, Integration, KeyCheck
from klientbro.clients.services import activate, add_connection, create_integration, read_typed
from klientbro.domain.national_id import NationalIdStatus, check_national_id
from klientbro.tenants.services import firm_envelopes


def orgnr_number(number: int) -> str:
    """A valid orgnr of the invented 3… series, by the mod 11 rule."""
    for candidate in range(30_000_000 + number * 11, 30_000_000 + number * 11 + 11):
        digits = f"{candidate:08}"
        weights = (3, 2, 7, 6, 5, 4, 3, 2)
        rest = sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11
        check = 0 if rest == 0 else 11 - rest
        if check != 10:
            return f"{digits}{check}"
    raise AssertionError(number)


def personal_number() -> str:
    """A synthetic personal number (month + 80) with valid check digits."""
    for number in range(10_000, 100_000):
        candidate = f"018190{number}"
        if check_national_id(candidate, accept_2032=True).status is NationalIdStatus.OK:
            return candidate
    raise AssertionError("no valid number in the series")


@pytest.fixture
def integration(firm: Any) -> Integration:
    return create_integration("poweroffice")[0]


@pytest.fixture
def answered(integration: Integration) -> Callable[..., KeyCheck]:
    """A question that the source has answered."""

    def make(outcome: str = "works", **fields: Any) -> KeyCheck:
        number = fields.pop("identifier", None)
        sealed = firm_envelopes().seal("source_identifier", number) if number else None
        return KeyCheck.objects.create(
            firm_id=integration.firm_id,
            integration=fields.pop("integration", integration),
            state="done",
            outcome=outcome,
            source_identifier_sealed=sealed,
            finished_at=timezone.now(),
            **fields,
        )

    return make


@pytest.fixture
def add(integration: Integration, answered: Callable[..., KeyCheck]) -> Callable[..., Connection]:
    """Adds a client with a key that works, inactive unless asked otherwise."""
    made = iter(range(1, 100_000))

    def make(
        name: str,
        orgnr: str | None = None,
        *,
        active: bool = False,
        key: str = "",
        outcome: str | None = "works",
        **answer: Any,
    ) -> Connection:
        number = next(made)
        identifier = orgnr_number(number) if orgnr is None else orgnr
        check = None
        if outcome is not None:
            check = answered(outcome, **({"identifier": identifier or None} | answer))
        typed = read_typed(identifier, name, key or f"key-{number:06}")
        connection = add_connection(integration, typed, check)
        if active:
            activate(connection)
            connection.refresh_from_db()
        return connection

    return make
