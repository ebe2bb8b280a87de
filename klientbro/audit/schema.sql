-- The audit log's own code in the database. Whoever writes a watched table writes an entry with it,
-- in the same transaction, whatever program they use; the application cannot write entries itself.
-- What runs as the owner names pg_temp last: left out, PostgreSQL looks there first, and a temporary
-- table called audit_entry, with a trigger of the application's own, would run that as the owner.

-- What an entry's hash is made of: everything it says, in one text that never depends on settings.
create or replace function audit_text(
  firm uuid, number bigint, at timestamptz, user_id bigint, way text, address text, action text,
  kind text, object_id text, client bigint, before jsonb, after jsonb
) returns text language sql stable set search_path = pg_catalog, pg_temp as $$
  select jsonb_build_array(
    firm, number, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), user_id, way,
    address, action, kind, object_id, client, before, after)::text
$$;

-- Puts one entry at the end of the firm's chain. One transaction at a time does so for a firm, from
-- its first entry until it has committed: entries come at the end of a transaction, so not for long.
create or replace function audit_put(
  firm uuid, action text, kind text, object_id text, client bigint, before jsonb, after jsonb
) returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  firm_before text := current_setting('klientbro.firm', true);
  actor jsonb := coalesce(nullif(current_setting('klientbro.actor', true), ''), '{}')::jsonb;
  acting_user bigint := (actor ->> 'user')::bigint;
  acting_way text := coalesce(actor ->> 'way', 'job');
  acting_from text := coalesce(actor ->> 'address', '');
  last record;
  entry_number bigint;
  entry_at timestamptz := clock_timestamp();
  link bytea;
begin
  perform pg_advisory_xact_lock(hashtextextended('klientbro audit ' || firm, 0));
  perform set_config('klientbro.firm', firm::text, true);
  select e.number, e.hash into last from audit_entry e
    where e.firm_id = firm order by e.number desc limit 1;
  entry_number := coalesce(last.number, 0) + 1;
  link := coalesce(last.hash, ''::bytea);
  insert into audit_entry (firm_id, number, at, user_id, way, address, action, kind, object_id,
    client_id, before, after, previous, hash)
  values (firm, entry_number, entry_at, acting_user, acting_way, acting_from, action, kind,
    object_id, client, before, after, link,
    sha256(link || convert_to(audit_text(firm, entry_number, entry_at, acting_user, acting_way,
      acting_from, action, kind, object_id, client, before, after), 'UTF8')));
  perform set_config('klientbro.firm', coalesce(firm_before, ''), true);
end $$;

-- Only the triggers, which run as the owner of the tables, and the function below may put entries.
revoke all on function audit_put(uuid, text, text, text, bigint, jsonb, jsonb) from public;

-- For what changes no row: a reveal, an export, a sign-in. Only in the log of the firm at work.
create or replace function audit_append(
  firm uuid, action text, kind text, object_id text, client bigint, before jsonb, after jsonb
) returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  if firm::text is distinct from current_setting('klientbro.firm', true) then
    raise exception 'an entry belongs to the firm that the work is done for';
  end if;
  perform audit_put(firm, action, kind, object_id, client, before, after);
end $$;

-- The last entry of a transaction is where the chain ends; those before it need not tell.
create or replace function audit_end() returns trigger
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  firm_before text := current_setting('klientbro.firm', true);
begin
  perform set_config('klientbro.firm', new.firm_id::text, true);
  if new.number = (select e.number from audit_entry e where e.firm_id = new.firm_id
                   order by e.number desc limit 1) then
    insert into audit_head (firm_id, number, hash) values (new.firm_id, new.number, new.hash)
    on conflict (firm_id) do update set number = excluded.number, hash = excluded.hash;
  end if;
  perform set_config('klientbro.firm', coalesce(firm_before, ''), true);
  return null;
end $$;

create or replace function audit_never_changes() returns trigger language plpgsql as $$
begin
  -- a firm whose keys are destroyed takes its log with it; where it ended stands in the certificate
  if tg_op = 'DELETE' then
    if firm_is_destroyed(old.firm_id) then
      return old;
    end if;
  end if;
  raise exception 'entries of the audit log are never changed and never deleted';
end $$;

create or replace trigger audit_stays before update or delete on audit_entry
  for each row execute function audit_never_changes();
create or replace trigger audit_stays_whole before truncate on audit_entry
  for each statement execute function audit_never_changes();

drop trigger if exists audit_ends on audit_entry;
create constraint trigger audit_ends after insert on audit_entry
  deferrable initially deferred for each row execute function audit_end();

-- A long value is told of, not repeated: the log is for reading.
create or replace function audit_short(value jsonb) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select case when pg_column_size(value) > 1000
    then to_jsonb('… ' || length(value::text) || ' …') else value end
$$;
