"""Until when the source has closed its door, kept through a crash; and history put on hold."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0008_counters")]
    operations = [
        migrations.AddField(
            model_name="budget", name="closed_until", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="budget",
            name="closed_seconds",
            field=models.FloatField(db_default=1, default=1),
        ),
        migrations.AddField(
            model_name="budget",
            name="closed_granted",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        # an unlogged row is gone after a crash, and with it the time the source asked for
        migrations.RunSQL(
            "alter table sync_budget set logged", reverse_sql="alter table sync_budget set unlogged"
        ),
        migrations.AddField(
            model_name="state", name="history_held_at", field=models.DateTimeField(null=True)
        ),
    ]
