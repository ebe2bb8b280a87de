"""Walks the schema as it really is: no table of tenants without its wall."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, connections, transaction

from klientbro.tenants.rls import APPLICATION_ROLE, WITHOUT_FIRM

TABLES = """
select c.relname, c.relispartition, c.relrowsecurity and c.relforcerowsecurity,
       exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'firm_id'),
       c.oid
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind in ('r', 'p', 'm', 'f') order by 1
"""
FIRM = "NULLIF(current_setting('klientbro.firm'::text, true), ''::text)"
RIGHTS = ("select", "insert", "update", "delete", "references", "trigger")


def ask(query: str, parameters: list[Any] | None = None, alias: str = "default") -> list[Any]:
    with connections[alias].cursor() as cursor:
        cursor.execute(query, parameters)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def tables(db: None) -> list[Any]:
    return ask(TABLES)


def test_every_table_has_forced_row_level_security_or_a_written_reason(tables: list[Any]) -> None:
    open_tables = {name for name, _partition, is_forced, _firm, _oid in tables if not is_forced}
    assert open_tables == set(WITHOUT_FIRM)
    assert all(len(reason) > 8 for reason in WITHOUT_FIRM.values())


def test_every_wall_compares_the_firm_once_a_statement_for_reading_and_for_writing(
    tables: list[Any],
) -> None:
    for name, _partition, is_forced, has_firm, oid in tables:
        if not is_forced:
            continue
        policies = ask(
            "select pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid) "
            "from pg_policy where polrelid = %s and polname = 'firm_only' and polcmd = '*'",
            [oid],
        )
        column = "firm_id" if has_firm else "id"
        assert len(policies) == 1, name
        for expression in policies[0]:
            assert expression.startswith(f"({column} = ( SELECT"), name
            assert FIRM in expression, name


def test_only_sign_in_and_the_operators_list_have_a_second_way_in_and_only_to_read(
    db: None,
) -> None:
    others = ask(
        "select relname, polname, polcmd::text from pg_policy join pg_class c on c.oid = polrelid "
        "where polname <> 'firm_only' and polpermissive order by 1, 2"
    )
    assert others == [
        ("identity_signondomain", "typed_domain", "r"),
        ("tenants_firm", "operator_lists", "r"),
        ("tenants_firm", "own_firm", "r"),
        ("tenants_membership", "own_membership", "r"),
    ]


def test_tables_without_a_wall_that_name_a_firm_hold_ids_and_times_only(
    tables: list[Any],
) -> None:
    named = [name for name, _partition, is_forced, has_firm, _oid in tables
             if has_firm and not is_forced]  # fmt: skip
    open_columns = {
        "sync_budgetminute": {
            "key", "minute", "firm_id", "priority", "granted", "throttled", "waited_ms",
        },
        "sync_budgetshare": {"key", "firm_id", "connection_id", "served"},
        "sync_schedule": {"connection_id", "firm_id", "next_at", "priority"},
        "tenants_destruction": {
            "id", "firm_id", "firm_name", "asked_at", "due_at", "closed_at", "key_destroyed_at",
            "keys", "log_number", "log_hash", "counts", "erased_at", "digest", "people",
        },
    }  # fmt: skip
    assert sorted(named) == sorted(open_columns)
    for name, known in open_columns.items():
        columns = ask(
            "select column_name from information_schema.columns where table_name = %s", [name]
        )
        assert {column for (column,) in columns} == known, name


def test_partitions_grant_the_application_nothing_of_their_own(tables: list[Any]) -> None:
    partitions = [name for name, is_partition, *_rest in tables if is_partition]
    assert len(partitions) == 16
    for name in partitions:
        for right in RIGHTS:
            ((granted,),) = ask(
                "select has_table_privilege(%s, %s, %s)", [APPLICATION_ROLE, name, right]
            )
            assert not granted, (name, right)


def test_foreign_keys_between_tenant_tables_carry_the_firm(tables: list[Any]) -> None:
    # a foreign key's check looks past the policies: without the firm a row may name another's
    tenant = {oid for _name, _partition, _forced, has_firm, oid in tables if has_firm}
    keys = ask(
        "select conrelid, confrelid, conrelid::regclass::text, "
        "(select array_agg(attname::text order by attname) from pg_attribute "
        "where attrelid = conrelid and attnum = any(conkey)) "
        "from pg_constraint where contype = 'f'"
    )
    with_firm = {
        (source, target, column)
        for source, target, _name, columns in keys
        if "firm_id" in columns
        for column in columns
    }
    bare = [
        (name, columns)
        for source, target, name, columns in keys
        if source in tenant and target in tenant and "firm_id" not in columns
        and not all((source, target, column) in with_firm for column in columns)
    ]  # fmt: skip
    assert bare == []


def test_row_that_names_another_firms_connection_is_refused(db: None) -> None:
    constraints = ask(
        "select conrelid::regclass::text from pg_constraint where contype = 'f' "
        "and confrelid = 'clients_connection'::regclass "
        "and pg_get_constraintdef(oid) like '%%(firm_id, connection_id)%%' order by 1"
    )
    assert {name for (name,) in constraints} >= {
        "clients_keycheck",
        "ledger_books",
        "sync_run",
        "sync_state",
        "sync_step",
    }


def test_application_owns_nothing_and_is_no_superuser(db: None) -> None:
    assert ask("select current_user, session_user") == [(APPLICATION_ROLE, APPLICATION_ROLE)]
    assert ask(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles "
        "where rolname = current_user"
    ) == [(False, False, False, False)]
    assert ask("select relname from pg_class where pg_get_userbyid(relowner) = current_user") == []
    assert ask("select rolname from pg_roles where pg_has_role(current_user, oid, 'member') "
               "and rolname <> current_user") == []  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "alter table ledger_posting disable row level security",
        "alter table ledger_posting no force row level security",
        "drop policy firm_only on ledger_posting",
        "create policy everyone on ledger_posting using (true)",
        "create table mine (id int)",
        "drop table ledger_seal",
        "select count(*) from ledger_posting_03",
        "insert into django_migrations (app, name, applied) values ('a', 'b', now())",
        "set role klientbro_owner",
        "alter role klientbro_app bypassrls",
        # PostgreSQL only warns of a grant without effect: reading shows that nothing was granted
        "grant select on ledger_posting_00 to klientbro_app; table ledger_posting_00",
        "create or replace function ledger_seal_is_append_only() returns trigger "
        "language plpgsql as 'begin return new; end'",
        "alter table ledger_seal disable trigger all",
    ],
)
def test_application_cannot_take_the_wall_down(db: None, statement: str) -> None:
    from django.db.utils import Error

    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
def test_grants_after_the_migrations_leave_out_emptying_whole_tables() -> None:
    rows = ask(
        "select c.relname, has_table_privilege(%s, c.oid, 'truncate'), "
        "has_table_privilege(%s, c.oid, 'select') from pg_class c "
        "join pg_namespace n on n.oid = c.relnamespace where nspname = 'public' "
        "and relkind in ('r', 'p') and not relispartition",
        [APPLICATION_ROLE, APPLICATION_ROLE],
    )
    assert len(rows) > 40
    assert {(truncates, reads) for _name, truncates, reads in rows} == {(False, True)}
