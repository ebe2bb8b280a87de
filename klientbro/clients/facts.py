"""What the firm knows of a client beside its number: who works for it, and what duties it has."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from klientbro.tenants.typed import TypedCharField


class ClientFacts(models.Model):
    """One row per client, made when first needed. Empty means «not told», never «no».

    company_form, vat_frequency, aga_zone: codes of domain/client_facts.py. The financial year's
    first month is the connection's own choice (Connection.year_start_month): the proof rests on it.
    """

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.OneToOneField("clients.Client", on_delete=models.CASCADE, related_name="facts")
    responsible = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )
    company_form = models.CharField(max_length=20, blank=True)
    vat_frequency = models.CharField(max_length=20, blank=True)
    has_payroll = models.BooleanField(null=True)
    pay_day = models.PositiveSmallIntegerField(null=True)
    aga_zone = models.CharField(max_length=5, blank=True)
    starts_on = models.DateField(null=True)  # the firm's work for the client
    ends_on = models.DateField(null=True)
    tasks_from = models.DateField(null=True)  # since when deadlines are followed; null: not yet
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(
        "tenants.User", on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        constraints = [
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
        ]
        indexes = [models.Index(fields=["firm", "responsible"], name="facts_responsible")]

    def __str__(self) -> str:
        return f"facts of {self.client_id}"


class Label(models.Model):
    """A word the firm sorts its clients by."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    name = TypedCharField(max_length=40)
    # folded for equality and Norwegian order: «Bygg» and «bygg» are one label
    sort_key = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["firm", "id"], name="label_firm_id"),
            models.UniqueConstraint(fields=["firm", "sort_key"], name="label_once"),
        ]

    def __str__(self) -> str:
        return self.name


class ClientLabel(models.Model):
    """A client carries a label."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="labels")
    label = models.ForeignKey(Label, on_delete=models.CASCADE, related_name="clients")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["client", "label"], name="client_label_once"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} {self.label_id}"


class AssignedClient(models.Model):
    """A member who works for chosen clients works for this one. The responsible person does too."""

    firm = models.ForeignKey("tenants.Firm", on_delete=models.CASCADE)
    membership = models.ForeignKey(
        "tenants.Membership", on_delete=models.CASCADE, related_name="assigned"
    )
    client = models.ForeignKey("clients.Client", on_delete=models.CASCADE, related_name="assigned")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership", "client"], name="assigned_once"),
        ]

    def __str__(self) -> str:
        return f"{self.client_id} for {self.membership_id}"
