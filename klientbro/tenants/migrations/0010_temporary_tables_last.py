"""Functions of the database look for tables of ours, never for temporary ones of the same name.

PostgreSQL looks among temporary tables first where a search path does not name them: one called
`tenants_destruction` would have let the application delete what is append-only.
"""

from __future__ import annotations

from django.db import migrations

_SET = "alter function {name} set search_path = pg_catalog, public{last};"
_FUNCTIONS = ("firm_is_destroyed(uuid)", "identity_publish_sign_on()")


def _paths(last: str) -> str:
    return " ".join(_SET.format(name=name, last=last) for name in _FUNCTIONS)


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0009_people_of_destroyed_firms"),
        ("identity", "0002_single_sign_on"),
    ]

    operations = [migrations.RunSQL(_paths(", pg_temp"), reverse_sql=_paths(""))]
