"""Klientbro as OpenID provider: tools and tokens belong to a firm, whose key signs."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

from klientbro.tenants.rls import CURRENT_FIRM, keep_within_firm, protect

TABLES = ("allauth_idp_oidc_client", "allauth_idp_oidc_token")


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0003_invited_for_clients"),
        ("tenants", "0004_members"),
        ("allauth_idp_oidc", "0003_client_allow_uri_wildcards"),
    ]

    operations = [
        migrations.CreateModel(
            name="SigningKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_sealed", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
        ),
        protect(["identity_signingkey"]),
        # allauth's own tables know no firm: the database puts in the one at work, and its wall
        *(
            migrations.RunSQL(
                f'alter table "{table}" add column firm_id uuid not null '
                f"default {CURRENT_FIRM[1:-1].removeprefix('select ')} "
                "references tenants_firm (id) on delete cascade",
                f'alter table "{table}" drop column firm_id',
            )
            for table in TABLES
        ),
        protect(TABLES),
        migrations.RunSQL(
            "alter table allauth_idp_oidc_client "
            "add constraint allauth_idp_oidc_client_firm_id unique (firm_id, id)",
            "alter table allauth_idp_oidc_client drop constraint allauth_idp_oidc_client_firm_id",
        ),
        keep_within_firm([("allauth_idp_oidc_token", "client_id", "allauth_idp_oidc_client")]),
    ]
