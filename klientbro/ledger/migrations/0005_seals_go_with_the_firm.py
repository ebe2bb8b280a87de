"""Seals and publications stay for ever, but for a firm whose keys have been destroyed."""

from __future__ import annotations

from django.db import migrations

_FUNCTION = """
create or replace function {name}() returns trigger language plpgsql as $$
begin
  {unless}
  raise exception '{told}';
end $$;
"""
_UNLESS = "if tg_op = 'DELETE' and firm_is_destroyed(old.firm_id) then return old; end if;"
_TOLD = {
    "ledger_seal_is_append_only": "seals are append-only",
    "ledger_publication_is_append_only": "publications are append-only",
}


def functions(unless: str) -> str:
    return "".join(
        _FUNCTION.format(name=name, told=told, unless=unless) for name, told in _TOLD.items()
    )


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_months_of_firm"), ("tenants", "0007_destructions")]

    operations = [migrations.RunSQL(functions(_UNLESS), reverse_sql=functions(""))]
