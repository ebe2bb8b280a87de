"""What the firm knows of a client: facts and labels, each with a foreign key that carries the firm."""

from __future__ import annotations

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

from klientbro.tenants.rls import protect

KEY = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
CASCADE = django.db.models.deletion.CASCADE
SET_NULL = django.db.models.deletion.SET_NULL


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0004_own_choices"),
        ("tenants", "0002_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.CreateModel(
            name="ClientFacts",
            fields=[
                ("id", KEY),
                ("company_form", models.CharField(blank=True, max_length=20)),
                ("vat_frequency", models.CharField(blank=True, max_length=20)),
                ("has_payroll", models.BooleanField(null=True)),
                ("pay_day", models.PositiveSmallIntegerField(null=True)),
                ("aga_zone", models.CharField(blank=True, max_length=5)),
                ("starts_on", models.DateField(null=True)),
                ("ends_on", models.DateField(null=True)),
                ("tasks_from", models.DateField(null=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("firm", models.ForeignKey(on_delete=CASCADE, to="tenants.firm")),
                (
                    "client",
                    models.OneToOneField(
                        on_delete=CASCADE, related_name="facts", to="clients.client"
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        null=True,
                        on_delete=SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "updated_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["firm", "responsible"], name="facts_responsible")],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(pay_day__isnull=True) | Q(pay_day__range=(1, 31)),
                        name="pay_day_is_a_day",
                    ),
                    models.CheckConstraint(
                        condition=Q(starts_on__isnull=True)
                        | Q(ends_on__isnull=True)
                        | Q(ends_on__gte=models.F("starts_on")),
                        name="work_ends_after_it_begins",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Label",
            fields=[
                ("id", KEY),
                ("name", models.CharField(max_length=40)),
                ("sort_key", models.CharField(max_length=80)),
                ("firm", models.ForeignKey(on_delete=CASCADE, to="tenants.firm")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["firm", "id"], name="label_firm_id"),
                    models.UniqueConstraint(fields=["firm", "sort_key"], name="label_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ClientLabel",
            fields=[
                ("id", KEY),
                ("firm", models.ForeignKey(on_delete=CASCADE, to="tenants.firm")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=CASCADE, related_name="labels", to="clients.client"
                    ),
                ),
                (
                    "label",
                    models.ForeignKey(
                        on_delete=CASCADE, related_name="clients", to="clients.label"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["client", "label"], name="client_label_once"),
                ],
            },
        ),
        migrations.RunSQL(
            """
            alter table clients_clientfacts
              add constraint facts_client_same_firm foreign key (firm_id, client_id)
                references clients_client (firm_id, id) deferrable initially deferred;
            alter table clients_clientlabel
              add constraint client_label_client_same_firm foreign key (firm_id, client_id)
                references clients_client (firm_id, id) deferrable initially deferred,
              add constraint client_label_label_same_firm foreign key (firm_id, label_id)
                references clients_label (firm_id, id) deferrable initially deferred;
            """,
            reverse_sql="""
            alter table clients_clientlabel drop constraint client_label_label_same_firm,
              drop constraint client_label_client_same_firm;
            alter table clients_clientfacts drop constraint facts_client_same_firm;
            """,
        ),
        protect(["clients_clientfacts", "clients_label", "clients_clientlabel"]),
    ]
