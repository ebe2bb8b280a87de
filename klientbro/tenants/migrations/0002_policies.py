"""Row-level security on firms and memberships: the firm itself, its user, or the operator's list."""

from __future__ import annotations

from django.db import migrations

from klientbro.tenants.rls import policy_sql

CURRENT_USER = "(select nullif(current_setting('klientbro.user', true), '')::bigint)"
LISTING = "(select current_setting('klientbro.operator', true) = 'list firms')"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [
        migrations.RunSQL(
            policy_sql("tenants_firm", "id")
            + policy_sql("tenants_membership")
            # a user may see which firms they belong to, before one is chosen
            + f"""
            create policy own_membership on tenants_membership for select
              using (user_id = {CURRENT_USER});
            create policy own_firm on tenants_firm for select
              using (exists (select from tenants_membership m
                             where m.firm_id = tenants_firm.id and m.user_id = {CURRENT_USER}));
            create policy operator_lists on tenants_firm for select using ({LISTING});
            """,
            reverse_sql="""
            drop policy operator_lists on tenants_firm;
            drop policy own_firm on tenants_firm;
            drop policy own_membership on tenants_membership;
            drop policy firm_only on tenants_membership;
            drop policy firm_only on tenants_firm;
            alter table tenants_membership disable row level security;
            alter table tenants_firm disable row level security;
            """,
        )
    ]
