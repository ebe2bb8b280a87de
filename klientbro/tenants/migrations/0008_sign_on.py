"""What every page must know of the firm's own provider stands in the firm's row."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0007_destructions")]

    operations = [
        migrations.AddField("firm", "sign_on", models.UUIDField(null=True)),
        migrations.AddField(
            "firm", "sign_on_factor", models.CharField(max_length=10, default="", db_default="")
        ),
        migrations.AddField(
            "firm",
            "sign_on_only_for",
            ArrayField(
                models.CharField(max_length=253),
                default=list,
                db_default=models.Value("{}", ArrayField(models.CharField(max_length=253))),
            ),
        ),
    ]
