"""Which clients a member works for who does not work for all."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from klientbro.tenants.rls import keep_within_firm, protect

CASCADE = django.db.models.deletion.CASCADE


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0005_facts"),
        ("tenants", "0006_all_or_chosen_clients"),
    ]

    operations = [
        migrations.CreateModel(
            name="AssignedClient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("firm", models.ForeignKey(on_delete=CASCADE, to="tenants.firm")),
                (
                    "membership",
                    models.ForeignKey(
                        on_delete=CASCADE, related_name="assigned", to="tenants.membership"
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=CASCADE, related_name="assigned", to="clients.client"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["membership", "client"], name="assigned_once")
                ],
            },
        ),
        protect(["clients_assignedclient"]),
        keep_within_firm(
            [
                ("clients_assignedclient", "membership_id", "tenants_membership"),
                ("clients_assignedclient", "client_id", "clients_client"),
            ]
        ),
    ]
