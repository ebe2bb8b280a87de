"""Certificates of firms that are destroyed, outside the firms' own rows, and who may delete then.

What is append-only for everybody may go with the firm once its keys are destroyed; the tables' own
triggers ask `firm_is_destroyed`.
"""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_all_or_chosen_clients")]

    operations = [
        migrations.RunSQL(
            """
            create table tenants_destruction (
              id bigint generated always as identity primary key,
              firm_id uuid not null unique,
              firm_name text not null,
              asked_at timestamptz not null default clock_timestamp(),
              due_at timestamptz not null,
              closed_at timestamptz,
              key_destroyed_at timestamptz,
              keys jsonb not null default '[]',
              log_number bigint,
              log_hash text,
              counts jsonb not null default '{}',
              erased_at timestamptz,
              digest text
            );
            create function firm_is_destroyed(wanted uuid) returns boolean
            language sql stable set search_path = pg_catalog, public as $$
              select exists (select from tenants_destruction
                             where firm_id = wanted and key_destroyed_at is not null)
            $$;
            """,
            reverse_sql="""
            drop function firm_is_destroyed(uuid);
            drop table tenants_destruction;
            """,
        ),
    ]
