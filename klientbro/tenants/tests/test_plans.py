"""A statement whose plan is kept answers for the firm of the moment, and for no other."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from klientbro.clients.models import Client
from klientbro.domain.identifier import IdentifierKind
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.plans import kept_plans
from klientbro.tenants.services import create_firm

TIMES = 12  # the server makes the plan that holds for every value after some rounds
PREPARED = "select count(*) from pg_prepared_statements where statement like %s"


@pytest.fixture
def two_firms(transactional_db: None) -> tuple[Any, Any]:
    firms = create_firm("Furulund Regnskap AS"), create_firm("Granli Økonomi AS")
    for count, firm in enumerate(firms, 1):
        with in_firm(firm.id):
            for number in range(count):
                Client.objects.create(
                    firm=firm,
                    name=f"Kunde {number}",
                    sort_key=f"kunde {number}",
                    identifier_kind=IdentifierKind.ORGNR,
                    orgnr="310000019",
                    identifier_hash=uuid.uuid4().bytes,
                )
    return firms


def clients_named(text: str) -> int:
    with kept_plans():
        return Client.objects.filter(name__startswith=text).count()


def test_the_same_statement_counts_each_firms_own_clients(two_firms: tuple[Any, Any]) -> None:
    for _ in range(TIMES):
        for count, firm in enumerate(two_firms, 1):
            with in_firm(firm.id):
                assert clients_named("Kunde") == count
                assert clients_named("Noen annen") == 0
    assert clients_named("Kunde") == 0  # outside a firm nothing is seen


def test_a_statement_is_prepared_inside_and_not_outside(two_firms: tuple[Any, Any]) -> None:
    with in_firm(two_firms[0].id), connection.cursor() as plain:
        for _ in range(3):
            plain.execute("select 'outside', %s::date", [date(2026, 10, 1)])
            with kept_plans(), connection.cursor() as kept:
                kept.execute("select 'inside', %s::date", [date(2026, 10, 1)])
                assert kept.fetchone() == ("inside", date(2026, 10, 1))
        plain.execute(PREPARED, ["select 'inside'%"])
        assert plain.fetchone() == (1,)
        plain.execute(PREPARED, ["select 'outside'%"])
        assert plain.fetchone() == (0,)


def test_statements_are_still_told_by_their_text(two_firms: tuple[Any, Any]) -> None:
    with in_firm(two_firms[0].id), CaptureQueriesContext(connection) as found:
        for _ in range(3):
            clients_named("Kunde")
    assert all("clients_client" in each["sql"] for each in found.captured_queries)
    assert len(found.captured_queries) == 3
