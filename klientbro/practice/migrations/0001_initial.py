"""Assignments and tasks."""

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
            name="AssignmentTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("standard_key", models.CharField(blank=True, max_length=40)),
                ("standard_version", models.IntegerField(default=0)),
                ("name", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=20)),
                ("version", models.IntegerField(default=1)),
                ("is_archived", models.BooleanField(default=False)),
                (
                    "firm",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, to="tenants.firm"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("valid_from", models.DateField()),
                ("valid_to", models.DateField(null=True)),
                ("left_out", models.JSONField(default=list)),
                ("version", models.IntegerField(default=1)),
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
                    "template",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="practice.assignmenttemplate",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("key", models.CharField(max_length=120)),
                ("kind", models.CharField(max_length=40)),
                ("title", models.CharField(blank=True, max_length=200)),
                ("term", models.CharField(max_length=20)),
                ("period_first", models.DateField()),
                ("period_last", models.DateField()),
                ("due_date", models.DateField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("not_started", "Not started"),
                            ("in_progress", "In progress"),
                            ("completed", "Completed"),
                            ("quality_assured", "Quality assured"),
                            ("follow_up", "Follow-up"),
                            ("not_applicable", "Not applicable"),
                        ],
                        default="not_started",
                        max_length=20,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("version", models.IntegerField(default=1)),
                ("changed_at", models.DateTimeField(null=True)),
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
                    "assignment",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to="practice.assignment",
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
        ),
        migrations.CreateModel(
            name="TaskEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(auto_now_add=True)),
                ("before", models.CharField(max_length=20)),
                ("after", models.CharField(max_length=20)),
                ("note", models.TextField(blank=True)),
                (
                    "by",
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
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="practice.task",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TemplateTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                ("title", models.CharField(max_length=200)),
                ("kind", models.CharField(max_length=40)),
                ("rule", models.CharField(max_length=40)),
                ("day", models.SmallIntegerField(null=True)),
                ("month", models.SmallIntegerField(null=True)),
                ("position", models.IntegerField(default=0)),
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
                        related_name="tasks",
                        to="practice.assignmenttemplate",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="assignmenttemplate",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="template_firm_id"),
        ),
        migrations.AddConstraint(
            model_name="assignmenttemplate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("standard_key", ""), _negated=True),
                fields=("firm", "standard_key"),
                name="standard_template_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="assignment_firm_id"),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("valid_to__isnull", True)),
                fields=("client", "template"),
                name="one_running_assignment",
            ),
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("valid_to__isnull", True),
                    ("valid_to__gte", models.F("valid_from")),
                    _connector="OR",
                ),
                name="assignment_ends_after_it_begins",
            ),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(fields=["firm", "due_date"], name="task_due"),
        ),
        migrations.AddIndex(
            model_name="task",
            index=models.Index(
                condition=models.Q(("state__in", ["not_started", "in_progress", "follow_up"])),
                fields=["firm", "due_date", "client"],
                name="task_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(fields=("firm", "id"), name="task_firm_id"),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(
                fields=("client", "key", "term"), name="task_once_per_term"
            ),
        ),
        migrations.AddConstraint(
            model_name="templatetask",
            constraint=models.UniqueConstraint(
                fields=("template", "key"), name="template_task_once"
            ),
        ),
        keep_within_firm(
            [
                ("practice_templatetask", "template_id", "practice_assignmenttemplate"),
                ("practice_assignment", "template_id", "practice_assignmenttemplate"),
                ("practice_assignment", "client_id", "clients_client"),
                ("practice_task", "client_id", "clients_client"),
                ("practice_task", "assignment_id", "practice_assignment"),
                ("practice_taskevent", "task_id", "practice_task"),
            ]
        ),
        protect(
            [
                "practice_assignmenttemplate",
                "practice_templatetask",
                "practice_assignment",
                "practice_task",
                "practice_taskevent",
            ]
        ),
    ]
