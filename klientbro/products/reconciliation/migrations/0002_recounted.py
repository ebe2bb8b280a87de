"""What a month was counted from, and who has been told of a suspended signature."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from klientbro.tenants.rls import keep_within_firm, protect


class Migration(migrations.Migration):
    dependencies = [
        ("reconciliation", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveField(model_name="suspension", name="told_at"),
        migrations.AddField(
            model_name="suspension",
            name="confirmed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="suspension",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="progress",
            name="connection_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="progress",
            name="landing",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="progress",
            name="ground",
            field=models.TextField(default=""),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="suspension_firm_id"),
        ),
        migrations.CreateModel(
            name="SuspensionNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
                (
                    "suspension",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="reconciliation.suspension",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="suspensionnotice",
            constraint=models.UniqueConstraint(
                fields=("suspension", "user"), name="told_of_suspension_once"
            ),
        ),
        keep_within_firm(
            [
                (
                    "reconciliation_suspensionnotice",
                    "suspension_id",
                    "reconciliation_suspension",
                ),
            ]
        ),
        protect(["reconciliation_suspensionnotice"]),
    ]
