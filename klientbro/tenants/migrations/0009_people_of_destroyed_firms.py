"""Who had a place in a firm that is being destroyed, until it is known who works elsewhere.

Their places are deleted before that can be judged, and the run between may be killed. Ids only, and
the list is emptied with the judgement.
"""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("tenants", "0008_sign_on")]

    operations = [
        migrations.RunSQL(
            "alter table tenants_destruction add people bigint[] not null default '{}';",
            reverse_sql="alter table tenants_destruction drop people;",
        ),
    ]
