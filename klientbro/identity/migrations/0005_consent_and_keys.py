"""What people let tools know of them, and signing keys that are retired before they go."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from klientbro.tenants.rls import keep_within_firm, protect


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0004_tools"),
        ("tenants", "0004_members"),
        ("allauth_idp_oidc", "0003_client_allow_uri_wildcards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="signingkey", name="retired_at", field=models.DateTimeField(null=True)
        ),
        migrations.CreateModel(
            name="ToolConsent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("asked", models.CharField(max_length=100)),
                ("granted", models.CharField(max_length=100)),
                ("given_at", models.DateTimeField()),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
                (
                    "tool",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="allauth_idp_oidc.client"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="toolconsent",
            constraint=models.UniqueConstraint(
                fields=("firm", "user", "tool"), name="one_consent_for_person_and_tool"
            ),
        ),
        protect(["identity_toolconsent"]),
        keep_within_firm([("identity_toolconsent", "tool_id", "allauth_idp_oidc_client")]),
    ]
