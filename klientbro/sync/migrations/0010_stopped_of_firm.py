"""The clients of a firm that have stopped, few among thousands, through one index."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0009_closed_doors")]
    operations = [
        migrations.AddIndex(
            model_name="state",
            index=models.Index(
                fields=["firm", "connection"],
                condition=~models.Q(cause=""),
                name="stopped_of_firm",
            ),
        )
    ]
