"""A firm's keys in a table of their own: several data keys, and one for telling values equal.

What a firm had as its data key is its first one, and the root of its keyed hashes, as before.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from klientbro.tenants.rls import protect

# The owner is bound by the policies too; for these statements it sees every firm.
_OPEN = "alter table tenants_firm no force row level security;"
_CLOSE = "alter table tenants_firm force row level security;"


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_members")]

    operations = [
        migrations.CreateModel(
            name="DataKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("use", models.CharField(max_length=10)),
                ("number", models.PositiveIntegerField()),
                ("wrapped", models.BinaryField()),
                ("wrapped_by", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(null=True)),
                ("emptied_at", models.DateTimeField(null=True)),
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
                        fields=("firm", "use", "number"), name="one_key_per_number"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            f"""
            {_OPEN}
            insert into tenants_datakey (firm_id, use, number, wrapped, wrapped_by, made_at)
              select id, use, 1, data_key, data_key_wrapped_by, created_at
              from tenants_firm cross join (values ('data'), ('equality')) as uses (use);
            set constraints all immediate;
            {_CLOSE}
            """,
            reverse_sql=f"""
            {_OPEN}
            update tenants_firm f set data_key = k.wrapped, data_key_wrapped_by = k.wrapped_by
              from tenants_datakey k where k.firm_id = f.id and k.use = 'equality' and k.number = 1;
            set constraints all immediate;
            {_CLOSE}
            """,
        ),
        protect(["tenants_datakey"]),
        migrations.RemoveField("firm", "data_key"),
        migrations.RemoveField("firm", "data_key_wrapped_by"),
    ]
