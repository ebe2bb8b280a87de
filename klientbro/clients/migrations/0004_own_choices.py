"""A client's own start and financial year, when its key is tried again, and the agent's last sign."""

from __future__ import annotations

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("clients", "0003_same_firm")]
    operations = [
        migrations.AddField("integration", "agent_seen_at", models.DateTimeField(null=True)),
        migrations.AddField("connection", "fetch_from", models.DateField(null=True)),
        migrations.AddField(
            "connection", "year_start_month", models.PositiveSmallIntegerField(null=True)
        ),
        migrations.AddField("connection", "recheck_at", models.DateTimeField(null=True)),
        migrations.AddField("connection", "key_set_at", models.DateTimeField(null=True)),
        migrations.AddConstraint(
            "connection",
            models.CheckConstraint(
                condition=Q(year_start_month__isnull=True) | Q(year_start_month__range=(1, 12)),
                name="year_start_month_is_a_month",
            ),
        ),
        migrations.AddConstraint(
            "connection",
            models.CheckConstraint(
                condition=Q(fetch_from__isnull=True) | Q(fetch_from__day=1),
                name="fetch_from_is_first_of_month",
            ),
        ),
    ]
