"""Mutants of the schema: each is made with SQL, looked for by the tests of it, and undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from tests.drill.outcome import TENANT

ROLE = "klientbro_app"
_TABLES = """
select c.relname, c.relispartition, c.relrowsecurity,
  exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'firm_id')
from pg_class c join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
where c.relkind in ('r', 'p') order by 1
"""
_POLICIES = """
select c.relname, p.polname, p.polpermissive, p.polcmd::text,
  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
from pg_policy p join pg_class c on c.oid = p.polrelid order by 1, 2
"""
_KEYS = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
where contype = 'f' and conname like '%\\_same\\_firm' order by 1, 2
"""
_TRIGGERS = """
select tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) from pg_trigger
where not tgisinternal and (tgname = 'audited' or tgname like 'audit\\_%') order by 1, 2
"""


@dataclass(frozen=True, slots=True)
class Spoiled:
    """One wall taken away, and how it is put back."""

    group: str
    kind: str
    what: str
    spoil: str
    mend: str


def _policy(row: tuple[str, str, bool, str, str, str | None]) -> str:
    table, name, is_permissive, command, using, check = row
    kind = "permissive" if is_permissive else "restrictive"
    word = {"*": "all", "r": "select", "a": "insert", "w": "update", "d": "delete"}[command]
    text = f'create policy "{name}" on "{table}" as {kind} for {word} using ({using})'
    return f"{text} with check ({check})" if check else text


def spoiled(connection: psycopg.Connection[tuple[str, ...]]) -> Iterator[Spoiled]:
    """Every wall of the schema as it is, one by one."""
    tables = connection.execute(_TABLES).fetchall()
    policies = connection.execute(_POLICIES).fetchall()
    for name, is_partition, has_wall, _has_firm in tables:
        if is_partition:
            grant = f'grant select on "{name}" to {ROLE}'
            yield Spoiled(TENANT, "a part may be read past its table's wall", name, grant,
                          f'revoke select on "{name}" from {ROLE}')  # fmt: skip
        elif has_wall:
            yield from _walls(name)
        else:
            yield Spoiled("rights", "may be emptied", name, f'grant truncate on "{name}" to {ROLE}',
                          f'revoke truncate on "{name}" from {ROLE}')  # fmt: skip
    for row in policies:
        yield from _of_policy(row)
    for table, name, definition in connection.execute(_KEYS).fetchall():
        drop = f'alter table "{table}" drop constraint "{name}"'
        yield Spoiled(TENANT, "a row may point at another firm's", f"{table}.{name}", drop,
                      f'alter table "{table}" add constraint "{name}" {definition}')  # fmt: skip
    for table, name, definition in connection.execute(_TRIGGERS).fetchall():
        drop = f'drop trigger "{name}" on "{table}"'
        yield Spoiled("audit", "changes leave no entry, or entries may change",
                      f"{table}.{name}", drop, definition)  # fmt: skip


def _walls(name: str) -> Iterator[Spoiled]:
    alter = f'alter table "{name}"'
    yield Spoiled(TENANT, "the wall is off", name, f"{alter} disable row level security",
                  f"{alter} enable row level security")  # fmt: skip
    yield Spoiled(TENANT, "the wall does not hold for its owner", name,
                  f"{alter} no force row level security",
                  f"{alter} force row level security")  # fmt: skip
    yield Spoiled(TENANT, "a second way in beside the wall", name,
                  f'create policy hole on "{name}" using (true)',
                  f'drop policy hole on "{name}"')  # fmt: skip


def _of_policy(row: tuple[str, str, bool, str, str, str | None]) -> Iterator[Spoiled]:
    table, name, is_permissive, _command, _using, check = row
    if is_permissive and name != "firm_only":
        return  # a way in of its own kind: taking it away shuts, and opens nothing
    named = f"{table}.{name}"
    drop, whole = f'drop policy "{name}" on "{table}"', _policy(row)
    yield Spoiled(TENANT, "the policy is gone", named, drop, whole)
    open_ = f'alter policy "{name}" on "{table}"'
    yield Spoiled(TENANT, "everything is read", named, f"{open_} using (true)", f"{drop}; {whole}")
    if check:
        yield Spoiled(TENANT, "everything is written", named, f"{open_} with check (true)",
                      f"{drop}; {whole}")  # fmt: skip
