"""Which tables the audit log watches, and the triggers that do it, made from the schema itself.

Every table with a `firm_id`, and the firm itself, is watched unless it stands in `NOT_WATCHED` with
its reason, so a new table is watched from the migration on that makes it. A trigger's code is
written from the table's columns: bytes (sealed secrets, hashes, documents) are never read, only
told to have changed.
"""

from __future__ import annotations

from pathlib import Path

from django.db.backends.utils import CursorWrapper

# Folders of tables whose history is kept elsewhere, or which nobody decides over; by prefix.
NOT_WATCHED_PREFIXES = {
    "ledger_": "copies of the source; every version is kept by landing number",
    "sync_": "what the engine does, told in runs and request lines; but see WATCHED_ANYWAY",
    "operations_": "mails and alerts the program sends; kept as they were sent",
    "audit_": "the log itself; a review is noted by what signs it",
}
WATCHED_ANYWAY = {"sync_pace"}  # how often a client or firm is fetched: a person's choice
NOT_WATCHED = {
    "allauth_idp_oidc_client": "holds a hash of the secret; openid_provider/tools.py notes changes",
    "allauth_idp_oidc_token": "given out by the program, for minutes",
    "clients_keycheck": "a key on its way to being checked; what comes of it is the connection",
    "liquidity_keptforecast": "counted by the program, nobody's decision",
    "liquidity_learned": "counted by the program",
    "liquidity_standing": "counted by the program",
    "practice_taskevent": "a history itself; the task is watched",
    "practice_linerule": "replaced as a whole by practice_linechange, which is watched",
    "reconciliation_keptsuggestions": "counted by the program",
    "reconciliation_matchmember": "belongs to a match, which is watched",
    "reconciliation_progress": "counted by the program",
    "reconciliation_statementline": "belongs to a statement, which is watched",
    "reconciliation_suspensionnotice": "belongs to a suspension, which is watched",
    "tenants_datakey": "what changes a firm's keys notes it itself, with how much it concerned",
}
# Watched also when no person acted: what a job changes here, somebody will ask about.
ALSO_JOBS = {
    "clients_client",
    "clients_connection",
    "clients_integration",
    "reconciliation_suspension",
    "tenants_membership",
}
# Columns that say nothing a person decided.
IGNORED_COLUMNS = {
    "id", "firm_id", "public_id", "sort_key", "version", "created_at", "changed_at", "updated_at",
    "key_checked_at", "recheck_at", "agent_seen_at", "asked_at", "attempts", "next_try_at",
    "changed_by_id", "updated_by_id", "sign_on", "sign_on_factor", "sign_on_only_for",
}  # fmt: skip
HIDDEN = "•••"
ENVELOPE = "sealed"  # how columns of envelopes are called at their end
RESEALING = "klientbro.resealing"  # a setting of the transaction that puts them under another key

_TABLES = """
select c.relname::text, array_agg(a.attname::text order by a.attnum),
       array_agg(a.attname::text) filter (where a.atttypid = 'bytea'::regtype)
from pg_class c join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
  and (c.relname = 'tenants_firm' or exists (
    select from pg_attribute f where f.attrelid = c.oid and f.attname = 'firm_id'))
group by 1 order by 1
"""


def is_watched(table: str) -> bool:
    """Whether changes of this tenant table are entries of the log."""
    if table in WATCHED_ANYWAY:
        return True
    return table not in NOT_WATCHED and not table.startswith(tuple(NOT_WATCHED_PREFIXES))


def watch_tables(cursor: CursorWrapper) -> list[str]:
    """Makes the log's functions, and each watched table's trigger, as the tables are now."""
    cursor.execute("select to_regclass('public.audit_head') is not null")
    row = cursor.fetchone()
    if row is None or not row[0]:
        return []  # on the way back to before the log was there
    cursor.execute(Path(__file__).with_name("schema.sql").read_text("utf-8").replace("%", "%%"), [])
    cursor.execute(_TABLES)
    tables = [(str(name), list(columns), set(hidden or ())) for name, columns, hidden in cursor]
    watched = []
    for name, columns, hidden in tables:
        if is_watched(name):
            cursor.execute(_trigger(name, columns, hidden).replace("%", "%%"), [])
            watched.append(name)
        else:
            # rule sql: the name of a table of ours, as the catalogue has it
            cursor.execute(f'drop trigger if exists audited on "{name}"')
    return watched


