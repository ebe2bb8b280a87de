"""Statements known again in any file, matches bound to a landing, rules with a text condition."""

from __future__ import annotations

import datetime

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0005_facts"),
        ("reconciliation", "0002_recounted"),
        ("tenants", "0002_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="matchrule",
            name="rule_within_bounds",
        ),
        migrations.RemoveConstraint(
            model_name="statement",
            name="statement_imported_once",
        ),
        migrations.RemoveField(
            model_name="matchrule",
            name="days",
        ),
        migrations.RemoveField(
            model_name="matchrule",
            name="same_text",
        ),
        migrations.AddField(
            model_name="match",
            name="books_connection",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="match",
            name="landing",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="matchmember",
            name="day",
            field=models.DateField(default=datetime.date(2026, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="matchmember",
            name="words",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="changed_at",
            field=models.DateTimeField(auto_now=True),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="changed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="condition",
            field=models.CharField(default="any", max_length=20),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="contains",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="days_after",
            field=models.SmallIntegerField(default=5),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="days_before",
            field=models.SmallIntegerField(default=5),
        ),
        migrations.AddField(
            model_name="matchrule",
            name="version",
            field=models.IntegerField(default=1),
        ),
        migrations.AddField(
            model_name="statement",
            name="fingerprint",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="statement",
            name="format",
            field=models.CharField(blank=True, max_length=30),
        ),
        migrations.AddField(
            model_name="statement",
            name="removed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="statement",
            name="sequence",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="statementline",
            name="is_repeat",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="statementline",
            name="party",
            field=models.CharField(blank=True, max_length=140),
        ),
        migrations.AlterField(
            model_name="matchrule",
            name="shape",
            field=models.CharField(max_length=20),
        ),
        migrations.AddIndex(
            model_name="statement",
            index=models.Index(
                condition=models.Q(("removed_at__isnull", True)),
                fields=["client", "account_id", "last_day"],
                name="statement_of_account",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("days_after__gte", 0),
                    ("days_after__lte", 366),
                    ("days_before__gte", 0),
                    ("days_before__lte", 366),
                    ("tolerance__gte", 0),
                ),
                name="rule_within_bounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="matchrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account_id", ""), ("client__isnull", True)),
                    models.Q(
                        ("client__isnull", False), models.Q(("account_id", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="rule_of_account_or_firm",
            ),
        ),
        migrations.AddConstraint(
            model_name="statement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at__isnull", True)),
                fields=("client", "account_id", "fingerprint"),
                name="statement_imported_once",
            ),
        ),
    ]
