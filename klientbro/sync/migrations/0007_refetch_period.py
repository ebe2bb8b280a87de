"""The period that «Full henting på nytt» was asked for, until its run is planned."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0006_fair_pace")]
    operations = [
        migrations.AddField(
            model_name="state", name="refetch_first", field=models.DateField(null=True)
        ),
        migrations.AddField(
            model_name="state", name="refetch_last", field=models.DateField(null=True)
        ),
    ]
