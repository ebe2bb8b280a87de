"""Two firms in one database: neither sees, writes or decrypts what is the other's."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db import transaction as django_transaction
from django.db.utils import IntegrityError, ProgrammingError

from klientbro.clients.models import Client, Connection, Integration
from klientbro.domain.identifier import IdentifierKind
from klientbro.lib.errors import ConfigurationError
from klientbro.sync.database import close_pool, pool, transaction
from klientbro.tenants.context import firm as in_firm
from klientbro.tenants.context import firm_set
from klientbro.tenants.services import create_firm, firm_envelopes

READABLE = "select relname from pg_class where relkind in ('r', 'p') and relrowsecurity " \
    "and not relispartition and relname <> 'tenants_firm'"  # fmt: skip


def client_of(firm: Any, name: str) -> Client:
    with in_firm(firm.id):
        return Client.objects.create(
            firm=firm,
            name=name,
            sort_key=name,
            identifier_kind=IdentifierKind.ORGNR,
            orgnr="310000019",
            identifier_hash=uuid.uuid4().bytes,
        )


@pytest.fixture
def two_firms(transactional_db: None) -> Iterator[tuple[Any, Any]]:
    close_pool()
    firms = create_firm("Furulund Regnskap AS"), create_firm("Granli Økonomi AS")
    for firm in firms:
        client_of(firm, f"Kunde av {firm.name}")
    yield firms
    close_pool()


def test_code_that_forgets_the_firm_sees_nothing(two_firms: tuple[Any, Any]) -> None:
    with transaction(None) as cursor:
        for (table,) in cursor.execute(READABLE).fetchall():
            assert cursor.execute(f"select count(*) from {table}").fetchone() == (0,), table
        assert cursor.execute("select count(*) from tenants_firm").fetchone() == (0,)
    assert list(Client.objects.all()) == []


def test_code_that_forgets_the_firm_writes_nothing(two_firms: tuple[Any, Any]) -> None:
    first = two_firms[0]
    with pytest.raises(psycopg.errors.InsufficientPrivilege), transaction(None) as cursor:
        cursor.execute("insert into clients_integration (firm_id, public_id, system, created_at) "
                       "values (%s, gen_random_uuid(), 'x', now())", [first.id])  # fmt: skip
    with transaction(None) as cursor:
        assert cursor.execute("update clients_client set name = 'x'").rowcount == 0
        assert cursor.execute("delete from clients_client").rowcount == 0


def test_one_firm_cannot_read_or_change_anothers_rows(two_firms: tuple[Any, Any]) -> None:
    first, second = two_firms
    with transaction(first.id) as cursor:
        names = cursor.execute("select name from clients_client").fetchall()
        assert names == [("Kunde av Furulund Regnskap AS",)]
        changed = cursor.execute(
            "update clients_client set name = 'x' where firm_id = %s", [second.id]
        )
        assert changed.rowcount == 0
    with pytest.raises(psycopg.errors.InsufficientPrivilege), transaction(first.id) as cursor:
        cursor.execute("update clients_client set firm_id = %s", [second.id])


def test_row_that_points_at_another_firms_client_is_refused(two_firms: tuple[Any, Any]) -> None:
    first, second = two_firms
    with transaction(second.id) as cursor:
        others = cursor.execute("select id from clients_client").fetchone()
    with in_firm(first.id):
        integration = Integration.objects.create(firm=first, system="poweroffice")
    row = Connection(
        firm=first, integration=integration, client_id=others[0], name="x", sort_key="x"
    )
    with pytest.raises(IntegrityError, match="same_firm"), in_firm(first.id):
        row.save()


def test_pooled_connections_never_carry_a_firm_to_the_next_transaction(
    two_firms: tuple[Any, Any],
) -> None:
    barrier = threading.Barrier(8)
    expected = {firm.id: {(f"Kunde av {firm.name}",)} for firm in two_firms} | {None: set()}

    def work(number: int) -> list[str]:
        barrier.wait()
        leaks = []
        for turn in range(60):
            firm_id = [*expected][(number + turn) % 3]
            try:
                with transaction(firm_id) as cursor:
                    seen = set(cursor.execute("select name from clients_client").fetchall())
                    if seen != expected[firm_id]:
                        leaks.append(f"{firm_id} saw {seen}")
                    if turn % 5 == 0:
                        cursor.execute("select 1 / 0")
            except psycopg.errors.DivisionByZero:
                continue
        return leaks

    with ThreadPoolExecutor(8) as threads:
        assert [leak for found in threads.map(work, range(8)) for leak in found] == []


def test_session_wide_setting_by_mistake_does_not_outlive_its_borrower(
    two_firms: tuple[Any, Any],
) -> None:
    first = two_firms[0]
    with pool().connection() as borrowed:
        borrowed.execute("select set_config('klientbro.firm', %s, false)", [str(first.id)])
    for _ in range(20):
        with pool().connection() as cursor:
            assert cursor.execute("select count(*) from clients_client").fetchone() == (0,)


def test_django_sees_the_firm_inside_its_block_and_nothing_after(
    two_firms: tuple[Any, Any],
) -> None:
    for firm in (*two_firms, two_firms[0]):
        with in_firm(firm.id):
            assert [client.firm_id for client in Client.objects.all()] == [firm.id]
            with firm_set(two_firms[1].id), django_transaction.atomic():
                assert [c.firm_id for c in Client.objects.all()] == [two_firms[1].id]
            assert [client.firm_id for client in Client.objects.all()] == [firm.id]
    assert list(Client.objects.all()) == []


def test_failed_savepoint_does_not_leave_the_inner_firm_behind(two_firms: tuple[Any, Any]) -> None:
    first, second = two_firms
    with in_firm(first.id):
        with (
            pytest.raises(ProgrammingError),
            firm_set(second.id),
            django_transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("select no_such_column from clients_client")
        assert [client.firm_id for client in Client.objects.all()] == [first.id]


def test_after_a_failed_savepoint_the_same_block_goes_on_in_its_own_firm(
    two_firms: tuple[Any, Any],
) -> None:
    first, second = two_firms
    with in_firm(first.id), firm_set(second.id):
        try:
            with django_transaction.atomic():
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        assert [client.name for client in Client.objects.all()] == [f"Kunde av {second.name}"]


def test_envelope_copied_to_another_firm_does_not_open(two_firms: tuple[Any, Any]) -> None:
    first, second = two_firms
    with in_firm(first.id):
        sealed = firm_envelopes().seal("client_key", "en hemmelig nøkkel")
        assert firm_envelopes().open("client_key", sealed) == "en hemmelig nøkkel"
    with in_firm(second.id), pytest.raises(ConfigurationError) as refused:
        firm_envelopes().open("client_key", sealed)
    assert "hemmelig" not in str(refused.value)


def test_data_key_copied_from_another_firm_opens_nothing(two_firms: tuple[Any, Any]) -> None:
    first, second = two_firms
    with transaction(first.id) as cursor:
        wrapped = cursor.execute(
            "select wrapped from tenants_datakey where use = 'data'"
        ).fetchone()
    with transaction(second.id) as cursor:
        cursor.execute("update tenants_datakey set wrapped = %s where use = 'data'", wrapped)
    with in_firm(second.id), pytest.raises(ConfigurationError):
        firm_envelopes()
