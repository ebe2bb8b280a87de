"""The database's second wall: whoever works for chosen clients sees and changes only these.

Restrictive policies, made from the schema itself after each migration, so that a new table with a
client has one from the migration on that makes it. Without a choice (people with all clients, jobs,
commands) their first half is true for every row, is worked out once a statement, and is taken by
the planner to let nearly everything through, so that plans stay as they are without it.
"""

from __future__ import annotations

from django.db.backends.utils import CursorWrapper

from klientbro.tenants.context import CLIENTS_SETTING, CONNECTIONS_SETTING

POLICY = "chosen_only"
# Tables with a client or a connection that everybody of the firm may read, each with its reason.
NOT_WALLED = {
    "audit_entry": "a chain: each entry is made from the one before, whoever's client that was; "
    "only who may read all of the log reads it",
    "clients_assignedclient": "says who may see what; read before it is known, by administrators",
    "clients_clientlabel": "a label is removed when no client has it, a hidden one included",
}

_TABLES = """
select c.relname::text, a.attname::text, a.attnotnull
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.atttypid = 'bigint'::regtype
  and a.attnum > 0 and not a.attisdropped
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
  and c.relrowsecurity
  and (a.attname in ('client_id', 'connection_id')
       or (c.relname = 'clients_client' and a.attname = 'id'))
order by 1, 2
"""
# A statement asks once whether there is a choice, and once which. `is not null` tells the planner
# that nearly every row passes; `is null` would tell it that hardly any does.
_ALL = (
    "(select case when coalesce(current_setting('{setting}', true), '') = '' then true end) "
    "is not null"
)
_LISTED = "{column} = any ((select nullif(current_setting('{setting}', true), ''))::bigint[])"


def walled_tables(cursor: CursorWrapper) -> dict[str, tuple[str, bool]]:
    """Each table with a client, the column that says which, and whether it always says so."""
    cursor.execute(_TABLES)
    found: dict[str, tuple[str, bool]] = {}
    for table, column, is_always_set in cursor.fetchall():
        if table not in NOT_WALLED and found.get(table, ("", False))[0] != "client_id":
            found[table] = (column, is_always_set)
    return found


def wall_chosen_clients(cursor: CursorWrapper) -> list[str]:
    """Puts the policy on every table with a client that has none yet; which."""
    tables = walled_tables(cursor)
    cursor.execute(
        "select c.relname::text from pg_policy p join pg_class c on c.oid = p.polrelid "
        "where p.polname = %s",
        [POLICY],
    )
    have = {name for (name,) in cursor.fetchall()}
    new = [table for table in tables if table not in have]
    for table in new:
        cursor.execute(_policy(table, *tables[table]))
    return new


def _policy(table: str, column: str, is_always_set: bool) -> str:
    """A row without a client is the firm's: read by everybody, written by who has all clients.

    A connection without a client yet is nobody's whose clients are chosen.
    """
    setting = CONNECTIONS_SETTING if column == "connection_id" else CLIENTS_SETTING
    everybody = _ALL.format(setting=setting)
    listed = _LISTED.format(column=f'"{column}"', setting=setting)
    written = f"{everybody} or {listed}"
    is_firms = not is_always_set and table != "clients_connection"
    read = f'{written} or "{column}" is null' if is_firms else written
    return (
        f'create policy {POLICY} on "{table}" as restrictive using ({read}) with check ({written})'
    )
