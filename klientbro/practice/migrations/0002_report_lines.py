"""Rules of report lines, the firm's and each client's, and every change of them."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from klientbro.tenants.rls import keep_within_firm, protect


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0005_facts"),
        ("practice", "0001_initial"),
        ("tenants", "0002_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="LineRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("prefix", models.CharField(max_length=40)),
                ("line", models.CharField(max_length=60)),
                (
                    "client",
                    models.ForeignKey(
                        null=True,
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
        ),
        migrations.CreateModel(
            name="LineChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("number", models.IntegerField()),
                ("rules", models.JSONField()),
                ("is_undoing", models.BooleanField(default=False)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        null=True,
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
        ),
        migrations.AddConstraint(
            model_name="linerule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("client__isnull", False)),
                fields=("client", "prefix"),
                name="client_line_rule_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="linerule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("client__isnull", True)),
                fields=("firm", "prefix"),
                name="firm_line_rule_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="linechange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("client__isnull", False)),
                fields=("client", "number"),
                name="client_line_change_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="linechange",
            constraint=models.UniqueConstraint(
                condition=models.Q(("client__isnull", True)),
                fields=("firm", "number"),
                name="firm_line_change_once",
            ),
        ),
        keep_within_firm(
            [
                ("practice_linerule", "client_id", "clients_client"),
                ("practice_linechange", "client_id", "clients_client"),
            ]
        ),
        protect(["practice_linerule", "practice_linechange"]),
    ]
