"""The tables of assignments and tasks. A deadline of the law is a task too, made from facts."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from klientbro.tenants.typed import TypedCharField, TypedTextField


class TaskState(models.TextChoices):
    """The six states. Overdue is worked out from the due date, never a state."""

    NOT_STARTED = "not_started", _("Not started")
    IN_PROGRESS = "in_progress", _("In progress")
    COMPLETED = "completed", _("Completed")
    QUALITY_ASSURED = "quality_assured", _("Quality assured")
    FOLLOW_UP = "follow_up", _("Follow-up")
    NOT_APPLICABLE = "not_applicable", _("Not applicable")


DONE = (TaskState.COMPLETED, TaskState.QUALITY_ASSURED, TaskState.NOT_APPLICABLE)


class AssignmentTemplate(models.Model):
    """A kind of assignment of the firm. Importing the standard ones again never doubles them."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # the standard template it came from, with the version it was last brought up to; empty: own
    standard_key = models.CharField(max_length=40, blank=True)
    standard_version = models.IntegerField(default=0)
    name = TypedCharField(max_length=120)
    kind = models.CharField(max_length=20)
    version = models.IntegerField(default=1)
    is_archived = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="template_firm_id"),
            models.UniqueConstraint(
                fields=["firm", "standard_key"],
                condition=~Q(standard_key=""),
                name="standard_template_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateTask(models.Model):
    """A recurring task of a template. `key` lasts through every edit: by it tasks are known again.

    kind: the column of Oversikt it counts in. rule: a code of assignments/rules.py. day, month:
    what the rule asks for, else null.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    template = models.ForeignKey(AssignmentTemplate, on_delete=models.CASCADE, related_name="tasks")
    key = models.CharField(max_length=60)
    title = TypedCharField(max_length=200)
    kind = models.CharField(max_length=40)
    rule = models.CharField(max_length=40)
    day = models.SmallIntegerField(null=True)
    month = models.SmallIntegerField(null=True)
    position = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["template", "key"], name="template_task_once"),
        ]

    def __str__(self) -> str:
        return self.title


class Assignment(models.Model):
    """A template given to a client from a day on. Edited in place; ended, never deleted."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    template = models.ForeignKey(AssignmentTemplate, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    assignee = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    # template tasks that are left out for this client
    left_out = models.JSONField(default=list)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="assignment_firm_id"),
            models.UniqueConstraint(
                fields=["client", "template"],
                condition=Q(valid_to__isnull=True),
                name="one_running_assignment",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                name="assignment_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} for {self.client_id}"


class Task(models.Model):
    """One thing to do for one client and term. (client, key, term) is there once, for ever.

    key: «law:<deadline kind>» for a deadline of the law, «<template>:<task key>» for one of an
    assignment, «own:<uuid>» for one a person wrote. term: «2026-T3», «2026-06», «2026»; tasks are
    known again by both when rules or facts change.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    assignment = models.ForeignKey(
        Assignment, on_delete=models.SET_NULL, null=True, related_name="tasks"
    )
    key = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)  # the matrix's column: vat, a_melding, …
    title = TypedCharField(max_length=200, blank=True)
    term = models.CharField(max_length=20)
    period_first = models.DateField()
    period_last = models.DateField()
    due_date = models.DateField()
    state = models.CharField(max_length=20, choices=TaskState, default=TaskState.NOT_STARTED)
    assignee = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    note = TypedTextField(blank=True)
    version = models.IntegerField(default=1)  # a form that shows an older one is told so
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="task_firm_id"),
            models.UniqueConstraint(fields=["client", "key", "term"], name="task_once_per_term"),
        ]
        indexes = [
            models.Index(fields=["firm", "due_date"], name="task_due"),
            models.Index(
                fields=["firm", "due_date", "client"],
                condition=Q(state__in=["not_started", "in_progress", "follow_up"]),
                name="task_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.term}"


class TaskEvent(models.Model):
    """What a person did with a task; never changed afterwards."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    note = TypedTextField(blank=True)

    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
