"""The database hides clients that are not chosen, and forgets the choice with the firm."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.utils import DataError, ProgrammingError

from klientbro.clients.models import Client, Connection, Integration
from klientbro.practice.models import LineRule
from klientbro.tenants.chosen import NOT_WALLED, POLICY, walled_tables
from klientbro.tenants.context import chosen_clients, chosen_setting, firm_set
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.services import create_firm


def made(firm: Any, name: str, orgnr: str) -> tuple[Client, Connection]:
    client = Client.objects.create(
        firm=firm,
        name=name,
        sort_key=name,
        identifier_kind="orgnr",
        orgnr=orgnr,
        identifier_hash=orgnr.encode(),
    )
    integration, _ = Integration.objects.get_or_create(firm=firm, system="poweroffice")
    return client, Connection.objects.create(
        firm=firm, integration=integration, client=client, name=name, sort_key=name
    )


@pytest.fixture
def two(transactional_db: None) -> tuple[Any, Any, Any]:
    """A firm, and the client and connection of one's own and of another's."""
    firm = create_firm("Furulund Regnskap AS")
    with in_firm(firm.id):
        own, hidden = made(firm, "Egen AS", "310000019"), made(firm, "Skjult AS", "3")
        LineRule.objects.create(firm=firm, prefix="30", line="sales")
        LineRule.objects.create(firm=firm, client=hidden[0], prefix="31", line="sales")
    return firm, own, hidden


def chosen(own: tuple[Client, Connection]) -> Any:
    return chosen_clients([own[0].pk], [own[1].pk])


def test_only_chosen_clients_are_counted_found_changed_and_deleted(
    two: tuple[Any, Any, Any],
) -> None:
    firm, own, hidden = two
    with firm_set(firm.id), chosen(own), transaction.atomic():
        assert list(Client.objects.values_list("name", flat=True)) == ["Egen AS"]
        assert Connection.objects.count() == 1
        assert Client.objects.filter(public_id=hidden[0].public_id).first() is None
        assert Client.objects.filter(pk=hidden[0].pk).update(name="x") == 0
        assert Connection.objects.filter(pk=hidden[1].pk).delete()[0] == 0
        assert list(LineRule.objects.values_list("client_id", flat=True)) == [None]
    with in_firm(firm.id):
        assert Client.objects.count() == 2


def test_nothing_is_written_for_a_hidden_client_nor_for_the_whole_firm(
    two: tuple[Any, Any, Any],
) -> None:
    firm, own, hidden = two
    for client_id in (hidden[0].pk, None):
        with (
            pytest.raises(ProgrammingError, match="row-level security"),
            firm_set(firm.id),
            chosen(own),
            transaction.atomic(),
        ):
            LineRule.objects.create(firm=firm, client_id=client_id, prefix="32", line="sales")
    with firm_set(firm.id), chosen(own), transaction.atomic():
        LineRule.objects.create(firm=firm, client=own[0], prefix="32", line="sales")


def test_nobody_chosen_is_nobody_seen(two: tuple[Any, Any, Any]) -> None:
    firm, _own, _hidden = two
    with firm_set(firm.id), chosen_clients([], []), transaction.atomic():
        assert not Client.objects.exists()
        assert not Connection.objects.exists()


def test_choice_ends_with_its_block_on_the_same_connection(two: tuple[Any, Any, Any]) -> None:
    firm, own, _hidden = two
    for _turn in range(3):
        with firm_set(firm.id):
            with chosen(own), transaction.atomic():
                assert Client.objects.count() == 1
            with transaction.atomic():
                assert Client.objects.count() == 2
    with in_firm(firm.id):
        with chosen(own), transaction.atomic():
            assert Client.objects.count() == 1
        assert Client.objects.count() == 2  # in the transaction around, without another savepoint


def test_savepoint_that_fails_leaves_the_choice_as_it_was(two: tuple[Any, Any, Any]) -> None:
    firm, own, _hidden = two
    with firm_set(firm.id), chosen(own), transaction.atomic():
        with (
            pytest.raises(DataError),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("select set_config('klientbro.clients', '', true), 1 / 0")
        assert Client.objects.count() == 1


def test_another_firm_begins_without_a_choice_and_the_first_gets_its_own_back(
    two: tuple[Any, Any, Any],
) -> None:
    firm, own, _hidden = two
    other = create_firm("Granli Økonomi AS")
    with in_firm(other.id):
        made(other, "Naboens AS", "310000027")
    with firm_set(firm.id), chosen(own), transaction.atomic():
        with firm_set(other.id), transaction.atomic():
            assert list(Client.objects.values_list("name", flat=True)) == ["Naboens AS"]
        assert list(Client.objects.values_list("name", flat=True)) == ["Egen AS"]
        with firm_set(firm.id):
            assert chosen_setting() != ("", "")
    assert chosen_setting() == ("", "")
    connections.close_all()


@pytest.mark.django_db(databases=["default", "owner"])
def test_every_table_with_a_client_has_the_wall_or_a_written_reason() -> None:
    with connections["owner"].cursor() as cursor:
        tables = walled_tables(cursor)
        cursor.execute(
            "select c.relname::text, p.polpermissive, p.polcmd::text, "
            "pg_get_expr(polqual, polrelid) from pg_policy p "
            "join pg_class c on c.oid = p.polrelid where p.polname = %s",
            [POLICY],
        )
        found = {name: (permissive, kind, text) for name, permissive, kind, text in cursor}
    assert set(found) == set(tables)
    assert len(tables) > 60
    for name, (is_permissive, command, text) in found.items():
        assert (is_permissive, command) == (False, "*"), name
        # asked once a statement, and taken by the planner to let nearly everything through
        assert "IS NOT NULL" in text, name
        assert f"({tables[name][0]} = ANY" in text, name
    assert set(NOT_WALLED).isdisjoint(tables)
    assert all(len(reason) > 20 for reason in NOT_WALLED.values())
