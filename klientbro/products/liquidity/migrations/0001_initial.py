"""Settings, planned lines, loans, offers, scenarios, and forecasts that are kept."""

from __future__ import annotations

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from klientbro.tenants.rls import keep_within_firm, protect


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("clients", "0005_facts"),
        ("tenants", "0003_shared_values"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Learned",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection_id", models.BigIntegerField()),
                ("landing", models.IntegerField()),
                ("start", models.DateField()),
                ("bank", models.TextField(blank=True)),
                ("ground", models.JSONField(default=dict)),
                ("habits", models.JSONField(default=dict)),
                ("learned_at", models.DateTimeField(auto_now=True)),
                (
                    "client",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CustomerHabit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("party", models.CharField(max_length=50)),
                ("days", models.SmallIntegerField()),
                ("version", models.IntegerField(default=1)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("client", "party"), name="liquidity_habit_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ExpectedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("item", models.CharField(max_length=120)),
                ("day", models.DateField()),
                ("version", models.IntegerField(default=1)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client", "item"), name="liquidity_expected_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptForecast",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection_id", models.BigIntegerField()),
                ("landing", models.IntegerField()),
                ("day", models.DateField()),
                ("opening", models.DecimalField(decimal_places=2, max_digits=20)),
                ("lowest", models.DecimalField(decimal_places=2, max_digits=20)),
                ("lowest_day", models.DateField()),
                ("limit", models.DecimalField(decimal_places=2, default=0, max_digits=18)),
                ("points", models.JSONField(default=list)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("client", "day"), name="liquidity_kept_once_a_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Loan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("remaining", models.DecimalField(decimal_places=2, max_digits=18)),
                ("instalment", models.DecimalField(decimal_places=2, max_digits=18)),
                ("yearly_rate", models.DecimalField(decimal_places=5, max_digits=7)),
                ("next_day", models.DateField()),
                ("interval", models.CharField(default="monthly", max_length=20)),
                ("account", models.CharField(blank=True, max_length=20)),
                ("version", models.IntegerField(default=1)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("instalment__gt", 0), ("remaining__gt", 0), ("yearly_rate__gte", 0)
                        ),
                        name="liquidity_loan_is_paid_down",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Offer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("key", models.CharField(max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("taken", "Taken"),
                            ("refused", "Refused"),
                        ],
                        default="offered",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=18)),
                ("interval", models.CharField(max_length=20)),
                ("next_day", models.DateField()),
                ("kind", models.CharField(max_length=20)),
                ("account", models.CharField(blank=True, max_length=20)),
                ("party", models.CharField(blank=True, max_length=50)),
                ("seen", models.JSONField(default=list)),
                ("found_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("client", "key"), name="liquidity_offer_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PlannedLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("title", models.CharField(max_length=200)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=18)),
                ("first", models.DateField()),
                ("last", models.DateField(null=True)),
                ("interval", models.CharField(default="once", max_length=20)),
                ("kind", models.CharField(max_length=20)),
                ("account", models.CharField(blank=True, max_length=20)),
                ("party", models.CharField(blank=True, max_length=50)),
                ("settled_voucher", models.BigIntegerField(null=True)),
                ("offer_key", models.CharField(blank=True, max_length=200)),
                ("version", models.IntegerField(default=1)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["client"], name="liquidity_planned")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount", 0), _negated=True),
                        name="liquidity_line_moves_money",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("last__isnull", True),
                            ("last__gte", models.F("first")),
                            _connector="OR",
                        ),
                        name="liquidity_line_ends_after_it_begins",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("offer_key", ""), _negated=True),
                        fields=("client", "offer_key"),
                        name="liquidity_offer_taken_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Scenario",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("name", models.CharField(max_length=100)),
                ("changes", models.JSONField(default=list)),
                ("version", models.IntegerField(default=1)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["client"], name="liquidity_scenario_client")],
            },
        ),
        migrations.CreateModel(
            name="Settings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("limit", models.DecimalField(decimal_places=2, default=0, max_digits=18)),
                ("bank_accounts", models.JSONField(default=list)),
                ("pay_day", models.PositiveSmallIntegerField(null=True)),
                ("monthly_gross", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("has_no_payroll", models.BooleanField(default=False)),
                ("assessed_tax", models.DecimalField(decimal_places=2, max_digits=18, null=True)),
                ("overdue", models.CharField(default="spread", max_length=20)),
                ("spread_days", models.PositiveSmallIntegerField(default=28)),
                ("doubtful_after", models.PositiveSmallIntegerField(default=180)),
                ("with_estimates", models.BooleanField(default=True)),
                ("version", models.IntegerField(default=1)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pay_day__isnull", True), ("pay_day__range", (1, 31)), _connector="OR"
                        ),
                        name="liquidity_pay_day_is_a_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection_id", models.BigIntegerField()),
                ("landing", models.IntegerField()),
                ("items", models.BigIntegerField(default=0)),
                ("start", models.DateField()),
                ("opening", models.DecimalField(decimal_places=2, max_digits=20)),
                ("limit", models.DecimalField(decimal_places=2, default=0, max_digits=18)),
                ("lowest", models.DecimalField(decimal_places=2, max_digits=20)),
                ("lowest_day", models.DateField()),
                ("first_under", models.DateField(null=True)),
                ("closing", models.DecimalField(decimal_places=2, max_digits=20)),
                ("is_complete", models.BooleanField(default=True)),
                ("counted_at", models.DateTimeField(auto_now=True)),
                (
                    "client",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["firm", "first_under"], name="liquidity_standing_under")
                ],
            },
        ),
        keep_within_firm(
            [
                ("liquidity_settings", "client_id", "clients_client"),
                ("liquidity_customerhabit", "client_id", "clients_client"),
                ("liquidity_expectedday", "client_id", "clients_client"),
                ("liquidity_plannedline", "client_id", "clients_client"),
                ("liquidity_loan", "client_id", "clients_client"),
                ("liquidity_offer", "client_id", "clients_client"),
                ("liquidity_scenario", "client_id", "clients_client"),
                ("liquidity_learned", "client_id", "clients_client"),
                ("liquidity_standing", "client_id", "clients_client"),
                ("liquidity_keptforecast", "client_id", "clients_client"),
            ]
        ),
        protect(
            [
                "liquidity_settings",
                "liquidity_customerhabit",
                "liquidity_expectedday",
                "liquidity_plannedline",
                "liquidity_loan",
                "liquidity_offer",
                "liquidity_scenario",
                "liquidity_learned",
                "liquidity_standing",
                "liquidity_keptforecast",
            ]
        ),
    ]
