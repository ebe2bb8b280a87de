"""The firm's judgement of how likely an account is to be wrong, beside method and frequency."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0008_kept_files")]
    operations = [
        migrations.AddField(
            "accountplan", "risk", models.CharField(blank=True, default="", max_length=10)
        ),
    ]
