"""Texts a firm uses again in its packs, and its limits for key figures."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from klientbro.tenants.rls import protect

_FIRM = {"on_delete": django.db.models.deletion.CASCADE, "to": "tenants.firm"}
_BY = {
    "null": True,
    "on_delete": django.db.models.deletion.SET_NULL,
    "related_name": "+",
    "to": settings.AUTH_USER_MODEL,
}
_ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [
        ("report", "0001_initial"),
        ("tenants", "0003_shared_values"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PackTemplate",
            fields=[
                ("id", _ID.clone()),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("against", models.CharField(default="last_year", max_length=12)),
                ("texts", models.JSONField(default=dict)),
                ("parts", models.JSONField(default=list)),
                ("version", models.IntegerField(default=1)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("changed_by", models.ForeignKey(**_BY)),
                ("firm", models.ForeignKey(**_FIRM)),
            ],
        ),
        migrations.CreateModel(
            name="FigureLimits",
            fields=[
                ("id", _ID.clone()),
                ("limits", models.JSONField(default=dict)),
                ("version", models.IntegerField(default=1)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                ("changed_by", models.ForeignKey(**_BY)),
                ("firm", models.ForeignKey(**_FIRM)),
            ],
        ),
        migrations.AddConstraint(
            model_name="packtemplate",
            constraint=models.UniqueConstraint(fields=("firm", "name"), name="pack_template_name"),
        ),
        migrations.AddConstraint(
            model_name="figurelimits",
            constraint=models.UniqueConstraint(fields=("firm",), name="figure_limits_of_firm"),
        ),
        protect(["report_packtemplate", "report_figurelimits"]),
    ]
