"""A member can be disabled, and a firm can ask for a second factor."""

from __future__ import annotations

from django.db import migrations, models

from klientbro.tenants.models import RandomUUID


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_shared_values"),
    ]

    operations = [
        migrations.AddField("firm", "requires_second_factor", models.BooleanField(default=False)),
        migrations.AddField("membership", "disabled_at", models.DateTimeField(null=True)),
        # the database makes one for each row that stands already
        migrations.AddField(
            "membership",
            "public_id",
            models.UUIDField(db_default=RandomUUID(), editable=False, unique=True),
        ),
    ]
