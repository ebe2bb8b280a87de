"""Filed VAT returns, what each complete run published, and why a change came late."""

from __future__ import annotations

from django.db import migrations

from klientbro.tenants.rls import protect

# What the ledger was like whenever a complete run was published: an as-known question resolves to
# one row, and finds there all that the figures depend on and that may be another today.
SQL = """
alter table ledger_books
  add column vat_period text,                          -- as the source says: bi_monthly, yearly …
  add column year_is_chosen boolean not null default false,  -- the firm's own financial year
  add column gaps_landing int not null default 0;      -- voucher numbers are looked at up to here

create table ledger_vat_return (
  firm_id uuid not null,
  connection_id bigint not null,
  voucher_id text collate "C" not null,
  voucher_no bigint not null,
  term_first date not null,
  term_last date not null,
  filed_at timestamptz not null,
  is_reversed boolean not null,
  is_examined boolean not null default false,          -- the term's vouchers have been looked at
  primary key (connection_id, voucher_id)
);
create index ledger_posting_vat_return on ledger_posting (connection_id, posting_date)
  where known_to = 2147483647 and voucher_type = 'vat_return';

alter table ledger_late_change
  drop constraint ledger_late_change_reason_check,
  add constraint ledger_late_change_reason_check check (reason in ('lock', 'seal', 'vat_return')),
  add column term_first date,
  add column term_last date,
  add column vat_return_id text collate "C",
  add column vat_return_no bigint,
  add column lock_opening text check (lock_opening in ('seen', 'unseen'));

create table ledger_publication (
  firm_id uuid not null,
  connection_id bigint not null,
  published_at timestamptz not null,
  landing int not null,
  conversion_date date,
  year_end_month smallint,
  results_restart boolean not null,
  years date[] not null,                               -- first and last day of each financial year
  primary key (connection_id, published_at)
);

create function ledger_publish() returns trigger language plpgsql as $$
declare
  last ledger_publication;
  now_years date[];
begin
  if new.complete_landing = 0 then
    return null;
  end if;
  select * into last from ledger_publication
    where connection_id = new.connection_id order by published_at desc limit 1;
  select coalesce(array_agg(day order by first_day, day), '{}') into now_years
    from ledger_financial_year y, unnest(array[y.first_day, y.last_day]) as day
    where y.connection_id = new.connection_id;
  if last.landing is null
     or (last.landing, last.conversion_date, last.year_end_month, last.results_restart, last.years)
        is distinct from (new.complete_landing, new.conversion_date, new.year_end_month,
                          new.results_restart, now_years) then
    insert into ledger_publication (firm_id, connection_id, published_at, landing,
      conversion_date, year_end_month, results_restart, years)
    values (new.firm_id, new.connection_id,
      greatest(coalesce(new.complete_at, clock_timestamp()),
               last.published_at + interval '1 microsecond'),
      new.complete_landing, new.conversion_date, new.year_end_month, new.results_restart,
      now_years);
  end if;
  return null;
end $$;
create trigger publish after update of complete_landing, complete_at on ledger_books
  for each row execute function ledger_publish();

create function ledger_publication_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'publications are append-only';
end $$;
create trigger append_only before update or delete on ledger_publication
  for each row execute function ledger_publication_is_append_only();

-- forced row-level security binds the owner too: one firm at a time
do $$
declare f record;
begin
  perform set_config('klientbro.operator', 'list firms', true);
  for f in select id from tenants_firm loop
    perform set_config('klientbro.firm', f.id::text, true);
    update ledger_books set complete_landing = complete_landing where complete_landing > 0;
  end loop;
  perform set_config('klientbro.firm', '', true);
  perform set_config('klientbro.operator', '', true);
end $$;
"""
REVERSE = """
drop trigger publish on ledger_books;
drop function ledger_publish();
drop table ledger_publication;
drop function ledger_publication_is_append_only();
alter table ledger_late_change
  drop column term_first, drop column term_last, drop column vat_return_id,
  drop column vat_return_no, drop column lock_opening;
drop index ledger_posting_vat_return;
drop table ledger_vat_return;
alter table ledger_books
  drop column vat_period, drop column year_is_chosen, drop column gaps_landing;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial"), ("tenants", "0002_policies")]
    operations = [
        migrations.RunSQL(SQL, reverse_sql=REVERSE),
        protect(["ledger_vat_return", "ledger_publication"]),
    ]
