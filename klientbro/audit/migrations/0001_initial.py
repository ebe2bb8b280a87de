"""The audit log: entries, the ends of the chains, and the reviews that are signed on them."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from klientbro.tenants.rls import protect


class Migration(migrations.Migration):
    initial = True
    dependencies = [("tenants", "0004_members")]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "firm_id",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("user_id", models.BigIntegerField(null=True)),
                ("way", models.CharField(max_length=20)),
                ("address", models.CharField(max_length=64)),
                ("action", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=80)),
                ("object_id", models.CharField(max_length=80)),
                ("client_id", models.BigIntegerField(null=True)),
                ("before", models.JSONField()),
                ("after", models.JSONField()),
                ("previous", models.BinaryField()),
                ("hash", models.BinaryField()),
                (
                    "firm",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="tenants.firm",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                (
                    "firm",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        serialize=False,
                        to="tenants.firm",
                    ),
                ),
                ("number", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField()),
                ("signed_by_id", models.BigIntegerField()),
                ("signed_at", models.DateTimeField()),
                ("reveals", models.IntegerField()),
                ("remark", models.TextField(blank=True)),
                ("head_number", models.BigIntegerField()),
                ("head_hash", models.BinaryField()),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "month"), name="one_review_a_month")
                ],
            },
        ),
        migrations.AddIndex("entry", models.Index(fields=["firm", "at"], name="audit_entry_at")),
        migrations.AddIndex(
            "entry", models.Index(fields=["firm", "client_id", "number"], name="audit_entry_client")
        ),
        migrations.AddIndex(
            "entry", models.Index(fields=["firm", "user_id", "number"], name="audit_entry_user")
        ),
        protect(["audit_entry", "audit_head", "audit_review"]),
    ]
