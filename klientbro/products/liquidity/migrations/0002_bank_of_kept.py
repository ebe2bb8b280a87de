"""Which bank accounts a kept forecast counted, that it is never changed; VAT of planned lines."""

from __future__ import annotations

from django.db import migrations, models

_NEVER_CHANGED = """
create function liquidity_kept_is_never_changed() returns trigger language plpgsql as $$
begin
  raise exception 'a forecast that is kept is never changed';
end $$;
create trigger never_changed before update on liquidity_keptforecast
  for each row execute function liquidity_kept_is_never_changed();
"""
_FREE_AGAIN = """
drop trigger never_changed on liquidity_keptforecast;
drop function liquidity_kept_is_never_changed();
"""


class Migration(migrations.Migration):
    dependencies = [("liquidity", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="keptforecast",
            name="bank",
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name="settings",
            name="spread_days",
            field=models.PositiveSmallIntegerField(default=42),
        ),
        migrations.AddField(
            model_name="plannedline",
            name="vat_rate",
            field=models.DecimalField(decimal_places=4, default=0, max_digits=5),
        ),
        migrations.RunSQL(_NEVER_CHANGED, _FREE_AGAIN),
    ]
