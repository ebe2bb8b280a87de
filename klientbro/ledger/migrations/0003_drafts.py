"""Vouchers that wait in the source, and when its list of them was last read."""

from __future__ import annotations

from django.db import migrations

from klientbro.tenants.rls import protect

# Not history and not in any balance: each reading takes the place of the one before.
SQL = """
create table ledger_draft_reading (
  connection_id bigint primary key,
  firm_id uuid not null,
  read_at timestamptz,                        -- the newest reading; null when none was allowed yet
  refused_at timestamptz,                     -- the key may not read the list
  foreign key (firm_id, connection_id) references ledger_books (firm_id, connection_id)
);

create table ledger_draft (
  firm_id uuid not null,
  connection_id bigint not null,
  source_id text collate "C" not null,
  voucher_type text not null,
  is_in_approval boolean not null,
  registered_at timestamptz,
  voucher_date date,                          -- null where the source tells it only when posted
  account_id text collate "C",                -- the same
  amount numeric,
  text text,
  changed_at timestamptz,
  primary key (connection_id, source_id),
  foreign key (firm_id, connection_id) references ledger_books (firm_id, connection_id)
);
"""
REVERSE = "drop table ledger_draft; drop table ledger_draft_reading;"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_changes_explained"), ("tenants", "0002_policies")]
    operations = [
        migrations.RunSQL(SQL, reverse_sql=REVERSE),
        protect(["ledger_draft_reading", "ledger_draft"]),
    ]
