"""Row-level security, same-firm foreign keys, and the budget as unlogged tables."""

from __future__ import annotations

from django.db import migrations

from klientbro.tenants.rls import protect

TABLES = [
    "sync_state",
    "sync_step",
    "sync_run",
    "sync_accesstoken",
    "sync_testrun",
    "sync_documentrequest",
]
CONNECTED = ["sync_state", "sync_step", "sync_run", "sync_testrun", "sync_documentrequest"]


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_relations"), ("clients", "0003_same_firm")]
    operations = [
        migrations.RunSQL(
            " ".join(
                f"alter table {table} add constraint {table}_same_firm "
                "foreign key (firm_id, connection_id) references clients_connection (firm_id, id) "
                "deferrable initially deferred;"
                for table in CONNECTED
            ),
            reverse_sql=" ".join(
                f"alter table {table} drop constraint {table}_same_firm;" for table in CONNECTED
            ),
        ),
        # a crash may forget who waited; the budget row is made again by the next request
        migrations.RunSQL(
            "alter table sync_budget set unlogged; alter table sync_budgetwait set unlogged; "
            "alter table sync_budget set (fillfactor = 50); "
            "alter table sync_budgetwait set (fillfactor = 50);",
            reverse_sql="alter table sync_budget set logged; alter table sync_budgetwait set logged;",
        ),
        protect(TABLES),
    ]
