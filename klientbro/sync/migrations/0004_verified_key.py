"""Which key was last seen to open the company of the books."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0003_policies")]
    operations = [
        migrations.AddField(
            model_name="state",
            name="verified_key_hash",
            field=models.BinaryField(null=True),
        ),
    ]
