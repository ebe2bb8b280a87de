"""A member works for all clients, as everybody has until now, or for chosen ones."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_data_keys")]

    operations = [
        migrations.AddField(
            "membership", "has_all_clients", models.BooleanField(default=True, db_default=True)
        ),
        # foreign keys that carry the firm need it
        migrations.AddConstraint(
            "membership",
            models.UniqueConstraint(fields=["firm", "id"], name="membership_firm_id"),
        ),
    ]
