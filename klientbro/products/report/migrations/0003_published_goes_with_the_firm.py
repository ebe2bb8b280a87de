"""What is published stays for ever, but for a firm whose keys have been destroyed."""

from __future__ import annotations

from django.db import migrations

_FUNCTION = """
create or replace function report_is_append_only() returns trigger language plpgsql as $$
begin
  {unless}
  raise exception 'what is published or saved as a version is never changed';
end $$;
"""
_UNLESS = "if tg_op = 'DELETE' and firm_is_destroyed(old.firm_id) then return old; end if;"


class Migration(migrations.Migration):
    dependencies = [("report", "0002_templates_and_limits"), ("tenants", "0007_destructions")]

    operations = [migrations.RunSQL(_FUNCTION.format(unless=_UNLESS), _FUNCTION.format(unless=""))]
