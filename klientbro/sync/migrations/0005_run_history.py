"""One row a run, who asked for it, and a line for every outbound request."""

from __future__ import annotations

import django.contrib.postgres.functions
import django.db.models.deletion
from django.db import migrations, models

from klientbro.tenants.rls import protect


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0003_same_firm"),
        ("sync", "0004_verified_key"),
        ("tenants", "0002_policies"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="attempts",
            field=models.IntegerField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="run",
            name="bytes_received",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="newest_seal_id",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="outcome",
            field=models.CharField(db_default="complete", max_length=10),
        ),
        migrations.AddField(
            model_name="run",
            name="requests_failed",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="run_id",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="seals_made",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="run",
            name="started_by",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="stopped_by",
            field=models.CharField(blank=True, db_default="", max_length=40),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["connection", "-started_at", "-id"], name="run_begun"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("outcome__in", ["running", "stopped"])),
                fields=["connection"],
                name="run_open",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="via",
            field=models.CharField(blank=True, db_default="", max_length=10),
        ),
        migrations.AddField(
            model_name="state",
            name="bytes_received",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="state",
            name="requested_by",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="state",
            name="requested_via",
            field=models.CharField(blank=True, db_default="", max_length=10),
        ),
        migrations.AddField(
            model_name="state",
            name="requests_failed",
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="state",
            name="run_id",
            field=models.UUIDField(null=True),
        ),
        migrations.AlterField(
            model_name="run",
            name="finished_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="run",
            name="requests",
            field=models.IntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="run",
            name="rows_changed",
            field=models.IntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="run",
            name="rows_closed",
            field=models.IntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="run",
            name="rows_new",
            field=models.IntegerField(default=0),
        ),
        migrations.CreateModel(
            name="RequestLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("run_id", models.UUIDField(null=True)),
                ("purpose", models.CharField(max_length=10)),
                ("at", models.DateTimeField()),
                ("method", models.CharField(max_length=8)),
                ("path", models.CharField(max_length=200)),
                ("query", models.CharField(blank=True, max_length=300)),
                ("status", models.SmallIntegerField(null=True)),
                ("failure", models.CharField(blank=True, max_length=20)),
                ("bytes_received", models.BigIntegerField(default=0)),
                ("duration_ms", models.IntegerField(default=0)),
                ("rows", models.IntegerField(null=True)),
                ("attempt", models.SmallIntegerField(default=1)),
                ("retry_after_seconds", models.FloatField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="clients.connection",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="tenants.firm",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["connection", "-at", "-id"], name="request_newest"),
                    models.Index(fields=["run_id", "at"], name="request_of_run"),
                    models.Index(fields=["firm", "at"], name="request_age"),
                ],
            },
        ),
        migrations.RunSQL(
            "alter table sync_requestline add constraint sync_requestline_same_firm "
            "foreign key (firm_id, connection_id) references clients_connection (firm_id, id) "
            "deferrable initially deferred;",
            reverse_sql="alter table sync_requestline drop constraint sync_requestline_same_firm;",
        ),
        protect(["sync_requestline"]),
    ]
