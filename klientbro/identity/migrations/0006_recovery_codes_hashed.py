"""Recovery codes that lie as a seed become hashes; who has them on paper goes on using them.

Going back leaves nobody codes: the program before this finds none left, and offers new ones.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations


def hash_codes(apps: Any, editor: Any) -> None:
    """About a second a person: they are short, so their hashes are slow ones."""
    from klientbro.identity.recovery_codes import hashed

    of_all = apps.get_model("mfa", "Authenticator").objects.using(editor.connection.alias)
    for row in of_all.filter(type="recovery_codes", data__has_key="seed"):
        row.data = hashed(row.data)
        row.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0005_consent_and_keys"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [migrations.RunPython(hash_codes, migrations.RunPython.noop)]
