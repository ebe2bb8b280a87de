"""Rapport's tables: budgets with every version, packs and what was published, groups of clients.

Accounts are named by the source's own id and outlive every connection. What has been published is
never changed or deleted: the database refuses it.
"""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from klientbro.tenants.typed import TypedCharField


class Budget(models.Model):
    """A client's budget for a financial year, known by its first month. version: the newest."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    first_month = models.DateField()
    last_month = models.DateField()
    version = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="budget_firm_id"),
            models.UniqueConstraint(fields=["client", "first_month"], name="budget_of_year"),
            models.CheckConstraint(
                condition=Q(last_month__gte=models.F("first_month")), name="budget_year_has_months"
            ),
        ]

    def __str__(self) -> str:
        return f"budget {self.first_month:%Y-%m}"


class BudgetVersion(models.Model):
    """The whole budget after one change: append-only, so that any can be gone back to.

    cells: {account id: {"2026-01": "-1234.50"}}, ledger sign; nought is left out.
    """

    class How(models.TextChoices):
        LAST_YEAR = "last_year", _("Made from last year")
        EDITED = "edited", _("Changed by hand")
        IMPORTED = "imported", _("Imported from a file")
        RESTORED = "restored", _("Gone back to an earlier version")

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    how = models.CharField(max_length=10, choices=How)
    detail = models.JSONField(default=dict)
    cells = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("tenants.User", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["budget", "number"], name="budget_version_once"),
        ]

    def __str__(self) -> str:
        return f"version {self.number}"


class Pack(models.Model):
    """A report to a client for a month: texts and choices, edited until it is published.

    texts: {part: text}. parts: the parts shown, in order. version rises with every change.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")
    month = models.DateField()
    title = TypedCharField(max_length=120)
    against = models.CharField(max_length=12, default="last_year")
    texts = models.JSONField(default=dict)
    parts = models.JSONField(default=list)
    version = models.IntegerField(default=1)
    made_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["firm", "id"], name="pack_firm_id")]
        indexes = [models.Index(fields=["client", "-month", "-id"], name="pack_of_client")]

    def __str__(self) -> str:
        return self.title


class PackTemplate(models.Model):
    """Texts and choices that a firm uses again; what its packs were made of stays in them."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = TypedCharField(max_length=100)
    against = models.CharField(max_length=12, default="last_year")
    texts = models.JSONField(default=dict)
    parts = models.JSONField(default=list)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "name"], name="pack_template_name"),
        ]

    def __str__(self) -> str:
        return self.name


class FigureLimits(models.Model):
    """A firm's limits for key figures: {code: [good, bad]}, decimal strings or null."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    limits = models.JSONField(default=dict)
    version = models.IntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm"], name="figure_limits_of_firm"),
        ]

    def __str__(self) -> str:
        return f"limits version {self.version}"


class Published(models.Model):
    """A pack as it was sent: every figure, text and the PDF itself. Append-only.

    content: all that the pages, the PDF and the spreadsheet show. sha256: of the content.
    pack_version: the draft it was made from, so that what is written since is told.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="published")
    edition = models.IntegerField()
    pack_version = models.IntegerField()
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    pdf = models.BinaryField()
    pdf_sha256 = models.CharField(max_length=64)
    connection_id = models.BigIntegerField()
    landing = models.IntegerField()
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("tenants.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "edition"], name="published_once"),
        ]

    def __str__(self) -> str:
        return f"edition {self.edition}"


class Group(models.Model):
    """Clients shown side by side and summed."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = TypedCharField(max_length=100)
    version = models.IntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="report_group_firm_id"),
            models.UniqueConstraint(fields=["firm", "name"], name="report_group_name"),
        ]

    def __str__(self) -> str:
        return self.name


class GroupMember(models.Model):
    """A client of a group."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="members")
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "client"], name="in_group_once"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} in {self.group_id}"


class GroupElimination(models.Model):
    """What is taken out of the sum for a month, the year so far. A removed one stays, marked."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="eliminations")
    month = models.DateField()
    text = TypedCharField(max_length=200)
    line = models.CharField(max_length=40)
    other = models.CharField(max_length=40)
    amount = models.DecimalField(max_digits=20, decimal_places=2)
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey("tenants.User", on_delete=models.SET_NULL, null=True, related_name="+")
    removed_at = models.DateTimeField(null=True)
    removed_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        indexes = [models.Index(fields=["group", "month"], name="elimination_of_month")]

    def __str__(self) -> str:
        return self.text
