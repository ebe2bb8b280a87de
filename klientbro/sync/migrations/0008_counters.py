"""Counters for metrics, one row a firm, name and label."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from klientbro.tenants.rls import protect


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0007_refetch_period"),
        ("tenants", "0002_policies"),
    ]

    operations = [
        migrations.CreateModel(
            name="Counter",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "firm_id",
                        "name",
                        "label",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=20)),
                ("label", models.CharField(max_length=40)),
                ("amount", models.FloatField()),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="tenants.firm",
                    ),
                ),
            ],
        ),
        protect(["sync_counter"]),
    ]
