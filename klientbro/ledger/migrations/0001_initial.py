"""The ledger's tables, as written in schema.sql, with forced row-level security on each."""

from __future__ import annotations

from pathlib import Path

from django.db import migrations

from klientbro.tenants.rls import protect

TABLES = [
    "ledger_books",
    "ledger_landing",
    "ledger_posting",
    *(f"ledger_posting_{number:02}" for number in range(16)),
    "ledger_balance",
    "ledger_change",
    "ledger_opening",
    "ledger_anchor",
    "ledger_account",
    "ledger_account_history",
    "ledger_vat_code",
    "ledger_party",
    "ledger_dimension",
    "ledger_bank_account",
    "ledger_financial_year",
    "ledger_lock_date",
    "ledger_seal",
    "ledger_month",
    "ledger_late_change",
    "ledger_finding",
    "ledger_item_snapshot",
    "ledger_item",
]
SCHEMA = (Path(__file__).resolve().parent.parent / "schema.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [("clients", "0003_same_firm")]
    operations = [
        migrations.RunSQL(
            SCHEMA,
            reverse_sql=" ".join(
                f"drop table if exists {table} cascade;"
                for table in reversed(TABLES)
                if not table.startswith("ledger_posting_")
            )
            + " drop function if exists ledger_seal_is_append_only();",
        ),
        protect(TABLES),
    ]