def _trigger(table: str, columns: list[str], hidden: set[str]) -> str:
    """The function that tells what changed in a row, and the trigger that calls it at commit."""
    told = [column for column in columns if column not in IGNORED_COLUMNS]
    names = {
        "table": table,
        "new": _object("new", told, hidden),
        "old": _object("old", told, hidden),
        "changes": "\n    ".join(_change(column, column in hidden) for column in told),
        "id": "public_id" if "public_id" in columns else "id" if "id" in columns else "firm_id",
        "client": _client(table, columns),
        "firm": "one.id" if table == "tenants_firm" else "one.firm_id",
        "only_people": "false" if table in ALSO_JOBS else "true",
    }
    return _TRIGGER % names


def _object(row: str, columns: list[str], hidden: set[str]) -> str:
    """The row as an object of its values that are set."""
    pairs = ", ".join(f"'{name}', {_value(row, name, name in hidden)}" for name in columns)
    return f"jsonb_strip_nulls(jsonb_build_object({pairs}))" if columns else "'{}'::jsonb"


def _value(row: str, column: str, is_hidden: bool) -> str:
    if is_hidden:
        return f"case when {row}.\"{column}\" is not null then '{HIDDEN}' end"
    return f'audit_short(to_jsonb({row}."{column}"))'


def _change(column: str, is_hidden: bool) -> str:
    # An envelope under another key holds what it held: whoever seals anew says so, and says how
    # many. Nothing else can change unseen by saying so: the hash beside an envelope stays watched.
    is_envelope = is_hidden and column.endswith(ENVELOPE)
    unless = (
        f" and coalesce(current_setting('{RESEALING}', true), '') <> 'on'" if is_envelope else ""
    )
    return (
        f'if old."{column}" is distinct from new."{column}"{unless} then '
        f"was := was || jsonb_build_object('{column}', {_value('old', column, is_hidden)}); "
        f"is_now := is_now || jsonb_build_object('{column}', {_value('new', column, is_hidden)}); "
        "end if;"
    )


def _client(table: str, columns: list[str]) -> str:
    """The row's client: its own column, or through the connection; of `_row`, new or old."""
    if table == "clients_client":
        return "one.id"
    if "client_id" in columns:
        return "one.client_id"
    if "connection_id" in columns:
        return "(select client_id from clients_connection where id = one.connection_id)"
    return "null"


_TRIGGER = """
create or replace function "audited_%(table)s"() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  was jsonb := '{}';
  is_now jsonb := '{}';
  one "%(table)s";
  firm_before text := current_setting('klientbro.firm', true);
begin
  if %(only_people)s and coalesce(current_setting('klientbro.actor', true), '') = '' then
    return null;
  end if;
  if tg_op = 'DELETE' then
    one := old;
    was := %(old)s;
  elsif tg_op = 'INSERT' then
    one := new;
    is_now := %(new)s;
  else
    one := new;
    %(changes)s
    if was = '{}' and is_now = '{}' then
      return null;
    end if;
  end if;
  -- at commit, when the transaction may have gone back to another firm or to none
  perform set_config('klientbro.firm', %(firm)s::text, true);
  perform audit_put(%(firm)s, lower(tg_op), '%(table)s', one."%(id)s"::text, %(client)s,
    was, is_now);
  perform set_config('klientbro.firm', coalesce(firm_before, ''), true);
  return null;
end $$;
drop trigger if exists audited on "%(table)s";
create constraint trigger audited after insert or update or delete on "%(table)s"
  deferrable initially deferred for each row execute function "audited_%(table)s"();
"""
