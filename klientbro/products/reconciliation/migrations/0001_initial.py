"""Avstemming's tables."""

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
        ("tenants", "0002_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MatchRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("account_id", models.CharField(blank=True, max_length=100)),
                ("name", models.CharField(max_length=100)),
                ("priority", models.IntegerField(default=100)),
                ("shape", models.CharField(max_length=10)),
                ("tolerance", models.DecimalField(decimal_places=2, default=0, max_digits=20)),
                ("days", models.SmallIntegerField(default=5)),
                ("same_text", models.CharField(blank=True, max_length=100)),
                ("is_on", models.BooleanField(default=True)),
                (
                    "client",
                    models.ForeignKey(
                        null=True,
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
            name="Match",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("account_id", models.CharField(max_length=100)),
                ("reason", models.CharField(max_length=300)),
                ("remainder", models.DecimalField(decimal_places=2, default=0, max_digits=20)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                ("undone_at", models.DateTimeField(null=True)),
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
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="reconciliation.matchrule",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Progress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField()),
                ("to_do", models.IntegerField()),
                ("prepared", models.IntegerField()),
                ("reviewed", models.IntegerField()),
                ("suspended", models.IntegerField()),
                ("differing", models.IntegerField()),
                ("counted_at", models.DateTimeField(auto_now=True)),
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
                    models.UniqueConstraint(fields=["client", "month"], name="progress_of_month")
                ],
            },
        ),
        migrations.CreateModel(
            name="Note",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("account_id", models.CharField(max_length=100)),
                ("month", models.DateField()),
                ("text", models.TextField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("comment", "Comment"),
                            ("open", "To be resolved"),
                            ("resolved", "Resolved"),
                        ],
                        default="comment",
                        max_length=10,
                    ),
                ),
                ("written_at", models.DateTimeField(auto_now_add=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                (
                    "assignee",
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
                (
                    "resolved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PlanTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("company_form", models.CharField(blank=True, max_length=20)),
                ("version", models.IntegerField(default=1)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PlanTemplateLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("prefix", models.CharField(max_length=20)),
                ("method", models.CharField(max_length=20)),
                ("frequency", models.CharField(max_length=20)),
                ("materiality", models.DecimalField(decimal_places=2, default=0, max_digits=20)),
                ("needs_document", models.BooleanField(default=False)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
                (
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="reconciliation.plantemplate",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SignOff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account_id", models.CharField(max_length=100)),
                ("month", models.DateField()),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("prepared", "Prepared"),
                            ("reviewed", "Reviewed"),
                            ("returned", "Sent back"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        max_length=12,
                    ),
                ),
                ("is_automatic", models.BooleanField(default=False)),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("comment", models.TextField(blank=True)),
                ("landing", models.IntegerField()),
                ("balance", models.DecimalField(decimal_places=2, max_digits=20)),
                ("documented", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ("snapshot", models.JSONField()),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
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
        ),
        migrations.CreateModel(
            name="Statement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("account_id", models.CharField(max_length=100)),
                ("bank_account", models.CharField(blank=True, max_length=40)),
                ("currency", models.CharField(default="NOK", max_length=3)),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("first_day", models.DateField()),
                ("last_day", models.DateField()),
                ("opening", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ("closing", models.DecimalField(decimal_places=2, max_digits=20, null=True)),
                ("file_name", models.CharField(max_length=200)),
                ("file_sha256", models.CharField(max_length=64)),
                ("imported_at", models.DateTimeField(auto_now_add=True)),
                ("removed_at", models.DateTimeField(null=True)),
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
                (
                    "imported_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="StatementLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.IntegerField()),
                ("booked_on", models.DateField()),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
                ("text", models.CharField(blank=True, max_length=300)),
                ("reference", models.CharField(blank=True, max_length=100)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
                (
                    "statement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="reconciliation.statement",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MatchMember",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("posting_id", models.CharField(max_length=100, null=True)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
                ("is_standing", models.BooleanField(default=True)),
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
                (
                    "match",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="reconciliation.match",
                    ),
                ),
                (
                    "line",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="reconciliation.statementline",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Suspension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cause", models.CharField(max_length=40)),
                ("detail", models.JSONField(default=dict)),
                ("found_at", models.DateTimeField(auto_now_add=True)),
                ("told_at", models.DateTimeField(null=True)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
                (
                    "sign_off",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="suspensions",
                        to="reconciliation.signoff",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccountPlan",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("account_id", models.CharField(max_length=100)),
                ("method", models.CharField(max_length=20)),
                ("frequency", models.CharField(max_length=20)),
                ("materiality", models.DecimalField(decimal_places=2, default=0, max_digits=20)),
                ("needs_document", models.BooleanField(default=False)),
                ("is_left_out", models.BooleanField(default=False)),
                ("left_out_reason", models.TextField(blank=True)),
                ("version", models.IntegerField(default=1)),
                ("changed_at", models.DateTimeField(auto_now=True)),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
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
                        fields=("client", "account_id"), name="plan_per_account"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("materiality__gte", 0)), name="materiality_not_negative"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("account_id", models.CharField(max_length=100)),
                ("month", models.DateField()),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=100)),
                ("size", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("content_sealed", models.BinaryField()),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "added_by",
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
                (
                    "removed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at__isnull", True)),
                        fields=("client", "account_id", "month", "sha256"),
                        name="attached_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ClosedPeriod",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField()),
                ("closed_at", models.DateTimeField(auto_now_add=True)),
                ("reopened_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "closed_by",
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
                (
                    "reopened_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("reopened_at__isnull", True)),
                        fields=("client", "month"),
                        name="closed_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DocumentedLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("account_id", models.CharField(max_length=100)),
                ("month", models.DateField()),
                ("text", models.CharField(max_length=200)),
                ("amount", models.DecimalField(decimal_places=2, max_digits=20)),
                ("voucher_no", models.BigIntegerField(null=True)),
                ("is_carried", models.BooleanField(default=False)),
                ("added_at", models.DateTimeField(auto_now_add=True)),
                ("removed_at", models.DateTimeField(null=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "carried_from",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reconciliation.documentedline",
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
                (
                    "removed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["client", "month", "account_id"], name="documented_of_month"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("firm", "id"), name="documented_firm_id"),
                    models.UniqueConstraint(
                        condition=models.Q(("carried_from__isnull", False)),
                        fields=("carried_from", "month"),
                        name="carried_once",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="matchrule",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="match_rule_firm_id"),
        ),
        migrations.AddConstraint(
            model_name="matchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("days__gte", 0), ("days__lte", 366), ("tolerance__gte", 0)),
                name="rule_within_bounds",
            ),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(
                condition=models.Q(("undone_at__isnull", True)),
                fields=["client", "account_id"],
                name="match_standing",
            ),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="match_firm_id"),
        ),
        migrations.AddIndex(
            model_name="note",
            index=models.Index(fields=["client", "month", "account_id"], name="note_of_month"),
        ),
        migrations.AddConstraint(
            model_name="plantemplate",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="plan_template_firm_id"),
        ),
        migrations.AddConstraint(
            model_name="plantemplate",
            constraint=models.UniqueConstraint(
                fields=("firm", "company_form"), name="plan_template_per_form"
            ),
        ),
        migrations.AddConstraint(
            model_name="plantemplateline",
            constraint=models.UniqueConstraint(
                fields=("template", "prefix"), name="plan_line_once"
            ),
        ),
        migrations.AddIndex(
            model_name="signoff",
            index=models.Index(
                fields=["client", "month", "account_id", "-id"], name="sign_off_newest"
            ),
        ),
        migrations.AddConstraint(
            model_name="signoff",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="sign_off_firm_id"),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="statement_firm_id"),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("client", "account_id", "file_sha256", "reference", "first_day"),
                name="statement_imported_once",
            ),
        ),
        migrations.AddIndex(
            model_name="statementline",
            index=models.Index(fields=["statement", "booked_on"], name="line_day"),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.UniqueConstraint(
                fields=("firm", "id"), name="statement_line_firm_id"
            ),
        ),
        migrations.AddConstraint(
            model_name="statementline",
            constraint=models.UniqueConstraint(
                fields=("statement", "position"), name="line_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="matchmember",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("line__isnull", False), ("posting_id__isnull", True)),
                    models.Q(("line__isnull", True), ("posting_id__isnull", False)),
                    _connector="OR",
                ),
                name="member_is_one_thing",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchmember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_standing", True), ("posting_id__isnull", False)),
                fields=("client", "posting_id"),
                name="posting_matched_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchmember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_standing", True), ("line__isnull", False)),
                fields=("line",),
                name="line_matched_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="suspension",
            constraint=models.UniqueConstraint(
                fields=("sign_off", "cause"), name="suspended_once_per_cause"
            ),
        ),
        keep_within_firm(
            [
                ("reconciliation_accountplan", "client_id", "clients_client"),
                ("reconciliation_closedperiod", "client_id", "clients_client"),
                ("reconciliation_documentedline", "client_id", "clients_client"),
                ("reconciliation_signoff", "client_id", "clients_client"),
                ("reconciliation_note", "client_id", "clients_client"),
                ("reconciliation_progress", "client_id", "clients_client"),
                ("reconciliation_attachment", "client_id", "clients_client"),
                ("reconciliation_statement", "client_id", "clients_client"),
                ("reconciliation_matchrule", "client_id", "clients_client"),
                ("reconciliation_match", "client_id", "clients_client"),
                ("reconciliation_matchmember", "client_id", "clients_client"),
                ("reconciliation_plantemplateline", "template_id", "reconciliation_plantemplate"),
                (
                    "reconciliation_documentedline",
                    "carried_from_id",
                    "reconciliation_documentedline",
                ),
                ("reconciliation_suspension", "sign_off_id", "reconciliation_signoff"),
                ("reconciliation_statementline", "statement_id", "reconciliation_statement"),
                ("reconciliation_match", "rule_id", "reconciliation_matchrule"),
                ("reconciliation_matchmember", "match_id", "reconciliation_match"),
                ("reconciliation_matchmember", "line_id", "reconciliation_statementline"),
            ]
        ),
        protect(
            [
                "reconciliation_accountplan",
                "reconciliation_plantemplate",
                "reconciliation_plantemplateline",
                "reconciliation_closedperiod",
                "reconciliation_documentedline",
                "reconciliation_signoff",
                "reconciliation_suspension",
                "reconciliation_note",
                "reconciliation_progress",
                "reconciliation_attachment",
                "reconciliation_statement",
                "reconciliation_statementline",
                "reconciliation_matchrule",
                "reconciliation_match",
                "reconciliation_matchmember",
            ]
        ),
    ]
