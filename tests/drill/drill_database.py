"""Run by scripts/mutation_drill.py, not by `make test`: the schema's and the table's mutants."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections, transaction

from klientbro.audit.tests import test_watching
from klientbro.tenants import permissions
from klientbro.tenants.permissions import ADDRESSES, ROLES, Act, Open, Rights
from klientbro.tenants.tests import test_chosen_clients, test_schema, test_second_wall
from tests.architecture import test_agreed_permissions
from tests.drill.database import Spoiled, spoiled
from tests.drill.outcome import Outcome, keep

SCHEMA: tuple[Callable[..., None], ...] = (
    test_schema.test_every_table_has_forced_row_level_security_or_a_written_reason,
    test_schema.test_every_wall_compares_the_firm_once_a_statement_for_reading_and_for_writing,
    test_schema.test_only_sign_in_and_the_operators_list_have_a_second_way_in_and_only_to_read,
    test_schema.test_foreign_keys_between_tenant_tables_carry_the_firm,
    test_schema.test_partitions_grant_the_application_nothing_of_their_own,
    test_schema.test_grants_after_the_migrations_leave_out_emptying_whole_tables,
    test_second_wall.test_every_second_wall_says_the_same_of_its_own_column,
    test_chosen_clients.test_every_table_with_a_client_has_the_wall_or_a_written_reason,
    test_watching.test_every_table_that_should_be_watched_is_and_the_log_guards_itself,
)
DECLARED = (test_agreed_permissions.test_table_of_permissions_is_as_it_was_agreed,)


@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_drill(database_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = [*_of_schema(database_server), *_of_table(monkeypatch)]
    keep(Path(os.environ["DRILL_OUTCOMES"]), outcomes)
    assert outcomes


def _of_schema(server: Any) -> Iterator[Outcome]:
    name = connections["default"].settings_dict["NAME"]
    order = list(SCHEMA)
    with psycopg.connect(server.superuser_url, dbname=name, autocommit=True) as operator:
        assert _noticed(order) == "", "the tests fail before anything was taken away"
        for one in list(spoiled(operator)):
            yield _drilled(operator, one, order)
        assert _noticed(order) == "", "something was not put back"


def _drilled(operator: Any, one: Spoiled, order: list[Callable[..., None]]) -> Outcome:
    begun = time.monotonic()
    operator.execute(one.spoil)
    try:
        noticed = _noticed(order)
    finally:
        operator.execute(one.mend)
    if noticed:  # what noticed the last one is asked first: its like comes next
        order.sort(key=lambda check: check.__name__ != noticed)
    return Outcome(one.group, one.kind, one.what, noticed, time.monotonic() - begun)


def _noticed(checks: list[Callable[..., None]] | tuple[Callable[..., None], ...]) -> str:
    for check in checks:
        names = check.__code__.co_varnames[: check.__code__.co_argcount]
        known = {"tables": lambda: test_schema.ask(test_schema.TABLES), "db": lambda: None}
        try:
            with transaction.atomic():
                check(*(known[name]() for name in names))
        except AssertionError:
            return check.__name__
    return ""


def _of_table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Outcome]:
    """Each address asks for nothing but membership; each role gets each act it lacks."""
    for name, need in ADDRESSES.items():
        if need is Open.ANYBODY:
            continue
        opened = Open.ANYBODY if isinstance(need, Open) else Open.MEMBER
        begun = time.monotonic()
        with monkeypatch.context() as spoil:
            spoil.setattr(permissions, "ADDRESSES", {**ADDRESSES, name: opened})
            noticed = _noticed(DECLARED)
        kind = f"asks for {opened.name.lower()} only"
        yield Outcome("permission", kind, name, noticed, time.monotonic() - begun)
    for role, rights in ROLES.items():
        for act in set(Act) - rights.acts:
            begun = time.monotonic()
            more = Rights(
                rights.name,
                rights.description,
                rights.acts | {act},
                may_be_for_chosen_clients=rights.may_be_for_chosen_clients,
            )
            with monkeypatch.context() as spoil:
                spoil.setattr(permissions, "ROLES", {**ROLES, role: more})
                permissions.acts_of.cache_clear()
                noticed = _noticed(DECLARED)
            permissions.acts_of.cache_clear()
            what = f"{role} + {act.name}"
            yield Outcome("permission", "role", what, noticed, time.monotonic() - begun)
