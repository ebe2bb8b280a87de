"""One month of all of a firm's clients, as the lists ask for it, through one index."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_drafts")]
    operations = [
        migrations.RunSQL(
            "create index ledger_month_of_firm on ledger_month (firm_id, month)",
            reverse_sql="drop index ledger_month_of_firm",
        )
    ]
