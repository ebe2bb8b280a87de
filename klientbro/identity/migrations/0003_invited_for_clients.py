"""An invitation says for which clients."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_single_sign_on")]

    operations = [
        migrations.AddField(
            "invitation", "has_all_clients", models.BooleanField(default=True, db_default=True)
        ),
        migrations.AddField(
            "invitation",
            "client_ids",
            models.JSONField(default=list, db_default=models.Value([], models.JSONField())),
        ),
    ]
