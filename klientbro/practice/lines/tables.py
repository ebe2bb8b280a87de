"""The tables of report-line rules: what stands now, and every change, so that it can be undone."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

MOST_DIGITS = 40


class LineRule(models.Model):
    """Accounts whose number begins so stand on this line. client: null for the firm's default."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, null=True, related_name="+"
    )
    prefix = models.CharField(max_length=MOST_DIGITS)
    line = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "prefix"],
                condition=Q(client__isnull=False),
                name="client_line_rule_once",
            ),
            models.UniqueConstraint(
                fields=["firm", "prefix"],
                condition=Q(client__isnull=True),
                name="firm_line_rule_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}: {self.line}"


class LineChange(models.Model):
    """What one press changed. `number` counts within the client (or the firm's defaults).

    It is the version a form carries: of two people who change at once, one finds it taken. rules:
    a list of [prefix, line before, line after], empty where there is no rule.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey(
        "clients.Client", on_delete=models.CASCADE, null=True, related_name="+"
    )
    number = models.IntegerField()
    rules = models.JSONField()
    is_undoing = models.BooleanField(default=False)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["client", "number"],
                condition=Q(client__isnull=False),
                name="client_line_change_once",
            ),
            models.UniqueConstraint(
                fields=["firm", "number"],
                condition=Q(client__isnull=True),
                name="firm_line_change_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)
