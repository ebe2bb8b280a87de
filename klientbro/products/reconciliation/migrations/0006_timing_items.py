"""A line made from a row on the page knows the row, so that it is listed once."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0005_progress_of_firm")]

    operations = [
        migrations.AddField(
            model_name="documentedline",
            name="source",
            field=models.CharField(blank=True, default="", max_length=160),
        ),
        migrations.AddConstraint(
            model_name="documentedline",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True))
                & models.Q(("source", ""), _negated=True),
                fields=("client", "account_id", "month", "source"),
                name="timing_item_once",
            ),
        ),
    ]
