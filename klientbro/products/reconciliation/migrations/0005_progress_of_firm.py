"""One month of all of a firm's clients, as the lists ask for it, through one index."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reconciliation", "0004_template_assignee")]
    operations = [
        migrations.AddIndex(
            model_name="progress",
            index=models.Index(fields=["firm", "month"], name="progress_of_firm"),
        )
    ]
