"""Single sign-on: a firm's provider, the domains it speaks for, and whom it has let in."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from klientbro.tenants.rls import protect

TYPED_DOMAIN = "(select nullif(current_setting('klientbro.sign_in_domain', true), ''))"
PUBLISH = """
create function identity_publish_sign_on() returns trigger language plpgsql
set search_path = pg_catalog, public as $$
declare
  changed uuid := case when tg_op = 'DELETE' then old.firm_id else new.firm_id end;
  found identity_signonprovider;
begin
  select * into found from identity_signonprovider where firm_id = changed and is_enabled;
  update tenants_firm set
    sign_on = found.configuration,
    sign_on_factor = coalesce(found.factor, ''),
    sign_on_only_for = case when found.is_only then coalesce((
      select array_agg(domain order by domain) from identity_signondomain
      where firm_id = changed and approved_at is not null), '{}') else '{}' end
  where id = changed;
  return null;
end $$;
create trigger published after insert or update or delete on identity_signonprovider
  for each row execute function identity_publish_sign_on();
create trigger published after insert or update or delete on identity_signondomain
  for each row execute function identity_publish_sign_on();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0001_initial"),
        ("tenants", "0008_sign_on"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SignOnProvider",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("configuration", models.UUIDField(default=uuid.uuid4)),
                ("issuer", models.CharField(max_length=500)),
                ("oidc_client", models.CharField(max_length=300)),
                ("client_secret_sealed", models.BinaryField()),
                ("tested_at", models.DateTimeField(null=True)),
                ("is_enabled", models.BooleanField(default=False)),
                ("is_only", models.BooleanField(default=False)),
                ("makes_users", models.BooleanField(default=False)),
                ("new_role", models.CharField(max_length=20)),
                ("new_has_all_clients", models.BooleanField(default=False)),
                (
                    "factor",
                    models.CharField(
                        choices=[("never", "Never"), ("told", "Told"), ("always", "Always")],
                        default="told",
                        max_length=10,
                    ),
                ),
                ("factor_levels", models.CharField(blank=True, max_length=300)),
                ("vouches_for_addresses", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "firm",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignOnDomain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("domain", models.CharField(max_length=253)),
                ("proof", models.CharField(max_length=60)),
                ("approved_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "domain"), name="one_claim_per_domain"),
                    models.UniqueConstraint(
                        condition=models.Q(("approved_at__isnull", False)),
                        fields=("domain",),
                        name="one_firm_per_domain",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SignOnLink",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("issuer", models.CharField(max_length=500)),
                ("subject", models.CharField(max_length=255)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("firm", "issuer", "subject"), name="one_user_per_subject"
                    ),
                    models.UniqueConstraint(
                        fields=("firm", "issuer", "user"), name="one_subject_per_user"
                    ),
                ],
            },
        ),
        protect(["identity_signonprovider", "identity_signondomain", "identity_signonlink"]),
        migrations.RunSQL(
            # whoever signs in types an address: the one firm that its domain belongs to
            f"""
            create policy typed_domain on identity_signondomain for select
              using (domain = {TYPED_DOMAIN} and approved_at is not null);
            """,
            "drop policy typed_domain on identity_signondomain",
        ),
        # Every page must know it before a firm is chosen, so it stands in the firm's own row; the
        # database writes it, whatever changes the provider or the domains.
        migrations.RunSQL(PUBLISH, "drop function identity_publish_sign_on() cascade"),
    ]
