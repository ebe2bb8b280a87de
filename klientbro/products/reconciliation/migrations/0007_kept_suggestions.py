"""What the rules suggest for an account, kept for as long as both sides stand as they did."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from klientbro.tenants.rls import keep_within_firm, protect


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0006_timing_items")]
    operations = [
        migrations.CreateModel(
            name="KeptSuggestions",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account_id", models.CharField(max_length=100)),
                ("day", models.DateField()),
                ("ground", models.CharField(max_length=64)),
                ("found", models.JSONField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["client", "account_id", "day"], name="suggestions_kept_once"
                    )
                ]
            },
        ),
        protect(["reconciliation_keptsuggestions"]),
        keep_within_firm([("reconciliation_keptsuggestions", "client_id", "clients_client")]),
    ]
