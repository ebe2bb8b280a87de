"""Row-level security, and foreign keys that carry the firm: plain ones pass the policies by."""

from __future__ import annotations

from django.db import migrations

from klientbro.tenants.rls import protect

TABLES = ["clients_client", "clients_integration", "clients_connection", "clients_keycheck"]


class Migration(migrations.Migration):
    dependencies = [("clients", "0002_relations"), ("tenants", "0002_policies")]
    operations = [
        migrations.RunSQL(
            """
            alter table clients_connection
              add constraint connection_integration_same_firm foreign key (firm_id, integration_id)
                references clients_integration (firm_id, id) deferrable initially deferred,
              add constraint connection_client_same_firm foreign key (firm_id, client_id)
                references clients_client (firm_id, id) deferrable initially deferred;
            alter table clients_keycheck
              add constraint keycheck_integration_same_firm foreign key (firm_id, integration_id)
                references clients_integration (firm_id, id) deferrable initially deferred,
              add constraint keycheck_connection_same_firm foreign key (firm_id, connection_id)
                references clients_connection (firm_id, id) deferrable initially deferred;
            """,
            reverse_sql="""
            alter table clients_keycheck drop constraint keycheck_connection_same_firm,
              drop constraint keycheck_integration_same_firm;
            alter table clients_connection drop constraint connection_client_same_firm,
              drop constraint connection_integration_same_firm;
            """,
        ),
        protect(TABLES),
    ]
